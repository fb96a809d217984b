"""Locks that hold until the surrounding transaction ends."""

from django.db import connection, transaction

from accounts.models import Account, IPList
from httpapi.errors import Missing

# Any constant will do: it names the lock to PostgreSQL.
_PREFIXES = 0x46505058


def lock_prefixes() -> None:
    """Lets one transaction at a time change any account's prefixes, so that two cannot both see no overlap.

    SQLite's immediate transactions already exclude each other.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_PREFIXES])


def lock_account(account: Account) -> Account:
    """The account as it is now, held against others who lock it. Raises Missing if it is gone.

    Take it before `lock_prefixes` and before the lock of what is in force, as everybody does: two transactions that
    take locks in different orders wait for each other for ever.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("lock_account needs a transaction")
    row = Account.objects.select_for_update(no_key=True).filter(pk=account.pk).first()
    if row is None:
        raise Missing("account")
    return row


def lock_list(ip_list: IPList) -> IPList:
    """The list as it is now, with its account held, so that the counts that limits look at stay true.

    Raises Missing if it is gone.
    """
    account = lock_account(ip_list.account)
    row = IPList.objects.for_account(account).filter(pk=ip_list.pk).first()
    if row is None:
        raise Missing("list")
    row.account = account
    return row
