"""Builds and replays as live events show them."""

from typing import Any

from programs.models import Build, Replay


def build_event(build: Build) -> dict[str, Any]:
    """The data of the event "build"."""
    return {
        "version": str(build.version_id),
        "program": str(build.version.program_id),
        "state": build.state,
        "steps": build.steps,
        "diagnostics": build.diagnostics,
        "instructions": build.instructions,
        "verdict": build.verdict,
        "facts": build.facts,
        "compiler": build.compiler,
    }


def replay_event(replay: Replay) -> dict[str, Any]:
    """The data of the event "replay"."""
    return {"id": str(replay.pk), "state": replay.state, "error": replay.error}
