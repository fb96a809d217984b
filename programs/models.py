"""Programs, their immutable versions, builds, captures and replays."""

import hashlib
import uuid
from typing import Any

from django.db import models
from django.utils import timezone

from accounts.managers import AccountQuerySet
from accounts.models import Account
from httpapi.errors import Refused


class IllegalTransition(Refused):
    """A state machine was asked for a step that is not in its table; code `state.illegal`, 409 over HTTP."""

    def __init__(self, message: str) -> None:
        super().__init__("state.illegal", message)


class StateMachine(models.Model):
    """A row with a state that changes only along TRANSITIONS, safely against a second worker.

    The fields in FENCE must not have changed in the database either: with an attempt's number in it, a worker that was
    given up on cannot go on where its successor is.
    """

    TRANSITIONS: dict[str, set[str]] = {}
    FENCE: tuple[str, ...] = ()
    state: Any

    class Meta:
        abstract = True

    def move(self, state: str, **fields) -> None:
        """Changes the state, and `fields` with it; raises IllegalTransition if the table or the row forbids it."""
        before = self.state
        if state not in self.TRANSITIONS[before]:
            raise IllegalTransition(f"{type(self).__name__}: {before} → {state}")
        fence = {name: getattr(self, name) for name in self.FENCE}
        rows: Any = type(self)._default_manager
        if not rows.filter(pk=self.pk, state=before, **fence).update(state=state, **fields):
            raise IllegalTransition(f"{type(self).__name__} {self.pk} is no longer {before}")
        self.state = state
        for name, value in fields.items():
            setattr(self, name, value)


class Program(models.Model):
    """A named packet filter of an account."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="programs")
    name = models.CharField(max_length=120)
    created_on = models.DateTimeField(auto_now_add=True)
    modified_on = models.DateTimeField(auto_now=True)
    objects = AccountQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="one_program_name")]

    def __str__(self) -> str:
        return self.name


class Version(models.Model):
    """One source text of a program; never changes."""

    account_path = "program__account"
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey(Program, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    source = models.TextField()
    sha256 = models.CharField(max_length=64)
    created_by = models.CharField(max_length=300)
    created_on = models.DateTimeField(auto_now_add=True)
    objects = AccountQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["program", "number"], name="one_version_number")]

    def __str__(self) -> str:
        return f"{self.program} v{self.number}"

    def save(self, *args, **kwargs) -> None:
        if not self._state.adding:
            raise TypeError("a version never changes")
        self.sha256 = hashlib.sha256(self.source.encode()).hexdigest()
        super().save(*args, **kwargs)


class Build(StateMachine):
    """The making of a version.

    queued → compiling → verifying → replaying → ready; verifying → ready where there is nothing to replay;
    every state before ready → failed; compiling, verifying, replaying → queued when the worker died.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        COMPILING = "compiling"
        VERIFYING = "verifying"
        REPLAYING = "replaying"
        READY = "ready"
        FAILED = "failed"

    class Verdict(models.TextChoices):
        PORTABLE = "portable"
        SAFE = "safe"

    TRANSITIONS = {
        "queued": {"compiling", "failed"},
        "compiling": {"verifying", "failed", "queued"},
        "verifying": {"replaying", "ready", "failed", "queued"},
        "replaying": {"ready", "failed", "queued"},
        "ready": set(),
        "failed": set(),
    }
    FENCE = ("attempt",)
    account_path = "version__program__account"
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.OneToOneField(Version, on_delete=models.CASCADE, related_name="build")
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0, help_text="How often a worker began.")
    steps = models.JSONField(default=dict, help_text="Milliseconds each step took.")
    diagnostics = models.JSONField(default=list)
    compiler = models.CharField(max_length=120, blank=True)
    elf = models.BinaryField(null=True)
    elf_sha256 = models.CharField(max_length=64, blank=True)
    instructions = models.PositiveIntegerField(null=True)
    verdict = models.CharField(max_length=8, choices=Verdict.choices, blank=True, help_text="Empty where refused.")
    facts = models.JSONField(null=True, help_text="What the verifier knows; programs.facts says how much is kept.")
    created_on = models.DateTimeField(auto_now_add=True)
    changed_on = models.DateTimeField(default=timezone.now, help_text="When the state last changed.")
    finished_on = models.DateTimeField(null=True)
    objects = AccountQuerySet.as_manager()

    def __str__(self) -> str:
        return f"build of {self.version}: {self.state}"

    def move(self, state: str, **fields) -> None:
        super().move(state, changed_on=timezone.now(), **fields)

    @property
    def finished(self) -> bool:
        """Ready or failed."""
        return not self.TRANSITIONS[self.state]


class BuildTime(models.Model):
    """What an account's builds took on a day (UTC), held before they begin. It outlives builds and programs."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="build_times")
    day = models.DateField()
    milliseconds = models.BigIntegerField(default=0)
    objects = AccountQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "day"], name="one_build_time_a_day")]

    def __str__(self) -> str:
        return f"{self.day}: {self.milliseconds} ms"


class Capture(models.Model):
    """Recorded packets (pcap or pcapng). Without an account it is supplied to everybody."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.CASCADE, related_name="captures")
    name = models.CharField(max_length=200)
    data = models.BinaryField()
    size = models.PositiveIntegerField(default=0)
    created_on = models.DateTimeField(auto_now_add=True)
    objects = AccountQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args, **kwargs) -> None:
        if self._state.adding:
            self.size = len(self.data)
        super().save(*args, **kwargs)


class Replay(StateMachine):
    """A version run over a capture: queued → running → done; queued or running → failed.

    A replay whose worker died is failed; it is cheap to ask for another.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    TRANSITIONS = {"queued": {"running", "failed"}, "running": {"done", "failed"}, "done": set(), "failed": set()}
    account_path = "version__program__account"
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="replays")
    capture = models.ForeignKey(Capture, on_delete=models.CASCADE, related_name="replays")
    ip_offset = models.PositiveIntegerField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    summary = models.JSONField(null=True)
    annotated = models.BinaryField(null=True)
    error = models.CharField(max_length=500, blank=True)
    created_by = models.CharField(max_length=300)
    created_on = models.DateTimeField(auto_now_add=True)
    changed_on = models.DateTimeField(default=timezone.now, help_text="When the state last changed.")
    finished_on = models.DateTimeField(null=True)
    objects = AccountQuerySet.as_manager()

    class Meta:
        ordering = ["-created_on"]

    def __str__(self) -> str:
        return f"{self.version} on {self.capture}: {self.state}"

    def move(self, state: str, **fields) -> None:
        super().move(state, changed_on=timezone.now(), **fields)
