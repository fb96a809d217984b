"""Take a network off the allowlist."""

from typing import Any

from django.db import transaction

from accounts.audit import record
from accounts.models import Account, AllowlistEntry
from accounts.permissions import require
from accounts.signals import protection_changed
from httpapi.errors import Missing


def remove_allowlist(actor: Any, entry: AllowlistEntry) -> None:
    """Removes the source network. Raises Forbidden, Missing if it is gone already."""
    account = entry.account
    require(actor, account, "owner", or_operator=True)
    with transaction.atomic():
        if not AllowlistEntry.objects.for_account(account).filter(pk=entry.pk).delete()[0]:
            raise Missing("allowlist entry")
        record(account, actor, "allowlist.remove", entry)
        protection_changed.send(sender=Account, account=account)
