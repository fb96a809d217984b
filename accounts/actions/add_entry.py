"""Put one network on an IP list."""

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.audit import record
from accounts.lists import check_size, read_entry
from accounts.locks import lock_list
from accounts.models import Account, IPList, IPListEntry
from accounts.permissions import require
from accounts.signals import protection_changed
from httpapi.errors import Refused


def add_entry(
    actor: Any, ip_list: IPList, cidr: str, note: str = "", expires_on: datetime | None = None
) -> IPListEntry:
    """Adds the network. Raises Forbidden, Missing, Invalid (see `read_entry`), Refused (`list.exists`, `.entries`)."""
    require(actor, ip_list.account, "developer", or_operator=True)
    entry = read_entry(cidr, note, expires_on)
    with transaction.atomic():
        ip_list = lock_list(ip_list)
        if ip_list.entries.filter(sort_key=entry.sort_key).exists():
            raise Refused("list.exists", f"{entry.cidr} is on the list already.")
        check_size(ip_list.entries.count() + 1)
        row = IPListEntry.objects.create(ip_list=ip_list, **vars(entry))
        ip_list.save(update_fields=["modified_on"])
        until = expires_on.isoformat() if expires_on else None
        record(ip_list.account, actor, "list.add", ip_list, cidr=row.cidr, note=row.note, expires_on=until)
        protection_changed.send(sender=Account, account=ip_list.account)
    return row
