"""accounts/{account_id}/audit: who did what."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import AccountView
from accounts.models import AuditEntry


class AuditEntrySerializer(serializers.Serializer):
    id = serializers.IntegerField()
    actor = serializers.CharField()
    action = serializers.CharField()
    target = serializers.CharField()
    data = serializers.DictField()  # type: ignore[assignment]
    at = serializers.DateTimeField()


class Audit(AccountView):
    @extend_schema(operation_id="audit_list", tags=["accounts"], responses=AuditEntrySerializer(many=True))
    def get(self, request: Request, account_id: str) -> Response:
        """Every change to the account, newest first."""
        return self.page(AuditEntrySerializer, AuditEntry.objects.for_account(self.account))
