"""Ask for a version to be run over a capture."""

from typing import Any

from django.db import transaction

from accounts.audit import record
from accounts.permissions import require
from httpapi.errors import Invalid, Missing
from httpapi.tasks import send
from programs.models import Capture, Replay, Version
from programs.queries import live_elf

LARGEST_OFFSET = 65535


def start_replay(actor: Any, version: Version, capture: Capture, ip_offset: int | None = None) -> Replay:
    """A queued replay. `ip_offset` is where the IP header begins in each packet; without it the engine finds out.

    Raises Forbidden, Missing for another account's capture, Refused (`build.not_ready`), Invalid (`replay.ip_offset`).
    """
    account = version.program.account
    require(actor, account, "developer")
    if capture.account_id not in (None, account.pk):
        raise Missing("capture")
    if ip_offset is not None and not 0 <= ip_offset <= LARGEST_OFFSET:
        raise Invalid("replay.ip_offset", f"ip_offset is between 0 and {LARGEST_OFFSET}.")
    live_elf(version)
    with transaction.atomic():
        replay = Replay.objects.create(
            version=version, capture=capture, ip_offset=ip_offset, created_by=str(actor)[:300]
        )
        record(account, actor, "replay.start", version, id=str(replay.pk), capture=str(capture)[:200])
        send("programs.run_replay", str(replay.pk))
    return replay
