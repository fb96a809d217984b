"""Run a replay. Called by a worker; the row says how far it is."""

import logging
from typing import Any

from django.utils import timezone

from httpapi.errors import Refused
from httpapi.live import announce
from programs.engine import replay as engine
from programs.models import IllegalTransition, Replay
from programs.present import replay_event
from programs.queries import as_on_nodes, live_elf

log = logging.getLogger(__name__)
# Annotated captures that an account keeps: each may be larger than the capture itself, and every build makes one.
KEPT = 50


def run_replay(replay_id: Any) -> None:
    """Takes a queued replay to done or failed.

    Does nothing for a replay that is gone, finished, or in another worker's hands.
    """
    replay = (
        Replay.objects.select_related("version__program__account", "capture")
        .filter(pk=replay_id, state="queued")
        .first()
    )
    if replay is None:
        return
    try:
        step(replay, "running")
        capture, options = bytes(replay.capture.data), as_on_nodes(replay.version.program.account)
        summary, annotated = engine.replay(elf_of(replay), capture, replay.ip_offset, **options)
        step(replay, "done", summary=summary, annotated=annotated, finished_on=timezone.now())
        forget_old(replay.version.program.account_id)
    except IllegalTransition as error:
        log.info("replay %s is no longer ours: %s", replay_id, error)
    except (engine.ReplayError, Refused) as error:
        fail(replay, f"{error.message} [{error.code}]")
    except engine.SandboxError as error:
        log.exception("replay %s could not be confined", replay_id)
        fail(replay, f"this server cannot confine the replay; nothing was run [{error.code}]")
    except Exception:
        log.exception("replay %s failed unexpectedly", replay_id)
        fail(replay, "the replay ended unexpectedly [replay.crashed]")


def elf_of(replay: Replay) -> bytes:
    """The object to run: also while the version's own build is at its replaying step. Raises Refused."""
    build = replay.version.build
    return bytes(build.elf) if build.state == "replaying" and build.elf else live_elf(replay.version)


def forget_old(account_id: str) -> None:
    """Drops the account's annotated captures but the newest KEPT; summaries stay."""
    rows = Replay.objects.for_account(account_id).exclude(annotated=None).order_by("-created_on")
    old = list(rows.values_list("pk", flat=True)[KEPT:])
    Replay.objects.filter(pk__in=old).update(annotated=None)


def step(replay: Replay, state: str, **fields: Any) -> None:
    """Moves the replay and tells browsers. Raises IllegalTransition."""
    replay.move(state, **fields)
    announce(replay.version.program.account_id, "replay", replay_event(replay))


def fail(replay: Replay, error: str) -> None:
    """The replay failed, unless it has ended otherwise by now."""
    try:
        step(replay, "failed", error=error[:500], finished_on=timezone.now())
    except IllegalTransition as ended:
        log.info("replay %s ended without us: %s", replay.pk, ended)
