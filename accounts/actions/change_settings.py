"""Change an account's name and how its deployments are approved."""

from typing import Any

from django.db import transaction

from accounts.audit import record
from accounts.locks import lock_account
from accounts.models import MAX_ENTRIES, Account
from accounts.permissions import OPERATOR, require
from accounts.signals import protection_changed
from httpapi.errors import Invalid

ENTRIES = ("source_entries", "flow_entries")
FIELDS = (
    "name",
    "approvers",
    "self_approval",
    "waives_approval",
    "on_error",
    "on_too_large",
    "portable_only",
    *ENTRIES,
)
FALLBACKS = {"on_error", "on_too_large"}
OPERATORS_SAY = {"approvers", "waives_approval"}


def change_settings(actor: Any, account: Account, **changes: Any) -> Account:
    """Sets some of FIELDS. Raises Forbidden, Invalid (`account.*`), TypeError for another field.

    While operators decide on an account's deployments, only they may end that: an owner who could would need no
    approval. The entries of state tables are the memory of nodes, which accounts share: operators set them.
    """
    require(actor, account, "owner", or_operator=True)
    if unknown := changes.keys() - set(FIELDS):
        raise TypeError(f"not settings: {unknown}")
    if changes.get("approvers", Account.Approvers.ACCOUNT) not in Account.Approvers.values:
        raise Invalid("account.approvers", f"approvers is one of {', '.join(Account.Approvers.values)}.")
    for name in FALLBACKS & changes.keys():
        if changes[name] not in Account.Fallback.values:
            raise Invalid(f"account.{name}", f"{name} is one of {', '.join(Account.Fallback.values)}.")
    for name in ENTRIES:
        value = changes.get(name, 0)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_ENTRIES:
            raise Invalid(f"account.{name}", f"{name} is 0 to {MAX_ENTRIES}.")
    with transaction.atomic():
        account = lock_account(account)
        changed = {name: value for name, value in changes.items() if getattr(account, name) != value}
        if account.approvers == Account.Approvers.OPERATOR and changed.keys() & OPERATORS_SAY:
            require(actor, account, OPERATOR)
        if changed.keys() & set(ENTRIES):
            require(actor, account, OPERATOR)
        if changed:
            before = {name: getattr(account, name) for name in changed}
            for name, value in changed.items():
                setattr(account, name, value)
            account.save(update_fields=list(changed))
            record(account, actor, "account.change", account.name, before=before, after=changed)
        if (FALLBACKS | set(ENTRIES)) & changed.keys():
            protection_changed.send(sender=Account, account=account)
    return account
