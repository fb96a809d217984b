"""Delete an IP list."""

from typing import Any

from django.db import transaction

from accounts.audit import record
from accounts.lists import summary
from accounts.locks import lock_list
from accounts.models import Account, IPList
from accounts.permissions import require
from accounts.signals import protection_changed


def delete_list(actor: Any, ip_list: IPList) -> None:
    """Deletes the list and its entries. Raises Forbidden, Missing if it is gone already.

    It is not refused while programs use the list: which names they look up is known only when they run. They find
    nothing in a list that is not there.
    """
    require(actor, ip_list.account, "developer", or_operator=True)
    with transaction.atomic():
        ip_list = lock_list(ip_list)
        removed = summary(ip_list.entries.order_by("sort_key").values_list("cidr", flat=True))
        ip_list.delete()
        record(ip_list.account, actor, "list.delete", ip_list, removed=removed)
        protection_changed.send(sender=Account, account=ip_list.account)
