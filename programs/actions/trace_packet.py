"""What a version did with one packet of a replay. Keeps nothing."""

import threading
from typing import Any

from accounts.models import Account
from accounts.permissions import require
from httpapi.errors import Invalid, Missing, Refused
from programs.engine.replay import ReplayError, SandboxError, trace
from programs.models import Replay
from programs.queries import as_on_nodes, live_elf

# Traces at once in one web process; the rest wait this many seconds for their turn.
SLOTS = threading.BoundedSemaphore(2)
WAIT = 10
LARGEST = (1 << 63) - 1


def trace_packet(actor: Any, account: Account, replay_id: Any, number: int) -> dict[str, Any]:
    """Replays the packets before `number`, counted from 1, and tells what the program does with that one.

    Raises Forbidden, Missing, Invalid (`trace.packet`), Refused (`trace.packet` with 404 where the capture has fewer,
    `replay.not_done`, `build.not_ready`; with 503 `trace.busy`, `sandbox.unavailable`, `replay.*`).
    """
    require(actor, account, "viewer")
    rows = (
        Replay.objects.for_account(account).select_related("version__program", "capture").defer("annotated", "summary")
    )
    replay = rows.defer("annotated", "summary").filter(pk=replay_id).first()
    if replay is None:
        raise Missing("replay")
    if not 1 <= number <= LARGEST:
        raise Invalid("trace.packet", "Packets count from 1.")
    if replay.state != Replay.State.DONE:
        raise Refused("replay.not_done", f"This replay is {replay.state}; it has no packets to trace.")
    elf = live_elf(replay.version)
    if not SLOTS.acquire(timeout=WAIT):
        raise Refused("trace.busy", "Too many packets are being traced; try again.", 503)
    try:
        capture, source = bytes(replay.capture.data), replay.version.source
        return trace(elf, capture, number, replay.ip_offset, source, **as_on_nodes(account))
    except ReplayError as error:
        raise Refused(error.code, sentence(error.message), 404 if error.code == "trace.packet" else 503) from error
    except SandboxError as error:
        message = "This server cannot confine the replay; nothing was run."
        raise Refused(error.code, message, 503) from error
    finally:
        SLOTS.release()


def sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
