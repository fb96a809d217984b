"""accounts/{account_id}/usage: what the account has, and what it may have."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import AccountView
from accounts.quotas import usage


class QuotaSerializer(serializers.Serializer):
    used = serializers.IntegerField(help_text="May be more than is allowed, where operators lowered that.")
    allowed = serializers.IntegerField()


class UsageSerializer(serializers.Serializer):
    programs = QuotaSerializer()
    rules = QuotaSerializer(help_text="With those that wait for approval.")
    prefixes = QuotaSerializer(help_text="With claims.")
    build_minutes = QuotaSerializer(help_text="Today, in UTC. A build holds a minute until it ends.")
    capture_bytes = QuotaSerializer()


class UsageView(AccountView):
    @extend_schema(operation_id="usage", tags=["accounts"], responses=UsageSerializer)
    def get(self, request: Request, account_id: str) -> Response:
        """What the account has, and what it may have."""
        return Response(UsageSerializer(usage(self.account)).data)
