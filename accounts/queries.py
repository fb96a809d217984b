"""Reads of accounts that are more than a line."""

from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from accounts.models import Account, ApiToken, IPList, IPListEntry, Role


def accounts_of(actor: Any) -> list[tuple[Account, str]]:
    """The accounts that the actor sees, by name, with the actor's role in each; operators see all."""
    if isinstance(actor, ApiToken):
        return [(actor.account, actor.role)]
    roles = dict(actor.memberships.values_list("account_id", "role"))
    rows = Account.objects.all() if actor.is_staff else Account.objects.filter(pk__in=roles)
    return [(account, roles.get(account.pk, Role.VIEWER.value)) for account in rows.order_by("name", "pk")]


def ip_lists(account: Account) -> Any:
    """The account's lists by name, each with its `size`: how many entries it has."""
    return IPList.objects.for_account(account).annotate(size=Count("entries")).order_by("name")


def list_names(account: Account) -> set[str]:
    """The names that the account's programs can look into."""
    return set(IPList.objects.for_account(account).values_list("name", flat=True))


def networks_by_list(account: Account) -> dict[str, list[str]]:
    """What nodes look up: the networks of every list, in the order of their addresses, without those that expired."""
    rows: dict[str, list[str]] = {name: [] for name in ip_lists(account).values_list("name", flat=True)}
    entries = IPListEntry.objects.for_account(account).filter(Q(expires_on=None) | Q(expires_on__gt=timezone.now()))
    for name, cidr in entries.order_by("sort_key").values_list("ip_list__name", "cidr"):
        rows[name].append(cidr)
    return rows


def as_text(ip_list: IPList) -> str:
    """The list as people edit it: a network on each line, with its note as a comment."""
    rows = ip_list.entries.order_by("sort_key").values_list("cidr", "note")
    return "".join(f"{cidr}  # {note}\n" if note else f"{cidr}\n" for cidr, note in rows)
