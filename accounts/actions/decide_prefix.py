"""Hold an account's claim to a network for proven, or refuse it."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.audit import record
from accounts.locks import lock_account, lock_prefixes
from accounts.models import Account, Prefix
from accounts.permissions import OPERATOR, require
from accounts.signals import protection_changed
from httpapi.errors import Invalid, Missing, Refused

State = Prefix.State
# The other two are what FlowProtect itself writes.
METHODS = [method for method in Prefix.Method.values if method not in ("trusted", "before")]
NOTE = 500


def prove_prefix(actor: Any, prefix: Prefix, method: str, note: str) -> Prefix:
    """The claim is proven, as `note` says: nodes protect the network from now on. For operators.

    Raises Forbidden, Missing if it is gone, Invalid (`prefix.method`, `prefix.note`), Refused (`prefix.state`).
    """
    if method not in METHODS:
        raise Invalid("prefix.method", f"method is one of {', '.join(METHODS)}.")
    return _decide(actor, prefix, State.PROVEN, {State.CLAIMED}, method, note)


def refuse_prefix(actor: Any, prefix: Prefix, note: str) -> Prefix:
    """The claim is refused, for the reason in `note`; one that was proven is no longer protected. For operators.

    Raises Forbidden, Missing if it is gone, Invalid (`prefix.note`), Refused (`prefix.state`).
    """
    return _decide(actor, prefix, State.REFUSED, {State.CLAIMED, State.PROVEN}, "", note)


def _decide(actor: Any, prefix: Prefix, state: str, allowed: set[State], method: str, note: str) -> Prefix:
    require(actor, prefix.account, OPERATOR)
    note = note.strip()
    if not note or len(note) > NOTE or not note.isprintable():
        message = f"Say in one line of at most {NOTE} characters what was looked at, or why it is refused."
        raise Invalid("prefix.note", message)
    with transaction.atomic():
        account = lock_account(prefix.account)
        lock_prefixes()
        row = Prefix.objects.for_account(account).filter(pk=prefix.pk).first()
        if row is None:
            raise Missing("prefix")
        before = row.state
        if before not in allowed:
            raise Refused("prefix.state", f"{row} is {before}; it cannot become {state}.")
        row.state, row.method, row.note = state, method, note
        row.decided_by, row.decided_on = str(actor)[:300], timezone.now()
        row.save()
        action = "prefix.prove" if state == State.PROVEN else "prefix.refuse"
        record(account, actor, action, row, before=before, method=method, note=note)
        if State.PROVEN in (before, state):
            protection_changed.send(sender=Account, account=account)
    return row
