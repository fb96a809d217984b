"""The base of the views of /api/v1."""

from typing import Any

from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from httpapi.parsers import LimitedJSONParser
from httpapi.schema import Schema


class View(GenericAPIView):
    """JSON with a limited body, and errors in the OpenAPI document."""

    parser_classes = [LimitedJSONParser]
    # OPTIONS is answered with 405: the OpenAPI document says more than DRF's description of a form.
    metadata_class = None
    schema = Schema()

    def valid(self, kind: type[Serializer], **options: Any) -> dict[str, Any]:
        """The request's body, checked by a serializer. Raises ValidationError."""
        serializer = kind(data=self.request.data, **options)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def page(self, kind: type[Serializer], rows: Any) -> Response:
        """One page of a list."""
        return self.get_paginated_response(kind(self.paginate_queryset(rows), many=True).data)


__all__ = ["Request", "Response", "View"]
