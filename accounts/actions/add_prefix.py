"""Protect a network."""

from typing import Any

from django.db import transaction

from accounts.audit import record
from accounts.locks import lock_prefixes
from accounts.models import Account, Prefix
from accounts.networks import WIDEST, Network, overlap, parse
from accounts.permissions import require
from accounts.signals import protection_changed
from httpapi.errors import Invalid, Refused


def add_prefix(actor: Any, account: Account, cidr: str) -> Prefix:
    """Adds a network that overlaps with no other account's.

    Raises Forbidden, Invalid (`prefix.cidr`, `prefix.too_wide`), Refused (`prefix.exists`, `prefix.overlap`).
    """
    require(actor, account, "owner", or_operator=True)
    network = parse_prefix(cidr)
    with transaction.atomic():
        lock_prefixes()
        refuse_taken(account, network)
        prefix = Prefix.objects.create(account=account, cidr=str(network))
        record(account, actor, "prefix.add", prefix)
        protection_changed.send(sender=Account, account=account)
    return prefix


def parse_prefix(cidr: str) -> Network:
    """A network that an account may protect. Raises Invalid (`prefix.cidr`, `prefix.too_wide`)."""
    network = parse(cidr, "prefix.cidr")
    if network.prefixlen < WIDEST[network.version]:
        raise Invalid("prefix.too_wide", f"A protected network is a /{WIDEST[network.version]} or smaller.")
    return network


def refuse_taken(account: Account, network: Network) -> None:
    """Raises Refused (`prefix.exists`, `prefix.overlap`) where the network is taken."""
    for owner, other in Prefix.objects.values_list("account_id", "cidr"):
        if owner == account.pk and other == str(network):
            raise Refused("prefix.exists", f"{network} is protected already.")
        if owner != account.pk and overlap(network, parse(other, "prefix.cidr")):
            raise Refused("prefix.overlap", f"{network} overlaps with a network of another account.")
