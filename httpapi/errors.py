"""Errors with a stable code, and the one shape in which /api/v1 answers them.

Every error answer is `{"detail": sentence, "code": dotted code}`, with `fields` added for invalid input,
`position` (characters from 0) where the place in a text is known, and `quota` where one is used up.
"""

from typing import Any

from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler

# What `Retry-After` says, in seconds, where nobody knows better.
RETRY_AFTER = {status.HTTP_429_TOO_MANY_REQUESTS: 60, status.HTTP_503_SERVICE_UNAVAILABLE: 5}


class Refused(APIException):
    """An action said no. `code` is for programs, the message for people."""

    position: int | None = None
    status_code: int = status.HTTP_409_CONFLICT  # type: ignore[assignment]  # the stubs pin each class to one number

    def __init__(
        self, code: str, message: str, status_code: int | None = None, fields: dict[str, Any] | None = None
    ) -> None:
        super().__init__(detail=message, code=code)
        self.code = code
        self.message = message
        self.fields = fields
        if status_code:
            self.status_code = status_code


class Forbidden(Refused):
    """The actor's role does not allow this."""

    status_code = status.HTTP_403_FORBIDDEN


class Invalid(Refused):
    """What was sent cannot be used."""

    status_code = status.HTTP_400_BAD_REQUEST


class OverQuota(Forbidden):
    """Nothing more of this is allowed to the account; the answer has what is used and what is allowed.

    403 and not 409: clients repeat a 409 by themselves, and here nothing changes by waiting a second.
    """

    def __init__(self, name: str, message: str, used: int, allowed: int) -> None:
        super().__init__(f"quota.{name}", message)
        self.quota = {"name": name, "used": used, "allowed": allowed}


class Missing(Refused):
    """Not there, or not visible to this actor."""

    status_code = status.HTTP_404_NOT_FOUND

    def __init__(self, what: str = "object") -> None:
        super().__init__("not_found", f"No such {what}.")


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's handler with a `code` in every answer, and `Retry-After` wherever trying again may help."""
    response = drf_exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, ValidationError):
        fields = response.data if isinstance(response.data, dict) else {"non_field_errors": response.data}
        response.data = {"detail": first_sentence(fields), "code": "invalid", "fields": fields}
    elif isinstance(response.data, dict) and "detail" in response.data:
        response.data = {"detail": str(response.data["detail"]), "code": code_of(error)}
        if isinstance(error, Refused) and error.fields:
            response.data["fields"] = error.fields
        if isinstance(error, OverQuota):
            response.data["quota"] = error.quota
        if isinstance(error, Refused) and error.position is not None:
            response.data["position"] = error.position
    if seconds := RETRY_AFTER.get(response.status_code):
        response.headers.setdefault("Retry-After", str(seconds))
    return response


def code_of(error: Exception) -> str:
    """The error's code."""
    if isinstance(error, APIException):
        codes = error.get_codes()
        return codes if isinstance(codes, str) else "invalid"
    return "not_found" if type(error).__name__ == "Http404" else "forbidden"


def first_sentence(fields: Any) -> str:
    """The first message in DRF's nested validation answer."""
    while isinstance(fields, dict | list) and fields:
        fields = next(iter(fields.values())) if isinstance(fields, dict) else fields[0]
    return str(fields)
