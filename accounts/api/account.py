"""accounts/{account_id}: the account and its settings."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actions.change_settings import change_settings
from accounts.api.views import AccountView
from accounts.models import MAX_ENTRIES, MAX_FUEL, Account, Role
from accounts.permissions import role_in
from accounts.quotas import QUOTAS


class AccountSerializer(serializers.Serializer):
    id = serializers.CharField()
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices, help_text="What you may do here.")
    approvers = serializers.ChoiceField(choices=Account.Approvers.choices, help_text="Who decides on deployments.")
    self_approval = serializers.BooleanField(help_text="Who asks may also approve.")
    waives_approval = serializers.BooleanField(help_text="Deployments go live without a decision.")
    on_error = serializers.ChoiceField(choices=Account.Fallback.choices, help_text="For packets whose program fails.")
    on_too_large = serializers.ChoiceField(
        choices=Account.Fallback.choices, help_text="For packets of more than 1,500 bytes of IP."
    )
    source_entries = serializers.IntegerField(help_text="Sources that each rule remembers on each node.")
    flow_entries = serializers.IntegerField(help_text="Flows that each rule remembers on each node.")
    fuel = serializers.IntegerField(help_text="What one packet may cost a program.")
    program_quota = serializers.IntegerField(help_text="Programs that the account may have.")
    rule_quota = serializers.IntegerField(help_text="Rules, with those that wait for approval.")
    prefix_quota = serializers.IntegerField(help_text="Prefixes, with claims.")
    build_minutes_quota = serializers.IntegerField(help_text="Minutes of builds in a day (UTC).")
    capture_bytes_quota = serializers.IntegerField(help_text="Bytes of captures.")
    portable_only = serializers.BooleanField(help_text="Builds refuse what Cloudflare's verifier would refuse.")
    created_on = serializers.DateTimeField()


class SettingsSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=120, required=False)
    approvers = serializers.ChoiceField(choices=Account.Approvers.choices, required=False)
    self_approval = serializers.BooleanField(required=False)
    waives_approval = serializers.BooleanField(required=False)
    on_error = serializers.ChoiceField(choices=Account.Fallback.choices, required=False)
    on_too_large = serializers.ChoiceField(choices=Account.Fallback.choices, required=False)
    source_entries = serializers.IntegerField(
        min_value=0, max_value=MAX_ENTRIES, required=False, help_text="For operators."
    )
    flow_entries = serializers.IntegerField(
        min_value=0, max_value=MAX_ENTRIES, required=False, help_text="For operators."
    )
    fuel = serializers.IntegerField(min_value=1, max_value=MAX_FUEL, required=False, help_text="For operators.")
    program_quota = serializers.IntegerField(
        min_value=0, max_value=QUOTAS["programs"].most, required=False, help_text="For operators."
    )
    rule_quota = serializers.IntegerField(
        min_value=0, max_value=QUOTAS["rules"].most, required=False, help_text="For operators."
    )
    prefix_quota = serializers.IntegerField(
        min_value=0, max_value=QUOTAS["prefixes"].most, required=False, help_text="For operators."
    )
    build_minutes_quota = serializers.IntegerField(
        min_value=0, max_value=QUOTAS["build_minutes"].most, required=False, help_text="For operators."
    )
    capture_bytes_quota = serializers.IntegerField(
        min_value=0, max_value=QUOTAS["capture_bytes"].most, required=False, help_text="For operators."
    )
    portable_only = serializers.BooleanField(required=False)


class AccountDetail(AccountView):
    def show(self, request: Request, account: Account) -> Response:
        account.role = role_in(request.user, account)  # type: ignore[attr-defined]
        return Response(AccountSerializer(account).data)

    @extend_schema(operation_id="account_get", tags=["accounts"], responses=AccountSerializer)
    def get(self, request: Request, account_id: str) -> Response:
        """The account, its settings, and your role in it."""
        return self.show(request, self.account)

    @extend_schema(
        operation_id="account_change", tags=["accounts"], request=SettingsSerializer, responses=AccountSerializer
    )
    def patch(self, request: Request, account_id: str) -> Response:
        """Change settings; for owners."""
        return self.show(request, change_settings(request.user, self.account, **self.valid(SettingsSerializer)))
