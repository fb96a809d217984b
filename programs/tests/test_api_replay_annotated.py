import pytest

from accounts.tests.checks import check_isolation
from accounts.tests.world import World
from programs.models import Capture, Replay, Version

PCAP = "application/vnd.tcpdump.pcap"


@pytest.fixture
def replay(version: Version, capture: Capture) -> Replay:
    return Replay.objects.create(version=version, capture=capture, state="done", annotated=b"\x0a\x0d\x0d\x0aDATA")


@pytest.mark.parametrize("accept", ["*/*", PCAP, "application/json", "image/png"])
def test_it_works(world: World, replay: Replay, accept: str) -> None:
    answer = world.client("viewer").get(world.url(f"replays/{replay.pk}/annotated"), headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.content == b"\x0a\x0d\x0d\x0aDATA"
    assert answer["Content-Type"] == PCAP
    assert answer["Content-Disposition"] == f'attachment; filename="replay-{replay.pk}.pcapng"'


def test_isolation(world: World, replay: Replay) -> None:
    path = f"replays/{replay.pk}/annotated"
    check_isolation(world, "get", path)
    assert world.client("stranger").get(world.url(path, world.theirs)).status_code == 404


@pytest.mark.parametrize("state", ["queued", "running", "failed"])
def test_before_it_is_done(world: World, replay: Replay, state: str) -> None:
    Replay.objects.update(state=state)
    answer = world.client("viewer").get(world.url(f"replays/{replay.pk}/annotated"), headers={"Accept": PCAP})
    assert (answer.status_code, answer.json()["code"]) == (409, "replay.not_done")


def test_old_ones_are_gone(world: World, replay: Replay) -> None:
    Replay.objects.update(annotated=None)
    answer = world.client("viewer").get(world.url(f"replays/{replay.pk}/annotated"))
    assert (answer.status_code, answer.json()["code"]) == (410, "replay.expired")
