"""Add, rename or remove a region or a datacenter."""

from typing import Any

from django.db import transaction
from django.db.models import ProtectedError

from accounts.audit import record
from fleet.models import Datacenter, Region
from httpapi.errors import Forbidden, Refused


def save_place(actor: Any, place: Region | Datacenter) -> None:
    """Saves it. A code never changes: rules and nodes speak of it. Raises Forbidden, Refused (`place.code`)."""
    _require_operator(actor)
    kind = type(place)
    with transaction.atomic():
        before = kind.objects.filter(pk=place.pk).first()
        if before is not None and before.code != place.code:
            raise Refused("place.code", "The code of a place does not change.")
        place.save()
        record(None, actor, f"{kind.__name__.lower()}.{'change' if before else 'add'}", place, name=place.name)


def remove_place(actor: Any, place: Region | Datacenter) -> None:
    """Removes it. Raises Forbidden (`operator`), Refused (`place.in_use`)."""
    _require_operator(actor)
    with transaction.atomic():
        record(None, actor, f"{type(place).__name__.lower()}.remove", place, name=place.name)
        try:
            place.delete()
        except ProtectedError as error:
            raise Refused("place.in_use", f"{place} still has datacenters, nodes or enrolment tokens.") from error


def _require_operator(actor: Any) -> None:
    if actor is not None and not actor.is_staff:
        raise Forbidden("operator", "Only operators change places.")
