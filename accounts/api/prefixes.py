"""accounts/{account_id}/prefixes: the networks that are protected."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actions.add_prefix import add_prefix
from accounts.actions.remove_prefix import remove_prefix
from accounts.api.views import AccountView
from accounts.models import Prefix


class PrefixSerializer(serializers.Serializer):
    id = serializers.IntegerField(read_only=True)
    cidr = serializers.CharField(max_length=49, help_text="A network such as 192.0.2.0/24, or one address.")
    created_on = serializers.DateTimeField(read_only=True)


class Prefixes(AccountView):
    @extend_schema(operation_id="prefixes_list", tags=["protection"], responses=PrefixSerializer(many=True))
    def get(self, request: Request, account_id: str) -> Response:
        """The protected networks."""
        return self.page(PrefixSerializer, Prefix.objects.for_account(self.account))

    @extend_schema(
        operation_id="prefixes_add", tags=["protection"], request=PrefixSerializer, responses={201: PrefixSerializer}
    )
    def post(self, request: Request, account_id: str) -> Response:
        """Protect a network; for owners."""
        prefix = add_prefix(request.user, self.account, self.valid(PrefixSerializer)["cidr"])
        return Response(PrefixSerializer(prefix).data, status=201)


class PrefixDetail(AccountView):
    @extend_schema(operation_id="prefixes_remove", tags=["protection"], responses={204: None})
    def delete(self, request: Request, account_id: str, prefix_id: int) -> Response:
        """Stop protecting a network; for owners."""
        remove_prefix(request.user, self.one(Prefix.objects, "prefix", pk=prefix_id))
        return Response(status=204)
