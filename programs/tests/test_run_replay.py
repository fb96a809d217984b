import pytest

from accounts.models import Account
from accounts.tests.world import World
from programs.actions.build_version import build_version
from programs.actions.run_replay import run_replay
from programs.actions.start_replay import start_replay
from programs.actions.trace_packet import trace_packet
from programs.engine import replay as engine
from programs.models import Build, Capture, IllegalTransition, Program, Replay, Version
from programs.tests.captures import SMALL
from programs.tests.conftest import PASS


@pytest.fixture
def built(program: Program) -> Version:
    version = Version.objects.create(program=program, number=1, source=PASS, created_by="test")
    build_version(Build.objects.create(version=version).pk)
    assert version.build.pk and Build.objects.get().state == "ready"
    return version


def start(world: World, version: Version, data: bytes = SMALL, ip_offset: int | None = None) -> Replay:
    capture = Capture.objects.create(account=world.ours, name="c", data=data)
    return start_replay(world.users["developer"], version, capture, ip_offset)


def test_it_works(world: World, built: Version, heard: list) -> None:
    replay = start(world, built)
    run_replay(replay.pk)
    replay.refresh_from_db()
    assert (replay.state, replay.error, replay.summary["passed"]) == ("done", "", 2)
    assert bytes(replay.annotated).startswith(b"\x0a\x0d\x0d\x0a")
    assert [(event, data["state"]) for _, event, data in heard] == [("replay", "running"), ("replay", "done")]
    assert heard[0][2].keys() == {"id", "state", "error"}


def test_packets_cost_no_more_than_on_nodes(world: World, program: Program) -> None:
    """A program that costs more than the account allows fails in the replay and in the trace, as it would on a node."""
    busy = PASS.replace("{", "{ for (volatile int i = 0; i < 100; i++) ;", 1)
    version = Version.objects.create(program=program, number=1, source=busy, created_by="test")
    build_version(Build.objects.create(version=version).pk)
    replay = start(world, version)
    Account.objects.filter(pk=world.ours.pk).update(fuel=50)
    run_replay(replay.pk)
    replay.refresh_from_db()
    assert (replay.state, replay.summary["errors"], replay.summary["passed"]) == ("done", 2, 0)
    traced = trace_packet(world.users["viewer"], Account.objects.get(pk=world.ours.pk), replay.pk, 1)
    assert (traced["verdict"], traced["error"]) == ("error", "out of fuel")


def test_a_second_worker_does_nothing(world: World, built: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def replay_and_deliver_again(elf, capture, ip_offset, **options):
        calls.append(ip_offset)
        run_replay(replay.pk)
        return {"packets": 0}, b"x"

    monkeypatch.setattr(engine, "replay", replay_and_deliver_again)
    replay = start(world, built, ip_offset=14)
    run_replay(replay.pk)
    run_replay(replay.pk)
    assert calls == [14]


@pytest.mark.parametrize("data", [SMALL[:-1], b"\xa1\xb2\xc3\xd4", b"", b"\x0a\x0d\x0d\x0a" + b"\xff" * 40])
def test_bad_captures_fail_with_a_reason(world: World, built: Version, data: bytes) -> None:
    replay = start(world, built, data)
    run_replay(replay.pk)
    replay.refresh_from_db()
    assert replay.state == "failed"
    assert "[capture." in replay.error
    assert replay.finished_on


def test_an_object_that_is_none(world: World, version: Version) -> None:
    replay = start(world, version)
    run_replay(replay.pk)
    replay.refresh_from_db()
    assert (replay.state, "[replay.program]" in replay.error) == ("failed", True)


def test_old_annotated_captures_are_dropped(world: World, built: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("programs.actions.run_replay.KEPT", 2)
    theirs = Program.objects.create(account=world.theirs, name="theirs")
    other = Version.objects.create(program=theirs, number=1, source=PASS, created_by="x")
    foreign = Replay.objects.create(
        version=other, capture=Capture.objects.create(name="c", data=SMALL), state="done", annotated=b"x"
    )
    replays = [start(world, built) for _ in range(4)]
    for replay in replays:
        run_replay(replay.pk)
    for replay in [*replays, foreign]:
        replay.refresh_from_db()
    assert [replay.annotated is not None for replay in replays] == [False, False, True, True]
    assert all(replay.summary for replay in replays)
    assert foreign.annotated


def test_a_missing_sandbox_is_said(world: World, version: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_, **__) -> None:
        raise engine.SandboxError("/secret/path")

    monkeypatch.setattr(engine, "replay", refuse)
    replay = start(world, version)
    run_replay(replay.pk)
    replay.refresh_from_db()
    assert replay.state == "failed"
    assert "[sandbox.unavailable]" in replay.error
    assert "/secret" not in replay.error


def test_printed_nul_characters_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"first": [{"printed": ["a\0b"]}]}
    monkeypatch.setattr("toolchain.api.replay", lambda *_, **__: (row, b""))
    assert engine.replay(b"", b"")[0]["first"][0]["printed"] == ["a\N{REPLACEMENT CHARACTER}b"]


def test_states(world: World, version: Version) -> None:
    for before, allowed in Replay.TRANSITIONS.items():
        for after in Replay.TRANSITIONS:
            replay = start(world, version)
            Replay.objects.filter(pk=replay.pk).update(state=before)
            replay.state = before
            if after in allowed:
                replay.move(after)
            else:
                with pytest.raises(IllegalTransition):
                    replay.move(after)


def test_one_that_is_gone(db) -> None:
    run_replay("00000000-0000-0000-0000-000000000000")
