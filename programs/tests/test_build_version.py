"""The build's states, with the real compiler and verifier where the result matters."""

import pytest

from accounts.tests.world import World
from programs.actions.add_version import add_version
from programs.actions.build_version import build_version, finish
from programs.engine import build as engine
from programs.engine import replay as replaying
from programs.models import Build, Capture, IllegalTransition, Program, Replay
from programs.tests.captures import SMALL
from programs.tests.conftest import PASS, UNSAFE, WRONG


def queued(world: World, program: Program, source: str = PASS) -> Build:
    return add_version(world.users["developer"], program, source).build


def test_it_works(world: World, program: Program, capture: Capture, heard: list) -> None:
    build = queued(world, program)
    heard.clear()
    build_version(build.pk)
    build.refresh_from_db()
    assert (build.state, build.attempt, build.diagnostics) == ("ready", 1, [])
    assert list(build.steps) == ["compile", "verify", "replay"]
    assert all(milliseconds > 0 for milliseconds in build.steps.values())
    assert bytes(build.elf).startswith(b"\x7fELF")
    assert len(build.elf_sha256) == 64
    assert build.instructions and build.compiler.startswith("clang") and build.finished_on
    replay = Replay.objects.get()
    assert (replay.state, replay.version, replay.capture) == ("done", build.version, capture)
    assert (replay.summary["packets"], replay.summary["passed"], replay.summary["ignored"]) == (3, 2, 1)
    states = [data["state"] for _, event, data in heard if event == "build"]
    assert states == ["compiling", "verifying", "replaying", "ready"]
    assert {group for group, _, _ in heard} == {f"account.{world.ours.pk}"}
    known = {"version", "program", "state", "steps", "diagnostics", "instructions", "verdict", "facts", "compiler"}
    assert heard[-1][2].keys() == known
    assert (build.verdict, heard[-1][2]["verdict"]) == ("portable", "portable")
    assert build.facts["worst_case_fuel"] > 0 and build.facts["ignores_packet"] is True
    assert heard[-1][2]["facts"] == build.facts
    assert [data["state"] for _, event, data in heard if event == "replay"] == ["running", "done"]


def test_without_a_capture_nothing_is_replayed(world: World, program: Program, heard: list) -> None:
    build = queued(world, program)
    Capture.objects.create(account=world.theirs, name="theirs", data=SMALL)
    build_version(build.pk)
    build.refresh_from_db()
    assert (build.state, list(build.steps)) == ("ready", ["compile", "verify"])
    assert not Replay.objects.exists()
    assert [data["state"] for _, _, data in heard] == ["queued", "compiling", "verifying", "ready"]


def test_a_supplied_capture_is_second_choice(world: World, program: Program) -> None:
    supplied = Capture.objects.create(account=None, name="supplied", data=SMALL)
    build_version(queued(world, program).pk)
    assert Replay.objects.get().capture == supplied
    own = Capture.objects.create(account=world.ours, name="own", data=SMALL)
    Capture.objects.create(account=None, name="newer", data=SMALL)
    build = queued(world, program)
    build_version(build.pk)
    assert build.version.replays.get().capture == own


@pytest.mark.parametrize(
    ("source", "stage", "line", "steps"),
    [(WRONG, "compile", 3, ["compile"]), (UNSAFE, "verify", 4, ["compile", "verify"])],
)
def test_a_wrong_program_fails_with_its_line(world: World, program: Program, source, stage, line, steps) -> None:
    build = queued(world, program, source)
    build_version(build.pk)
    build.refresh_from_db()
    assert (build.state, list(build.steps)) == ("failed", steps)
    assert (build.diagnostics[0]["stage"], build.diagnostics[0]["line"]) == (stage, line)
    assert (build.elf, build.elf_sha256) == (None, "")
    assert build.finished_on


