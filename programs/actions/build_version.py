"""Build a version: compile, verify, replay. Called by a worker; the row says how far it is."""

import hashlib
import logging
from typing import Any

from django.utils import timezone

from accounts.queries import list_names
from httpapi.live import announce
from programs.actions.run_replay import run_replay
from programs.build_time import settled
from programs.engine import build as engine
from programs.facts import keepable
from programs.models import Build, IllegalTransition, Replay
from programs.present import build_event
from programs.queries import capture_for_build

log = logging.getLogger(__name__)


def build_version(build_id: Any) -> None:
    """Takes a queued build to ready or failed.

    Does nothing for a build that is gone, finished, or in another worker's hands.
    """
    rows = Build.objects.select_related("version__program__account")
    build = rows.filter(pk=build_id, state=Build.State.QUEUED).first()
    if build is None:
        return
    try:
        step(build, "compiling", attempt=build.attempt + 1)
        with settled(build):
            make(build)
    except IllegalTransition as error:
        log.info("build %s is no longer ours: %s", build_id, error)
    except engine.SandboxError as error:
        log.exception("build %s could not be confined", build_id)
        found = engine.failure("compile", error.code, "this server cannot confine the compiler; nothing was run")
        finish(build, "failed", diagnostics=[found])
    except Exception:
        log.exception("build %s failed unexpectedly", build_id)
        found = engine.failure("compile", "build.crashed", "the build ended unexpectedly; its log has the reason")
        finish(build, "failed", diagnostics=[*build.diagnostics, found])


def step(build: Build, state: str, **fields: Any) -> None:
    """Moves the build and tells browsers. Raises IllegalTransition."""
    build.move(state, **fields)
    announce(build.version.program.account_id, "build", build_event(build))


def finish(build: Build, state: str, **fields: Any) -> None:
    """The last step; nothing if another worker has the build by now."""
    try:
        step(build, state, finished_on=timezone.now(), **fields)
    except IllegalTransition as error:
        log.info("build %s ended without us: %s", build.pk, error)


def make(build: Build) -> None:
    """The steps. Raises SandboxError, IllegalTransition."""
    source = build.version.source
    portable = build.version.program.account.portable_only
    compiled, milliseconds = engine.timed(lambda: engine.compile_source(source))
    steps = {"compile": milliseconds}
    known: dict[str, Any] = {"steps": steps, "compiler": engine.compiler(), "diagnostics": engine.shown(compiled)}
    if compiled.elf is None:
        finish(build, "failed", **known)
        return
    step(build, "verifying", **known)
    elf = compiled.elf
    verified, milliseconds = engine.timed(lambda: engine.verify_elf(elf, source=source, portable=portable))
    steps = {**steps, "verify": milliseconds}
    known = {
        "steps": steps,
        "diagnostics": engine.shown(compiled, verified, list_names(build.version.program.account)),
        "instructions": verified.instructions or None,
        "verdict": verified.verdict or "",
        "facts": keepable(verified.facts),
    }
    if not verified.ok:
        finish(build, "failed", **known)
        return
    known |= {"elf": elf, "elf_sha256": hashlib.sha256(elf).hexdigest()}
    replay_step(build, known)


def replay_step(build: Build, known: dict[str, Any]) -> None:
    """Replays the new object where the account has, or is supplied with, a capture; then the build is ready.

    A capture that cannot be replayed is a warning: the program itself is proven safe.
    """
    capture = capture_for_build(build.version.program.account)
    if capture is None:
        finish(build, "ready", **known)
        return
    step(build, "replaying", **known)
    replay = Replay.objects.create(version=build.version, capture=capture, created_by="flowprotect")
    _, milliseconds = engine.timed(lambda: run_replay(replay.pk))
    replay.refresh_from_db(fields=["state", "error"])
    found = []
    if replay.state == Replay.State.FAILED:
        message = f"the replay of {capture} failed: {replay.error}"
        found = [engine.failure("replay", "replay.failed", message, severity="warning")]
    steps = {**known["steps"], "replay": milliseconds}
    finish(build, "ready", steps=steps, diagnostics=[*known["diagnostics"], *found])
