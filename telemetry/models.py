"""Numbers and sampled packets that nodes sent, by account."""

import uuid

from django.db import models

from accounts.managers import AccountQuerySet
from accounts.models import Account
from fleet.models import Node

# The rule of a point that counts the whole account. Not NULL: a unique constraint must see it.
WHOLE_ACCOUNT = uuid.UUID(int=0)
SUMS = ("received", "passed", "dropped", "would_drop", "challenged", "errors", "allowlisted", "skipped")


class Resolution(models.IntegerChoices):
    """Seconds that a point covers."""

    SECOND = 1
    MINUTE = 60
    HOUR = 3600


class Point(models.Model):
    """What a node counted for an account, or for one of its rules, in one interval that begins `at`.

    `rule` is a plain UUID: the numbers outlive the rule. WHOLE_ACCOUNT counts every packet to the account's prefixes,
    also those no rule looked at.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="points")
    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="points")
    rule = models.UUIDField(default=WHOLE_ACCOUNT)
    resolution = models.PositiveSmallIntegerField(choices=Resolution.choices)
    at = models.DateTimeField()
    received = models.BigIntegerField(default=0)
    passed = models.BigIntegerField(default=0)
    dropped = models.BigIntegerField(default=0)
    would_drop = models.BigIntegerField(default=0)
    challenged = models.BigIntegerField(default=0)
    errors = models.BigIntegerField(default=0)
    allowlisted = models.BigIntegerField(default=0)
    skipped = models.BigIntegerField(
        default=0, help_text="Of those that passed: without the program, which had declared their flow good."
    )
    tags = models.JSONField(default=dict, help_text="Packets by the tag that the program gave them.")
    objects = AccountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "resolution", "at", "rule", "node"], name="one_point")
        ]
        indexes = [models.Index(fields=["resolution", "at"], name="point_by_age")]

    def __str__(self) -> str:
        return f"{self.get_resolution_display()} at {self.at}"


class TopSources(models.Model):
    """The busiest sources of an account's traffic at a node in one minute: {address: [packets, dropped]}."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="top_sources")
    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="top_sources")
    at = models.DateTimeField(db_index=True)
    sources = models.JSONField(default=dict)
    objects = AccountQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "at", "node"], name="one_top_sources")]

    def __str__(self) -> str:
        return f"sources at {self.at}"


class SampledPacket(models.Model):
    """The beginning of one packet and what became of it. The newest of each account are kept."""

    KEPT = 1000
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="samples")
    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="samples")
    rule = models.UUIDField(null=True)
    at = models.DateTimeField()
    source = models.GenericIPAddressField()
    source_port = models.PositiveIntegerField()
    destination = models.GenericIPAddressField()
    destination_port = models.PositiveIntegerField()
    length = models.PositiveIntegerField()
    verdict = models.CharField(max_length=20)
    tag = models.CharField(max_length=20, help_text="Decimal: it has 64 bits and no sign.")
    challenge = models.BooleanField(default=False)
    packet = models.BinaryField()
    objects = AccountQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["account", "-id"], name="samples_newest")]

    def __str__(self) -> str:
        return f"{self.source} → {self.destination}: {self.verdict}"
