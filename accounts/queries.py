"""Reads of accounts that are more than a line."""

from typing import Any

from accounts.models import Account, ApiToken, Role


def accounts_of(actor: Any) -> list[tuple[Account, str]]:
    """The accounts that the actor sees, by name, with the actor's role in each; operators see all."""
    if isinstance(actor, ApiToken):
        return [(actor.account, actor.role)]
    roles = dict(actor.memberships.values_list("account_id", "role"))
    rows = Account.objects.all() if actor.is_staff else Account.objects.filter(pk__in=roles)
    return [(account, roles.get(account.pk, Role.VIEWER.value)) for account in rows.order_by("name", "pk")]
