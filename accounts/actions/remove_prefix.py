"""Stop protecting a network."""

from typing import Any

from django.db import transaction

from accounts.audit import record
from accounts.models import Account, Prefix
from accounts.permissions import require
from accounts.signals import protection_changed
from httpapi.errors import Missing


def remove_prefix(actor: Any, prefix: Prefix) -> None:
    """Removes the network; nodes stop looking at its packets. Raises Forbidden, Missing if it is gone already."""
    account = prefix.account
    require(actor, account, "owner", or_operator=True)
    with transaction.atomic():
        if not Prefix.objects.for_account(account).filter(pk=prefix.pk).delete()[0]:
            raise Missing("prefix")
        record(account, actor, "prefix.remove", prefix)
        protection_changed.send(sender=Account, account=account)
