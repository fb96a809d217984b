"""Rules, and the deployments that change them."""

import uuid

from django.db import models

from accounts.managers import AccountQuerySet
from accounts.models import Account
from programs.models import Program, StateMachine, Version


class Scope(models.TextChoices):
    """How much of the network a rule covers; the most specific one that matches a node runs there."""

    GLOBAL = "global"
    REGION = "region"
    DATACENTER = "datacenter"


class Mode(models.TextChoices):
    """What a verdict does; in the order in which milder comes later."""

    ENABLED = "enabled"
    MONITORING = "monitoring"
    DISABLED = "disabled"


class Rule(models.Model):
    """A program version in force (`live`), or waiting for the approval of its first deployment."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="rules")
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="rules")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="rules")
    scope = models.CharField(max_length=10, choices=Scope.choices)
    name = models.CharField(max_length=63, help_text="global, or the code of the region or datacenter")
    mode = models.CharField(max_length=10, choices=Mode.choices)
    expression = models.TextField(blank=True)
    live = models.BooleanField(default=False)
    created_on = models.DateTimeField(auto_now_add=True)
    modified_on = models.DateTimeField(auto_now=True)
    objects = AccountQuerySet.as_manager()

    class Meta:
        ordering = ["scope", "name"]
        constraints = [models.UniqueConstraint(fields=["account", "scope", "name"], name="one_rule_per_scope")]

    def __str__(self) -> str:
        return f"{self.program} on {self.scope} {self.name}"


class Deployment(StateMachine):
    """A change to what is in force.

    draft → pending → live | rejected | withdrawn | expired; draft → live (no approval needed) | withdrawn;
    live → superseded | rolled_back; superseded → live when the deployment after it is rolled back.

    `after` and `previous` describe the rule as `terms.describe` does; None stands for no rule.
    """

    class State(models.TextChoices):
        DRAFT = "draft"
        PENDING = "pending", "pending approval"
        LIVE = "live"
        REJECTED = "rejected"
        WITHDRAWN = "withdrawn"
        EXPIRED = "expired"
        SUPERSEDED = "superseded"
        ROLLED_BACK = "rolled_back", "rolled back"

    class Change(models.TextChoices):
        CREATE = "create"
        UPDATE = "update"
        DELETE = "delete"

    TRANSITIONS = {
        "draft": {"pending", "live", "withdrawn"},
        "pending": {"live", "rejected", "withdrawn", "expired"},
        "live": {"superseded", "rolled_back"},
        "superseded": {"live"},
        "rejected": set(),
        "withdrawn": set(),
        "expired": set(),
        "rolled_back": set(),
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="deployments")
    rule = models.ForeignKey(Rule, null=True, on_delete=models.SET_NULL, related_name="deployments")
    rule_ref = models.UUIDField(editable=False, help_text="The rule's id, kept after the rule is gone.")
    change = models.CharField(max_length=6, choices=Change.choices)
    version = models.ForeignKey(Version, null=True, on_delete=models.SET_NULL, related_name="deployments")
    after = models.JSONField(null=True)
    previous = models.JSONField(null=True)
    replaces = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="replaced_by")
    state = models.CharField(max_length=11, choices=State.choices, default=State.DRAFT)
    note = models.CharField(max_length=500, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    switched_off = models.JSONField(
        null=True, help_text="While this waited, the emergency off was pressed: when (at), who (by) and why (reason)."
    )
    requested_by = models.CharField(max_length=300)
    requester = models.CharField(max_length=60, help_text="user:ID or token:ID")
    decided_by = models.CharField(max_length=300, blank=True)
    created_on = models.DateTimeField(auto_now_add=True)
    submitted_on = models.DateTimeField(null=True)
    decided_on = models.DateTimeField(null=True)
    objects = AccountQuerySet.as_manager()

    class Meta:
        ordering = ["-created_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule_ref"], condition=models.Q(state="pending"), name="one_pending_deployment_per_rule"
            )
        ]

    def __str__(self) -> str:
        terms = self.after or self.previous or {}
        return f"{self.change} {terms.get('program_name', 'rule')} on {terms.get('scope')} {terms.get('name')}"
