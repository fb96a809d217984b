"""Body parsers with a limit."""

import io

from django.conf import settings
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser

# A JSON string may spell each byte of a source text in up to six characters.
JSON_LIMIT = 6 * settings.SOURCE_LIMIT + 64 * 1024


class TooLarge(APIException):
    """The body is larger than this address takes."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "body.too_large"
    default_detail = "The request body is too large."


class LimitedJSONParser(JSONParser):
    """JSON of at most JSON_LIMIT bytes; nesting beyond Python's depth is a parse error and not a crash."""

    def parse(self, stream, media_type=None, parser_context=None):
        data = stream.read(JSON_LIMIT + 1)
        if len(data) > JSON_LIMIT:
            raise TooLarge(f"A JSON body may have {JSON_LIMIT} bytes.")
        try:
            return super().parse(io.BytesIO(data), media_type, parser_context)
        except RecursionError as error:
            raise ParseError("JSON parse error - nested too deeply") from error
