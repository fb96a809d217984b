from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.tests.world import World
from programs.actions import recover as module
from programs.actions.recover import recover
from programs.models import Build, Capture, Replay, Version

LATE = timedelta(seconds=61)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple]:
    found: list[tuple] = []
    monkeypatch.setattr(module, "send", lambda *message: found.append(message))
    return found


def stuck(version: Version, state: str, attempt: int, late: timedelta = LATE) -> Build:
    Build.objects.filter(version=version).update(
        state=state, attempt=attempt, elf=None, changed_on=timezone.now() - late
    )
    return Build.objects.get(version=version)


@pytest.mark.parametrize("state", ["compiling", "verifying", "replaying"])
def test_it_works(version: Version, sent: list, heard: list, state: str) -> None:
    build = stuck(version, state, 1)
    assert recover() == 1
    build.refresh_from_db()
    assert build.state == "queued"
    assert sent == [("programs.build_version", str(build.pk))]
    assert heard[-1][2]["state"] == "queued"
    assert recover() == 0


@pytest.mark.parametrize("state", ["compiling", "verifying", "replaying"])
def test_the_second_time_it_failed(version: Version, sent: list, state: str) -> None:
    build = stuck(version, state, 2)
    recover()
    build.refresh_from_db()
    assert (build.state, build.diagnostics[0]["code"]) == ("failed", "build.interrupted")
    assert sent == []


def test_a_lost_message_is_sent_again_once_a_minute(version: Version, sent: list) -> None:
    build = stuck(version, "queued", 0)
    recover()
    recover()
    assert sent == [("programs.build_version", str(build.pk))]


@pytest.mark.parametrize("state", ["ready", "failed"])
def test_finished_ones_stay(version: Version, sent: list, state: str) -> None:
    stuck(version, state, 1, timedelta(days=3))
    assert (recover(), sent) == (0, [])


@pytest.mark.parametrize("state", ["queued", "compiling", "verifying", "replaying"])
def test_busy_ones_stay(version: Version, sent: list, state: str) -> None:
    stuck(version, state, 1, timedelta(seconds=50))
    assert (recover(), sent) == (0, [])


def test_replays(world: World, version: Version, capture: Capture, sent: list) -> None:
    late = timezone.now() - LATE
    running, waiting, fresh = (
        Replay.objects.create(version=version, capture=capture, state=state, changed_on=when)
        for state, when in (("running", late), ("queued", late), ("running", timezone.now()))
    )
    assert recover() == 2
    for replay in (running, waiting, fresh):
        replay.refresh_from_db()
    assert (running.state, waiting.state, fresh.state) == ("failed", "queued", "running")
    assert "[replay.interrupted]" in running.error
    assert sent == [("programs.run_replay", str(waiting.pk))]
