"""Rename an IP list or change its note."""

from typing import Any

from django.db import transaction

from accounts.actions.create_list import check_name
from accounts.audit import record
from accounts.locks import lock_list
from accounts.models import Account, IPList
from accounts.permissions import require
from accounts.signals import protection_changed


def change_list(actor: Any, ip_list: IPList, name: str | None = None, note: str | None = None) -> IPList:
    """Sets what is given. Raises Forbidden, Invalid (`list.name`), Refused (`list.name_taken`), Missing.

    Programs that look the old name up find nothing afterwards: which names they use is known only when they run.
    """
    require(actor, ip_list.account, "developer", or_operator=True)
    with transaction.atomic():
        ip_list = lock_list(ip_list)
        wanted = {"name": name, "note": note}
        changed = {key: value for key, value in wanted.items() if value is not None and value != getattr(ip_list, key)}
        if not changed:
            return ip_list
        before = {key: getattr(ip_list, key) for key in changed}
        if "name" in changed:
            check_name(ip_list.account, changed["name"], but=ip_list)
        for key, value in changed.items():
            setattr(ip_list, key, value)
        ip_list.save(update_fields=[*changed, "modified_on"])
        record(ip_list.account, actor, "list.change", ip_list, before=before, after=changed)
        if "name" in changed:
            protection_changed.send(sender=Account, account=ip_list.account)
    return ip_list
