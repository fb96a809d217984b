"""accounts/{account_id}/prefixes: the networks that the account claims, and those that are protected."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actions.add_prefix import add_prefix
from accounts.actions.decide_prefix import METHODS, NOTE, prove_prefix, refuse_prefix
from accounts.actions.remove_prefix import remove_prefix
from accounts.api.views import AccountView
from accounts.models import Prefix


class PrefixSerializer(serializers.Serializer):
    id = serializers.IntegerField(read_only=True)
    cidr = serializers.CharField(max_length=49, help_text="A network such as 192.0.2.0/24, or one address.")
    state = serializers.ChoiceField(
        choices=Prefix.State.choices, read_only=True, help_text="Only what is proven is protected."
    )
    method = serializers.CharField(read_only=True, help_text="How it was proven; empty where it was not.")
    note = serializers.CharField(read_only=True, help_text="What was looked at, or why it is refused.")
    decided_by = serializers.CharField(read_only=True)
    decided_on = serializers.DateTimeField(read_only=True, allow_null=True)
    created_on = serializers.DateTimeField(read_only=True)


class RefusalSerializer(serializers.Serializer):
    note = serializers.CharField(max_length=NOTE, help_text="Why, for the account to read.")


class EvidenceSerializer(serializers.Serializer):
    method = serializers.ChoiceField(choices=METHODS)
    note = serializers.CharField(max_length=NOTE, help_text="What was looked at, for the account to read.")


class Prefixes(AccountView):
    @extend_schema(operation_id="prefixes_list", tags=["protection"], responses=PrefixSerializer(many=True))
    def get(self, request: Request, account_id: str) -> Response:
        """The networks with the state of their claims."""
        return self.page(PrefixSerializer, Prefix.objects.for_account(self.account))

    @extend_schema(
        operation_id="prefixes_add", tags=["protection"], request=PrefixSerializer, responses={201: PrefixSerializer}
    )
    def post(self, request: Request, account_id: str) -> Response:
        """Claim a network; for owners. It is protected once an operator holds the claim for proven."""
        prefix = add_prefix(request.user, self.account, self.valid(PrefixSerializer)["cidr"])
        return Response(PrefixSerializer(prefix).data, status=201)


class PrefixDetail(AccountView):
    @extend_schema(operation_id="prefixes_remove", tags=["protection"], responses={204: None})
    def delete(self, request: Request, account_id: str, prefix_id: int) -> Response:
        """Stop protecting a network; for owners."""
        remove_prefix(request.user, self.one(Prefix.objects, "prefix", pk=prefix_id))
        return Response(status=204)


class PrefixProve(AccountView):
    @extend_schema(
        operation_id="prefixes_prove", tags=["protection"], request=EvidenceSerializer, responses=PrefixSerializer
    )
    def post(self, request: Request, account_id: str, prefix_id: int) -> Response:
        """Hold a claim for proven; for operators."""
        prefix = self.one(Prefix.objects.select_related("account"), "prefix", pk=prefix_id)
        return Response(PrefixSerializer(prove_prefix(request.user, prefix, **self.valid(EvidenceSerializer))).data)


class PrefixRefuse(AccountView):
    @extend_schema(
        operation_id="prefixes_refuse", tags=["protection"], request=RefusalSerializer, responses=PrefixSerializer
    )
    def post(self, request: Request, account_id: str, prefix_id: int) -> Response:
        """Refuse a claim, or take a proof back; for operators."""
        prefix = self.one(Prefix.objects.select_related("account"), "prefix", pk=prefix_id)
        return Response(PrefixSerializer(refuse_prefix(request.user, prefix, **self.valid(RefusalSerializer))).data)
