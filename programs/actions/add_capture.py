"""Keep recorded packets for replays."""

from typing import Any

from django.db import transaction

from accounts.audit import record
from accounts.locks import lock_account
from accounts.models import Account
from accounts.permissions import require
from accounts.quotas import check_quota
from httpapi.errors import Forbidden, Refused
from programs.limits import CAPTURES, check_capture
from programs.models import Capture


def add_capture(actor: Any, account: Account | None, name: str, data: bytes) -> Capture:
    """A capture of the account; with no account, one that is supplied to everybody (operators only).

    Raises Forbidden, Invalid (`capture.too_large`, `capture.format`), Refused (`capture.too_many`),
    OverQuota (`quota.capture_bytes`).
    """
    if account is not None:
        require(actor, account, "developer")
    elif not actor.is_staff:
        raise Forbidden("role", "This needs the role operator.")
    check_capture(data)
    with transaction.atomic():
        if account is not None:
            account = lock_account(account)
            check_quota(account, "capture_bytes", len(data))
        if account is not None and Capture.objects.for_account(account).count() >= CAPTURES:
            raise Refused("capture.too_many", f"An account keeps {CAPTURES} captures; delete one first.")
        capture = Capture.objects.create(account=account, name=name, data=data)
        record(account, actor, "capture.add", capture, id=str(capture.pk), size=capture.size)
    return capture
