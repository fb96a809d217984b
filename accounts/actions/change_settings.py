"""Change an account's name and how its deployments are approved."""

from typing import Any

from django.db import transaction

from accounts.audit import record
from accounts.locks import lock_account
from accounts.models import MAX_ENTRIES, MAX_FUEL, Account
from accounts.permissions import OPERATOR, require
from accounts.quotas import QUOTAS
from accounts.signals import protection_changed
from httpapi.errors import Invalid

# What a node spends on the account, and the least and the most of it.
SHARES = {"source_entries": (0, MAX_ENTRIES), "flow_entries": (0, MAX_ENTRIES), "fuel": (1, MAX_FUEL)}
# How much the account may have, likewise.
LIMITS = {quota.field: (0, quota.most) for quota in QUOTAS.values()}
OPERATORS_SET = SHARES | LIMITS
FIELDS = (
    "name",
    "approvers",
    "self_approval",
    "waives_approval",
    "on_error",
    "on_too_large",
    "portable_only",
    *OPERATORS_SET,
)
FALLBACKS = {"on_error", "on_too_large"}
OPERATORS_SAY = {"approvers", "waives_approval"}


def change_settings(actor: Any, account: Account, **changes: Any) -> Account:
    """Sets some of FIELDS. Raises Forbidden, Invalid (`account.*`), TypeError for another field.

    While operators decide on an account's deployments, only they may end that: an owner who could would need no
    approval. The entries of state tables, the fuel and the quotas are memory and time that accounts share: operators
    set them. An account over a quota that was lowered keeps what it has.
    """
    require(actor, account, "owner", or_operator=True)
    if unknown := changes.keys() - set(FIELDS):
        raise TypeError(f"not settings: {unknown}")
    if changes.get("approvers", Account.Approvers.ACCOUNT) not in Account.Approvers.values:
        raise Invalid("account.approvers", f"approvers is one of {', '.join(Account.Approvers.values)}.")
    for name in FALLBACKS & changes.keys():
        if changes[name] not in Account.Fallback.values:
            raise Invalid(f"account.{name}", f"{name} is one of {', '.join(Account.Fallback.values)}.")
    for name, (least, most) in OPERATORS_SET.items():
        value = changes.get(name, least)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise Invalid(f"account.{name}", f"{name} is {least} to {most}.")
    with transaction.atomic():
        account = lock_account(account)
        changed = {name: value for name, value in changes.items() if getattr(account, name) != value}
        if account.approvers == Account.Approvers.OPERATOR and changed.keys() & OPERATORS_SAY:
            require(actor, account, OPERATOR)
        if changed.keys() & OPERATORS_SET.keys():
            require(actor, account, OPERATOR)
        if changed:
            before = {name: getattr(account, name) for name in changed}
            for name, value in changed.items():
                setattr(account, name, value)
            account.save(update_fields=list(changed))
            record(account, actor, "account.change", account.name, before=before, after=changed)
        if (FALLBACKS | SHARES.keys()) & changed.keys():
            protection_changed.send(sender=Account, account=account)
    return account
