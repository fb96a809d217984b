import pytest

from accounts.tests.checks import check_isolation
from accounts.tests.world import World
from programs.actions import trace_packet
from programs.actions.build_version import build_version
from programs.actions.run_replay import run_replay
from programs.actions.start_replay import start_replay
from programs.engine import replay as engine
from programs.models import Build, Capture, Program, Replay, Version

SOURCE = """#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
uint64_t cf_ebpf_main(void *state) {
  set_network_analytics_tag(rand() & 0xffff);
  return CF_EBPF_DROP;
}
"""


@pytest.fixture
def replay(world: World, program: Program, capture: Capture) -> Replay:
    version = Version.objects.create(program=program, number=1, source=SOURCE, created_by="test")
    build_version(Build.objects.create(version=version).pk)
    replay = start_replay(world.users["developer"], version, capture)
    run_replay(replay.pk)
    replay.refresh_from_db()
    assert replay.state == "done"
    return replay


@pytest.fixture
def unreal(version: Version, capture: Capture) -> Replay:
    """One whose object is not a real one."""
    return Replay.objects.create(version=version, capture=capture, state="done")


def path(replay: Replay, packet: object) -> str:
    return f"replays/{replay.pk}/trace?packet={packet}"


def test_it_works(world: World, replay: Replay) -> None:
    client = world.client("viewer")
    for row in replay.summary["first"]:
        answer = client.get(world.url(path(replay, row["number"])))
        assert answer.status_code == 200
        traced = answer.json()
        assert {key: traced[key] for key in row} == row
        assert traced["truncated"] is False
    first = client.get(world.url(path(replay, 1))).json()
    calls = [(line["text"], call["name"]) for line in first["lines"] for call in line["calls"]]
    line = "set_network_analytics_tag(rand() & 0xffff);"
    assert calls == [(line, "rand"), (line, "set_network_analytics_tag")]


def test_isolation(world: World, unreal: Replay) -> None:
    check_isolation(world, "get", path(unreal, 1))
    assert world.client("stranger").get(world.url(path(unreal, 1), world.theirs)).status_code == 404


@pytest.mark.parametrize("packet", ["", "0", "-1", "x", "1.5", "٣", "9" * 19, "9" * 5000])
def test_numbers_that_are_none(world: World, unreal: Replay, packet: str) -> None:
    answer = world.client("viewer").get(world.url(path(unreal, packet)))
    assert (answer.status_code, answer.json()["code"]) == (400, "trace.packet")


def test_a_packet_that_is_not_there(world: World, replay: Replay) -> None:
    answer = world.client("viewer").get(world.url(path(replay, 4)))
    assert (answer.status_code, answer.json()["code"]) == (404, "trace.packet")
    assert answer.json()["detail"] == "There is no packet 4: the capture has 3 packets."


@pytest.mark.parametrize("state", ["queued", "running", "failed"])
def test_before_it_is_done(world: World, unreal: Replay, state: str) -> None:
    Replay.objects.update(state=state)
    answer = world.client("viewer").get(world.url(path(unreal, 1)))
    assert (answer.status_code, answer.json()["code"]) == (409, "replay.not_done")


def test_an_object_that_is_none(world: World, unreal: Replay) -> None:
    answer = world.client("viewer").get(world.url(path(unreal, 1)))
    assert (answer.status_code, answer.json()["code"]) == (503, "replay.program")
    Build.objects.update(state="failed")
    answer = world.client("viewer").get(world.url(path(unreal, 1)))
    assert (answer.status_code, answer.json()["code"]) == (409, "build.not_ready")


def test_a_missing_sandbox_is_said(world: World, unreal: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_, **__) -> None:
        raise engine.SandboxError("/secret/path")

    monkeypatch.setattr(trace_packet, "trace", refuse)
    answer = world.client("viewer").get(world.url(path(unreal, 1)))
    assert (answer.status_code, answer.json()["code"]) == (503, "sandbox.unavailable")
    assert "/secret" not in answer.json()["detail"]


def test_only_so_many_at_once(world: World, unreal: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_packet, "WAIT", 0.01)
    with trace_packet.SLOTS, trace_packet.SLOTS:
        answer = world.client("viewer").get(world.url(path(unreal, 1)))
    assert (answer.status_code, answer.json()["code"]) == (503, "trace.busy")
    assert world.client("viewer").get(world.url(path(unreal, 1))).json()["code"] == "replay.program"
