"""Emergency off under /api/v1/accounts/{account}/."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import visible_account
from deployments.actions.emergency_off import MAX_REASON, emergency_off
from deployments.api.serializers import Named
from deployments.models import Mode, Scope
from httpapi.errors import Invalid


class EmergencyOffSerializer(serializers.Serializer):
    """What to switch off, and why. Without `rule`: everything that is live."""

    rule = serializers.UUIDField(required=False)
    reason = serializers.CharField(max_length=MAX_REASON, required=False, allow_blank=True, default="")


class SwitchedOffRuleSerializer(serializers.Serializer):
    """A rule that was on."""

    id = serializers.UUIDField()
    program = Named()
    scope = serializers.ChoiceField(Scope.choices)
    name = serializers.CharField()
    mode_before = serializers.ChoiceField(Mode.choices, help_text="What to ask for to switch it on again.")
    deployment = serializers.UUIDField(help_text="The deployment that switched it off.")


class EmergencyOffResultSerializer(serializers.Serializer):
    """What was on until now; empty where nothing was."""

    rules = SwitchedOffRuleSerializer(many=True)


class EmergencyOff(APIView):
    """One call that always works: no approval, no throttle."""

    throttle_classes = ()

    @extend_schema(
        operation_id="emergency_off",
        request=EmergencyOffSerializer,
        responses=EmergencyOffResultSerializer,
        summary="Emergency off: every live rule, or one, is disabled at once",
    )
    def post(self, request, account: str) -> Response:
        owner = visible_account(request.user, account)
        form = EmergencyOffSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        # A misspelled `rule` would otherwise mean every rule.
        if unknown := sorted(set(request.data) - set(form.fields)):
            raise Invalid("invalid", f"Unknown field {unknown[0][:60]}: only rule and reason are read.")
        off = emergency_off(request.user, owner, form.validated_data.get("rule"), form.validated_data["reason"])
        return Response({"rules": [row.to_json() for row in off]})
