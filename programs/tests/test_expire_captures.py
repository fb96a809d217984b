"""How long captures are kept."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.tests.world import World
from programs.actions.expire_captures import expire_captures
from programs.models import Capture, Replay, Version

pytestmark = pytest.mark.django_db


def capture(world: World, days: float, supplied: bool = False) -> Capture:
    made = Capture.objects.create(account=None if supplied else world.ours, name=f"{days}", data=b"x")
    Capture.objects.filter(pk=made.pk).update(created_on=timezone.now() - timedelta(days=days))
    return made


def test_all_are_kept_unless_told_otherwise(world: World, settings) -> None:
    assert settings.CAPTURES_DAYS == 0
    capture(world, 5000)
    assert expire_captures() == 0
    assert Capture.objects.count() == 1


def test_what_nobody_used_goes(world: World, version: Version, settings) -> None:
    settings.CAPTURES_DAYS = 90
    old, used = capture(world, 91), capture(world, 91)
    kept = {used.pk, capture(world, 89).pk, capture(world, 91, supplied=True).pk}
    for row, days in ((old, 91), (used, 89)):
        replay = Replay.objects.create(version=version, capture=row, created_by="test")
        Replay.objects.filter(pk=replay.pk).update(created_on=timezone.now() - timedelta(days=days))
    assert expire_captures() == 1
    assert set(Capture.objects.values_list("pk", flat=True)) == kept
    assert Replay.objects.get().capture_id == used.pk
    entry = AuditEntry.objects.get(action="capture.expire")
    assert (entry.account, entry.actor, entry.data) == (world.ours, "flowprotect", {"id": str(old.pk)})
    assert expire_captures() == 0
