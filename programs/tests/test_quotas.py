from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.tests.world import World
from programs.build_time import HELD, hold_time, settled, spent_today
from programs.models import Build, BuildTime, Capture, Program, Version
from programs.tests.captures import SMALL
from programs.tests.conftest import PASS, WRONG


def limit(world: World, **quotas: int) -> None:
    for field, value in quotas.items():
        setattr(world.ours, field, value)
    world.ours.save()


def test_programs(world: World) -> None:
    limit(world, program_quota=1)
    client = world.client("developer")
    assert client.post(world.url("programs"), {"name": "one"}, format="json").status_code == 201
    answer = client.post(world.url("programs"), {"name": "two", "source": PASS}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "quota.programs")
    assert answer.json()["quota"] == {"name": "programs", "used": 1, "allowed": 1}
    assert Program.objects.count() == 1
    assert not Version.objects.exists()


def test_bytes_of_captures(world: World) -> None:
    limit(world, capture_bytes_quota=2 * len(SMALL) - 1)
    client = world.client("developer")
    for status in (201, 403):
        answer = client.post(world.url("captures"), {"file": SimpleUploadedFile("a.pcap", SMALL)}, format="multipart")
        assert answer.status_code == status, answer.content
    assert (answer.json()["code"], answer.json()["quota"]["used"]) == ("quota.capture_bytes", len(SMALL))
    assert Capture.objects.count() == 1


def test_minutes_of_builds(world: World, program: Program, django_capture_on_commit_callbacks) -> None:
    limit(world, build_minutes_quota=1)
    client, url = world.client("developer"), world.url(f"programs/{program.pk}/versions")
    assert client.post(url, {"source": WRONG}, format="json").status_code == 201
    assert spent_today(world.ours) == HELD
    answer = client.post(url, {"source": PASS}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "quota.build_minutes")
    assert answer.json()["quota"] == {"name": "build_minutes", "used": 1, "allowed": 1}
    assert Version.objects.count() == 1


def test_a_build_that_ends_gives_back_what_it_did_not_take(
    world: World, program: Program, django_capture_on_commit_callbacks
) -> None:
    url = world.url(f"programs/{program.pk}/versions")
    with django_capture_on_commit_callbacks(execute=True):
        world.client("developer").post(url, {"source": WRONG}, format="json")
    assert Build.objects.get().state == "failed"
    assert 0 < spent_today(world.ours) < HELD
    program.delete()
    assert 0 < spent_today(world.ours)


def test_a_second_attempt_adds_to_the_first(world: World, version: Version) -> None:
    hold_time(world.ours)
    for attempt, rest in ((2, HELD), (1, 0)):
        version.build.attempt = attempt
        with pytest.raises(RuntimeError), settled(version.build):
            raise RuntimeError
        assert rest <= spent_today(world.ours) < rest + 5_000


def test_each_day_begins_anew(world: World) -> None:
    yesterday = timezone.now().date() - timedelta(days=1)
    BuildTime.objects.create(account=world.ours, day=yesterday, milliseconds=10**9)
    BuildTime.objects.create(account=world.theirs, day=timezone.now().date(), milliseconds=10**9)
    assert spent_today(world.ours) == 0
