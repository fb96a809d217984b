"""Make an account for a customer."""

from typing import Any

from django.db import transaction

from accounts.audit import record
from accounts.models import Account
from httpapi.errors import Forbidden


def create_account(actor: Any, name: str, **settings: Any) -> Account:
    """An account without members; only operators make accounts (Forbidden `role`)."""
    if not actor.is_staff:
        raise Forbidden("role", "This needs the role operator.")
    with transaction.atomic():
        account = Account.objects.create(name=name, **settings)
        record(account, actor, "account.create", account.name, **settings)
    return account
