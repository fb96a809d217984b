"""Claim a network."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.audit import record
from accounts.locks import lock_account, lock_prefixes
from accounts.models import Account, Prefix
from accounts.networks import WIDEST, Network, overlap, parse
from accounts.permissions import require
from accounts.quotas import check_quota
from accounts.signals import protection_changed
from httpapi.errors import Invalid, Refused


def add_prefix(actor: Any, account: Account, cidr: str) -> Prefix:
    """Claims a network that overlaps with no other account's; an operator has to hold the claim for proven.

    With the setting TRUST_PREFIXES it is proven at once, and that is what its record says. Raises Forbidden, Invalid
    (`prefix.cidr`, `prefix.too_wide`), Refused (`prefix.exists`, `prefix.overlap`), OverQuota (`quota.prefixes`).
    """
    require(actor, account, "owner", or_operator=True)
    network = parse_prefix(cidr)
    with transaction.atomic():
        account = lock_account(account)
        lock_prefixes()
        check_quota(account, "prefixes")
        refuse_taken(account, network)
        prefix = Prefix(account=account, cidr=str(network))
        if settings.TRUST_PREFIXES:
            prefix.state, prefix.method = Prefix.State.PROVEN, Prefix.Method.TRUSTED
            prefix.decided_by, prefix.decided_on = "flowprotect", timezone.now()
        prefix.save()
        record(account, actor, "prefix.add", prefix, state=str(prefix.state), method=str(prefix.method))
        if prefix.state == Prefix.State.PROVEN:
            protection_changed.send(sender=Account, account=account)
    return prefix


def parse_prefix(cidr: str) -> Network:
    """A network that an account may protect. Raises Invalid (`prefix.cidr`, `prefix.too_wide`)."""
    network = parse(cidr, "prefix.cidr")
    if network.prefixlen < WIDEST[network.version]:
        raise Invalid("prefix.too_wide", f"A protected network is a /{WIDEST[network.version]} or smaller.")
    return network


def refuse_taken(account: Account, network: Network) -> None:
    """Raises Refused (`prefix.exists`, `prefix.overlap`) where the network is taken.

    Claims of others that were refused do not count: nobody keeps a network from its holder that way.
    """
    for owner, other, state in Prefix.objects.values_list("account_id", "cidr", "state"):
        if owner == account.pk and other == str(network):
            message = f"{network} is among the account's prefixes already ({state})."
            raise Refused("prefix.exists", message)
        if owner == account.pk or state == Prefix.State.REFUSED:
            continue
        if overlap(network, parse(other, "prefix.cidr")):
            raise Refused("prefix.overlap", f"{network} overlaps with a network of another account.")
