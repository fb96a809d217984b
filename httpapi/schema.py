"""The OpenAPI document of /api/v1."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers


def only_api_v1(endpoints: list) -> list:
    """Keeps /api/v1; the compatible API has its own shape. An address with a last slash is an alias."""
    return [item for item in endpoints if item[0].startswith("/api/v1/") and not item[0].endswith("/")]


class QuotaErrorSerializer(serializers.Serializer):
    """The quota that is used up."""

    name = serializers.CharField()
    used = serializers.IntegerField()
    allowed = serializers.IntegerField()


class ErrorSerializer(serializers.Serializer):
    """Every answer that is not a success. `code` is for programs, `detail` for people."""

    detail = serializers.CharField()
    code = serializers.CharField()
    fields = serializers.DictField(required=False, help_text="Messages by field, for input that is not valid.")  # type: ignore[assignment]
    position = serializers.IntegerField(
        required=False, help_text="Where in the text that was sent, in characters from 0."
    )
    quota = QuotaErrorSerializer(required=False, help_text="Where one is used up (`quota.…`).")


class Schema(AutoSchema):
    """Documents the error shape as every operation's default answer."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation = super().get_operation(*args, **kwargs)
        if operation is not None:
            error = self.resolve_serializer(ErrorSerializer, "response").ref
            content = {"application/json": {"schema": error}}
            operation["responses"].setdefault("default", {"description": "An error.", "content": content})
        return operation
