"""Where the edge is: regions, datacenters and nodes; and what is sent there: signing keys and bundles."""

import hashlib
import secrets
import uuid
from datetime import datetime, timedelta

from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone

CODE = RegexValidator(r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", "Lower-case letters, digits and hyphens.")
SILENT = timedelta(seconds=90)


def digest(secret: str) -> str:
    """What is stored of a secret with 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def in_a_week() -> datetime:
    """When an enrolment token ends unless told otherwise."""
    return timezone.now() + timedelta(days=7)


class IllegalTransition(Exception):
    """A node was asked for a step that is not in its table."""

    code = "state.illegal"


class Region(models.Model):
    """A part of the world."""

    code = models.CharField(max_length=63, unique=True, validators=[CODE])
    name = models.CharField(max_length=120)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class Datacenter(models.Model):
    """A place with nodes."""

    code = models.CharField(max_length=63, unique=True, validators=[CODE])
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="datacenters")
    name = models.CharField(max_length=120)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class Node(models.Model):
    """A machine that runs the agent.

    enrolled → online ↔ offline; each of them → retired, which is the end.
    `connection` is the channel of the newest connection: an older one that ends later does not make the node offline.
    """

    class State(models.TextChoices):
        ENROLLED = "enrolled"
        ONLINE = "online"
        OFFLINE = "offline"
        RETIRED = "retired"

    TRANSITIONS = {
        "enrolled": {"online", "retired"},
        "online": {"offline", "retired"},
        "offline": {"online", "retired"},
        "retired": set(),
    }
    is_authenticated = True

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    datacenter = models.ForeignKey(Datacenter, on_delete=models.PROTECT, related_name="nodes")
    hostname = models.CharField(max_length=253)
    credential_hash = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ENROLLED)
    agent_version = models.CharField(max_length=40, blank=True)
    connection = models.CharField(max_length=120, blank=True, editable=False)
    serial = models.PositiveBigIntegerField(default=0, help_text="The bundle the node carries out; 0 for none.")
    loaded = models.JSONField(default=list, help_text="Keys of the programs it has loaded.")
    error = models.JSONField(null=True, help_text="What went wrong last: code and message.")
    held_back = models.JSONField(
        default=dict, help_text="Accounts it does not carry out as published, and why: code and message by account id."
    )
    confinement = models.JSONField(
        null=True, help_text="How far the agent has given up privileges: state and missing parts."
    )
    enrolled_on = models.DateTimeField(auto_now_add=True)
    last_seen_on = models.DateTimeField(null=True)

    class Meta:
        ordering = ["hostname", "id"]

    def __str__(self) -> str:
        return f"{self.hostname} ({self.datacenter})"

    @property
    def reachable_state(self) -> str:
        """The state, but offline where the server that held the connection fell silent with it."""
        if self.state == self.State.ONLINE and (
            self.last_seen_on is None or timezone.now() - self.last_seen_on > SILENT
        ):
            return self.State.OFFLINE.value
        return self.state

    def move(self, state: str, **fields) -> None:
        """Changes the state and `fields`; IllegalTransition if the table, or the row as it is now, forbids it."""
        before = self.state
        if state not in self.TRANSITIONS[before]:
            raise IllegalTransition(f"Node: {before} → {state}")
        if not Node.objects.filter(pk=self.pk, state=before).update(state=state, **fields):
            raise IllegalTransition(f"Node {self.pk} is no longer {before}")
        self.state = state
        for name, value in fields.items():
            setattr(self, name, value)


class EnrolmentToken(models.Model):
    """Lets one machine become a node, once. Only the secret's SHA-256 is kept."""

    hash = models.CharField(max_length=64, unique=True, editable=False)
    datacenter = models.ForeignKey(Datacenter, on_delete=models.PROTECT, related_name="enrolment_tokens")
    note = models.CharField(max_length=200, blank=True)
    created_on = models.DateTimeField(auto_now_add=True)
    expires_on = models.DateTimeField(default=in_a_week)
    used_on = models.DateTimeField(null=True, editable=False)
    node = models.OneToOneField(
        Node, null=True, editable=False, on_delete=models.SET_NULL, related_name="enrolment_token"
    )

    class Meta:
        ordering = ["-created_on"]

    def __str__(self) -> str:
        return f"enrolment token {self.pk} for {self.datacenter}"

    @classmethod
    def issue(cls, datacenter: Datacenter, note: str = "", **fields) -> tuple["EnrolmentToken", str]:
        """A saved token and its secret, which is never seen again."""
        secret = "fpe_" + secrets.token_urlsafe(32)
        return cls.objects.create(datacenter=datacenter, hash=digest(secret), note=note, **fields), secret


class SigningKey(models.Model):
    """An Ed25519 key of this installation; the private half is encrypted under SECRET_KEY. One is active."""

    key_id = models.CharField(max_length=16, unique=True)
    public = models.BinaryField()
    private = models.BinaryField()
    active = models.BooleanField(default=True)
    created_on = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["active"], condition=models.Q(active=True), name="one_active_signing_key")
        ]

    def __str__(self) -> str:
        return self.key_id


class Bundle(models.Model):
    """What every node carries out from this serial on."""

    serial = models.PositiveBigIntegerField(unique=True)
    content = models.JSONField()
    created_on = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-serial"]

    def __str__(self) -> str:
        return f"bundle {self.serial}"


class SerialCounter(models.Model):
    """One row: the newest serial. Counting up locks it until the transaction ends, on every database."""

    last = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.last)
