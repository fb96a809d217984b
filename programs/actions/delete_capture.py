"""Delete recorded packets."""

from typing import Any

from django.db import transaction

from accounts.audit import record
from accounts.permissions import require
from httpapi.errors import Forbidden
from programs.models import Capture


def delete_capture(actor: Any, capture: Capture) -> None:
    """Deletes the capture with its replays. Raises Forbidden; supplied captures are the operators'."""
    account = capture.account
    if account is not None:
        require(actor, account, "developer")
    elif not actor.is_staff:
        raise Forbidden("capture.supplied", "Supplied captures belong to the operator.")
    key = str(capture.pk)
    with transaction.atomic():
        capture.delete()
        record(account, actor, "capture.delete", capture, id=key)
