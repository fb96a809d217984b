"""Drop the entries of IP lists whose time is over."""

from django.db import transaction
from django.utils import timezone

from accounts.audit import record
from accounts.lists import summary
from accounts.locks import lock_account
from accounts.models import Account, IPList, IPListEntry
from accounts.signals import protection_changed


def expire_lists() -> int:
    """Removes them account by account, so that nodes follow; says how many there were."""
    now = timezone.now()
    accounts = Account.objects.filter(ip_lists__entries__expires_on__lte=now).distinct()
    return sum(_expire(account, now) for account in accounts)


@transaction.atomic
def _expire(account: Account, now) -> int:
    account = lock_account(account)
    dropped = 0
    for ip_list in IPList.objects.for_account(account).filter(entries__expires_on__lte=now).distinct():
        rows = IPListEntry.objects.filter(ip_list=ip_list, expires_on__lte=now)
        removed = summary(rows.order_by("sort_key").values_list("cidr", flat=True))
        dropped += rows.delete()[0]
        ip_list.save(update_fields=["modified_on"])
        record(account, None, "list.expire", ip_list, removed=removed)
    if dropped:
        protection_changed.send(sender=Account, account=account)
    return dropped
