"""Compile and verify text that is not saved, for the editor."""

import threading
from typing import Any

from accounts.models import Account
from accounts.permissions import require
from accounts.queries import list_names
from httpapi.errors import Refused
from programs.engine.build import Checked, SandboxError, check
from programs.limits import check_source

# Compilers at once in one web process; the rest wait this many seconds for their turn.
SLOTS = threading.BoundedSemaphore(2)
WAIT = 10


def check_unsaved(actor: Any, account: Account, source: str) -> Checked:
    """Raises Forbidden, Invalid (`source.*`), Refused with 503 (`check.busy`, `sandbox.unavailable`)."""
    require(actor, account, "developer")
    check_source(source)
    if not SLOTS.acquire(timeout=WAIT):
        raise Refused("check.busy", "Too many checks are running; try again.", 503)
    try:
        return check(source, list_names(account), portable=account.portable_only)
    except SandboxError as error:
        message = "This server cannot confine the compiler; nothing was run."
        raise Refused(error.code, message, 503) from error
    finally:
        SLOTS.release()
