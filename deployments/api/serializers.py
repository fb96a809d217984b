"""What /api/v1 takes and gives for rules and deployments."""

from typing import Any

from rest_framework import serializers

from deployments.models import Deployment, Mode, Rule, Scope
from programs.models import Version


class Named(serializers.Serializer):
    """An object that is pointed at."""

    id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField(allow_null=True)


class Numbered(serializers.Serializer):
    """A version that is pointed at."""

    id = serializers.UUIDField(allow_null=True)
    number = serializers.IntegerField(allow_null=True)


class TermsSerializer(serializers.Serializer):
    """A rule's terms with the names of what they point at."""

    program_id = serializers.UUIDField()
    program_name = serializers.CharField()
    version_id = serializers.UUIDField()
    version_number = serializers.IntegerField()
    sha256 = serializers.CharField()
    scope = serializers.ChoiceField(Scope.choices)
    name = serializers.CharField()
    mode = serializers.ChoiceField(Mode.choices)
    expression = serializers.CharField(allow_blank=True)


class SwitchedOffSerializer(serializers.Serializer):
    """That the emergency off was pressed while a deployment waited."""

    at = serializers.DateTimeField()
    by = serializers.CharField()
    reason = serializers.CharField(allow_blank=True)


class DeploymentSerializer(serializers.Serializer):
    """The JSON of `present.deployment_json`."""

    id = serializers.UUIDField()
    rule = serializers.UUIDField()
    change = serializers.ChoiceField(Deployment.Change.choices)
    state = serializers.ChoiceField(Deployment.State.choices)
    program = Named()
    version = Numbered()
    scope = serializers.ChoiceField(Scope.choices, allow_null=True)
    name = serializers.CharField(allow_null=True)
    mode = serializers.ChoiceField(Mode.choices, allow_null=True)
    expression = serializers.CharField(allow_null=True)
    previous = TermsSerializer(allow_null=True)
    note = serializers.CharField()
    reason = serializers.CharField()
    switched_off = SwitchedOffSerializer(
        allow_null=True, help_text="Pressed while this waited: approving needs `switch_on`."
    )
    requested_by = serializers.CharField()
    decided_by = serializers.CharField()
    created_on = serializers.DateTimeField()
    submitted_on = serializers.DateTimeField(allow_null=True)
    decided_on = serializers.DateTimeField(allow_null=True)


class ChangedSerializer(serializers.Serializer):
    """A field of the rule before and after."""

    field = serializers.CharField()
    before = serializers.JSONField(help_text="Text, a number, or null where there was no rule.")
    after = serializers.JSONField(help_text="The same, null where there will be no rule.")


class ReplayFactSerializer(serializers.Serializer):
    """A finished replay of the version that is asked for."""

    capture = serializers.CharField()
    summary = serializers.JSONField()


class ReviewSerializer(DeploymentSerializer):
    """A deployment with what a decider looks at."""

    old_source = serializers.CharField(allow_null=True)
    new_source = serializers.CharField(allow_null=True)
    changed = ChangedSerializer(many=True)
    instructions = serializers.IntegerField(allow_null=True)
    compiler = serializers.CharField(allow_blank=True)
    replays = ReplayFactSerializer(many=True)
    may_decide = serializers.BooleanField()
    may_roll_back = serializers.BooleanField()


class RuleSerializer(serializers.ModelSerializer):
    """A live rule."""

    program = serializers.SerializerMethodField()
    version = serializers.SerializerMethodField()
    pending = serializers.SerializerMethodField()

    class Meta:
        model = Rule
        fields = [
            "id", "program", "version", "scope", "name", "mode", "expression", "pending", "created_on", "modified_on",
        ]  # fmt: skip

    def get_program(self, rule: Rule) -> dict[str, str]:
        return {"id": str(rule.program_id), "name": rule.program.name}

    def get_version(self, rule: Rule) -> dict[str, str | int]:
        return {"id": str(rule.version_id), "number": rule.version.number}

    def get_pending(self, rule: Rule) -> str | None:
        waiting = [d for d in rule.deployments.all() if d.state == "pending"]
        return str(waiting[0].pk) if waiting else None


class RequestSerializer(serializers.Serializer):
    """A change asked for. create: `version` and the terms; update: `rule` and what changes; delete: `rule`."""

    change = serializers.ChoiceField(Deployment.Change.choices, default="create")
    rule = serializers.UUIDField(required=False)
    version = serializers.PrimaryKeyRelatedField(queryset=Version.objects.none(), required=False)
    scope = serializers.ChoiceField(Scope.choices, required=False)
    name = serializers.CharField(max_length=63, required=False)
    mode = serializers.ChoiceField(Mode.choices, required=False)
    expression = serializers.CharField(max_length=8192, required=False, allow_blank=True)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    draft = serializers.BooleanField(required=False, default=False)

    def get_fields(self):
        fields = super().get_fields()
        if account := self.context.get("account"):
            version: Any = fields["version"]
            version.queryset = Version.objects.for_account(account).select_related("program")
        return fields

    def validate(self, data):
        if data["change"] == "create" and "version" not in data:
            raise serializers.ValidationError({"version": "Which version should be deployed?"})
        if data["change"] != "create" and "rule" not in data:
            raise serializers.ValidationError({"rule": "Which rule should change?"})
        return data


class ReasonSerializer(serializers.Serializer):
    """Why."""

    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class ApproveSerializer(serializers.Serializer):
    """A decision for a deployment."""

    switch_on = serializers.BooleanField(
        default=False, help_text="Also where the emergency off was pressed since it was asked for."
    )
