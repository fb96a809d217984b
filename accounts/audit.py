"""The audit log's one way in."""

from typing import Any

from accounts.models import Account, AuditEntry


def record(account: Account | None, actor: Any, action: str, target: object, **data: Any) -> AuditEntry:
    """Writes who did what to what, in the transaction of the change itself. No actor: FlowProtect did it."""
    return AuditEntry.objects.create(
        account=account, actor=str(actor or "flowprotect")[:300], action=action, target=str(target)[:300], data=data
    )
