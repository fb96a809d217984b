"""Replace everything on an IP list."""

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.audit import record
from accounts.lists import Entry, read_all, read_text, summary
from accounts.locks import lock_list
from accounts.models import Account, IPList, IPListEntry
from accounts.permissions import require
from accounts.signals import protection_changed
from httpapi.errors import Refused


def set_entries(
    actor: Any, ip_list: IPList, content: str | list[dict[str, Any]], seen: datetime | None = None
) -> IPList:
    """Makes `content` all that is on the list: text with a network a line, or `cidr`, `note` and `expires_on` of each.

    A text does not say when entries expire: those that stay on the list keep what they had. With `seen`, the list must
    not have changed since then. Raises Forbidden, Missing, Invalid (`list.lines`), Refused (`list.entries`,
    `list.changed`).
    """
    require(actor, ip_list.account, "developer", or_operator=True)
    is_text = isinstance(content, str)
    wanted = read_text(content) if isinstance(content, str) else read_all(enumerate(content, 1))
    with transaction.atomic():
        ip_list = lock_list(ip_list)
        if seen is not None and seen != ip_list.modified_on:
            raise Refused("list.changed", "Somebody changed the list since you read it. Read it again.")
        _replace(actor, ip_list, wanted, keep_expiry=is_text)
    return ip_list


def _replace(actor: Any, ip_list: IPList, wanted: list[Entry], keep_expiry: bool) -> None:
    before = {row.sort_key: row for row in ip_list.entries.all()}
    keys = {entry.sort_key for entry in wanted}
    removed = [row for key, row in before.items() if key not in keys]
    added, changed = [], []
    for entry in wanted:
        row = before.get(entry.sort_key)
        if row is None:
            added.append(IPListEntry(ip_list=ip_list, **vars(entry)))
            continue
        expires_on = row.expires_on if keep_expiry else entry.expires_on
        if (row.note, row.expires_on) != (entry.note, expires_on):
            row.note, row.expires_on = entry.note, expires_on
            changed.append(row)
    if not (added or removed or changed):
        return
    IPListEntry.objects.filter(pk__in=[row.pk for row in removed]).delete()
    IPListEntry.objects.bulk_create(added, batch_size=1000)
    IPListEntry.objects.bulk_update(changed, ["note", "expires_on"], batch_size=200)
    ip_list.save(update_fields=["modified_on"])
    differences = {"added": added, "removed": removed, "changed": changed}
    named = {what: summary(row.cidr for row in rows) for what, rows in differences.items() if rows}
    record(ip_list.account, actor, "list.set", ip_list, total=len(wanted), **named)
    protection_changed.send(sender=Account, account=ip_list.account)
