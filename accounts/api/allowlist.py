"""accounts/{account_id}/allowlist: sources that are never dropped."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actions.add_allowlist import add_allowlist
from accounts.actions.remove_allowlist import remove_allowlist
from accounts.api.views import AccountView
from accounts.models import AllowlistEntry


class AllowlistEntrySerializer(serializers.Serializer):
    id = serializers.IntegerField(read_only=True)
    cidr = serializers.CharField(max_length=49, help_text="A network such as 198.51.100.0/24, or one address.")
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    created_on = serializers.DateTimeField(read_only=True)


class Allowlist(AccountView):
    @extend_schema(operation_id="allowlist_list", tags=["protection"], responses=AllowlistEntrySerializer(many=True))
    def get(self, request: Request, account_id: str) -> Response:
        """The sources whose packets are never dropped."""
        return self.page(AllowlistEntrySerializer, AllowlistEntry.objects.for_account(self.account))

    @extend_schema(
        operation_id="allowlist_add",
        tags=["protection"],
        request=AllowlistEntrySerializer,
        responses={201: AllowlistEntrySerializer},
    )
    def post(self, request: Request, account_id: str) -> Response:
        """Add a source; for owners."""
        data = self.valid(AllowlistEntrySerializer)
        entry = add_allowlist(request.user, self.account, data["cidr"], data["note"])
        return Response(AllowlistEntrySerializer(entry).data, status=201)


class AllowlistDetail(AccountView):
    @extend_schema(operation_id="allowlist_remove", tags=["protection"], responses={204: None})
    def delete(self, request: Request, account_id: str, entry_id: int) -> Response:
        """Remove a source; for owners."""
        remove_allowlist(request.user, self.one(AllowlistEntry.objects, "allowlist entry", pk=entry_id))
        return Response(status=204)