def test_a_capture_that_cannot_be_replayed_is_a_warning(world: World, program: Program) -> None:
    Capture.objects.create(account=world.ours, name="cut.pcap", data=SMALL[:-1])
    build = queued(world, program)
    build_version(build.pk)
    build.refresh_from_db()
    assert build.state == "ready"
    assert [(found["severity"], found["code"]) for found in build.diagnostics] == [("warning", "replay.failed")]
    assert Replay.objects.get().state == "failed"


def test_an_account_may_want_portable_programs_only(world: World, program: Program) -> None:
    """A table of constants is an addition of ours: safe here, refused by Cloudflare's verifier."""
    source = PASS.replace("uint64_t cf", "static const volatile uint64_t limit = 7;\nuint64_t cf").replace(
        "CF_EBPF_PASS;", "limit > 6;"
    )
    first = queued(world, program, source)
    build_version(first.pk)
    first.refresh_from_db()
    assert first.state == "ready"
    type(world.ours).objects.filter(pk=world.ours.pk).update(portable_only=True)
    second = add_version(world.users["developer"], program, source + "\n").build
    build_version(second.pk)
    second.refresh_from_db()
    assert (second.state, second.verdict, second.elf) == ("failed", "", None)
    assert second.diagnostics[0]["code"] == "verify.not_portable"


def test_a_missing_sandbox_is_said(world: World, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: str) -> None:
        raise engine.SandboxError("/secret/path")

    monkeypatch.setattr(engine, "compile_source", refuse)
    build = queued(world, program)
    build_version(build.pk)
    build.refresh_from_db()
    assert build.state == "failed"
    assert build.diagnostics[0]["code"] == "sandbox.unavailable"
    assert "/secret/path" not in str(build.diagnostics)


def test_a_crash_is_said(world: World, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "verify_elf", lambda elf, **_: 1 / 0)
    build = queued(world, program)
    build_version(build.pk)
    build.refresh_from_db()
    assert (build.state, build.diagnostics[-1]["code"]) == ("failed", "build.crashed")


def test_a_second_worker_does_nothing(world: World, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = []
    compile_source = engine.compile_source

    def compile_and_deliver_again(source: str):
        compiled.append(source)
        build_version(build.pk)
        return compile_source(source)

    monkeypatch.setattr(engine, "compile_source", compile_and_deliver_again)
    build = queued(world, program)
    build_version(build.pk)
    build_version(build.pk)
    build.refresh_from_db()
    assert (build.state, build.attempt, len(compiled)) == ("ready", 1, 1)


def test_a_worker_that_was_given_up_on_changes_nothing(world: World, program: Program, monkeypatch) -> None:
    """It comes back while its successor, in the same state, is at work."""
    compile_source = engine.compile_source

    def compile_late(source: str):
        row = Build.objects.get(pk=build.pk)
        row.move("queued")
        row.move("compiling", attempt=row.attempt + 1)
        return compile_source(source)

    monkeypatch.setattr(engine, "compile_source", compile_late)
    build = queued(world, program)
    build_version(build.pk)
    build.refresh_from_db()
    assert (build.state, build.attempt, build.steps) == ("compiling", 2, {})


def test_a_deleted_build(world: World, program: Program) -> None:
    build = queued(world, program)
    program.delete()
    build_version(build.pk)
    assert not Build.objects.exists()


@pytest.mark.parametrize("before", list(Build.TRANSITIONS))
@pytest.mark.parametrize("after", list(Build.TRANSITIONS))
def test_only_the_table_allows_steps(world: World, program: Program, before: str, after: str) -> None:
    build = queued(world, program)
    Build.objects.filter(pk=build.pk).update(state=before)
    build.refresh_from_db()
    if after in Build.TRANSITIONS[before]:
        build.move(after)
        assert Build.objects.get().state == after
        return
    with pytest.raises(IllegalTransition) as caught:
        build.move(after)
    assert caught.value.code == "state.illegal"
    assert Build.objects.get().state == before
    finish(build, after)


def test_a_replay_has_a_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(replaying.ReplayError) as caught:
        replaying.replay(b"", SMALL, seconds=0.001)
    assert caught.value.code == "replay.timeout"
