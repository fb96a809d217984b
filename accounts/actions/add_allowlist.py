"""Never drop packets from a network."""

from typing import Any

from django.db import IntegrityError, transaction

from accounts.audit import record
from accounts.models import Account, AllowlistEntry
from accounts.networks import parse
from accounts.permissions import require
from accounts.signals import protection_changed
from httpapi.errors import Invalid, Refused


def add_allowlist(actor: Any, account: Account, cidr: str, note: str = "") -> AllowlistEntry:
    """Adds a source network. Raises Forbidden, Invalid (`allowlist.cidr`, `.everything`), Refused (`.exists`)."""
    require(actor, account, "owner", or_operator=True)
    network = parse(cidr, "allowlist.cidr")
    if network.prefixlen == 0:
        raise Invalid("allowlist.everything", "This would allow everything; disable the rules instead.")
    try:
        with transaction.atomic():
            entry = AllowlistEntry.objects.create(account=account, cidr=str(network), note=note)
            record(account, actor, "allowlist.add", entry, note=note)
            protection_changed.send(sender=Account, account=account)
    except IntegrityError as error:
        if not AllowlistEntry.objects.for_account(account).filter(cidr=str(network)).exists():
            raise
        raise Refused("allowlist.exists", f"{network} is on the allowlist already.") from error
    return entry
