"""Take one network off an IP list."""

from typing import Any

from django.db import transaction

from accounts.audit import record
from accounts.locks import lock_list
from accounts.models import Account, IPListEntry
from accounts.permissions import require
from accounts.signals import protection_changed
from httpapi.errors import Missing


def remove_entry(actor: Any, entry: IPListEntry) -> None:
    """Removes the network. Raises Forbidden, Missing if it is gone already."""
    require(actor, entry.ip_list.account, "developer", or_operator=True)
    with transaction.atomic():
        ip_list = lock_list(entry.ip_list)
        if not ip_list.entries.filter(pk=entry.pk).delete()[0]:
            raise Missing("list entry")
        ip_list.save(update_fields=["modified_on"])
        record(ip_list.account, actor, "list.remove", ip_list, cidr=entry.cidr)
        protection_changed.send(sender=Account, account=ip_list.account)
