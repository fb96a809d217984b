"""Make a named IP list."""

import re
from typing import Any

from django.db import transaction

from accounts.audit import record
from accounts.locks import lock_account
from accounts.models import Account, IPList
from accounts.permissions import require
from accounts.signals import protection_changed
from httpapi.errors import Invalid, Refused


def check_name(account: Account, name: str, but: IPList | None = None) -> None:
    """Raises Invalid (`list.name`), Refused (`list.name_taken`). The account is locked by the caller."""
    if not re.match(IPList.NAME, name):
        raise Invalid("list.name", "A name has 1 to 63 lower-case letters, digits, _ and -.")
    others = IPList.objects.for_account(account).filter(name=name).exclude(pk=but.pk if but else None)
    if others.exists():
        raise Refused("list.name_taken", f"There is a list {name} already.")


def create_list(actor: Any, account: Account, name: str, note: str = "") -> IPList:
    """Makes an empty list. Raises Forbidden, Invalid (`list.name`), Refused (`list.name_taken`, `list.too_many`)."""
    require(actor, account, "developer", or_operator=True)
    with transaction.atomic():
        account = lock_account(account)
        check_name(account, name)
        if IPList.objects.for_account(account).count() >= IPList.MOST_LISTS:
            raise Refused("list.too_many", f"An account has at most {IPList.MOST_LISTS} lists.")
        made = IPList.objects.create(account=account, name=name, note=note)
        record(account, actor, "list.create", made, note=note)
        protection_changed.send(sender=Account, account=account)
    return made
