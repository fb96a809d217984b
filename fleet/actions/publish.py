"""Make new content the one that nodes carry out."""

from typing import Any

from django.db import transaction
from django.db.models import F

from fleet import live, signing
from fleet.models import Bundle, SerialCounter
from fleet.queries import SCHEMA
from httpapi.errors import Invalid

KEPT = 50


def publish(content: dict[str, Any], activation: dict[str, Any] | None = None) -> Bundle:
    """Stores the next bundle and tells connected nodes after commit.

    With `activation` (one account's full entry) they get it signed and need not fetch anything; without, they are
    told to fetch the bundle. Nothing here grows with the number of nodes. Raises Invalid (`bundle.content`).
    """
    if not isinstance(content.get("programs"), dict) or not isinstance(content.get("accounts"), list):
        raise Invalid("bundle.content", "A bundle has programs and accounts.")
    with transaction.atomic():
        serial = _next_serial()
        bundle = Bundle.objects.create(serial=serial, content=content)
        Bundle.objects.filter(serial__lte=serial - KEPT).delete()
        live.send_after_commit(live.NODES, {"type": "agent.send", "message": _message(serial, activation)})
    return bundle


def _next_serial() -> int:
    SerialCounter.objects.get_or_create(pk=1)
    SerialCounter.objects.filter(pk=1).update(last=F("last") + 1)
    return SerialCounter.objects.get(pk=1).last


def _message(serial: int, account: dict[str, Any] | None) -> dict[str, Any]:
    # There is nothing to activate an account upon before the first bundle.
    if account is None or serial == 1:
        return {"type": "bundle", "serial": serial}
    payload = {"schema": SCHEMA, "base_serial": serial - 1, "serial": serial, "account": account}
    return {"type": "activation", **signing.sign(signing.canonical(payload))}
