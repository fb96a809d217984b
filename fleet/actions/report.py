"""A node says what it carries out."""

import re
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from fleet.live import announce_node
from fleet.messages import BadMessage
from fleet.models import Node

MAX_LOADED = 5000
MAX_HELD_BACK = 200
CONFINEMENTS = ("full", "partial", "off")
_ACCOUNT_ID = re.compile(r"[0-9a-f]{32}")
_KEY = re.compile(r"[0-9A-Za-z_.:-]{1,128}")
_ERROR_CODE = re.compile(r"[a-z0-9_.]{1,60}")


@dataclass(frozen=True)
class Status:
    """A checked status message."""

    serial: int
    loaded: list[str]
    error: dict[str, str] | None
    agent_version: str
    held_back: dict[str, dict[str, str]] = field(default_factory=dict)
    confinement: dict[str, Any] | None = None


def read_status(data: dict[str, Any]) -> Status:
    """Checks a status message.

    Raises BadMessage (`status.serial`, `.loaded`, `.error`, `.agent_version`, `.held_back`, `.confinement`).
    """
    serial, loaded, error = data.get("serial"), data.get("loaded", []), data.get("error")
    if type(serial) is not int or not 0 <= serial < 2**63:
        raise BadMessage("status.serial", "serial is a whole number.")
    if not isinstance(loaded, list) or len(loaded) > MAX_LOADED:
        raise BadMessage("status.loaded", f"loaded is a list of at most {MAX_LOADED} keys.")
    if not all(isinstance(key, str) and _KEY.fullmatch(key) for key in loaded):
        raise BadMessage("status.loaded", "loaded holds program keys.")
    version = data.get("agent_version", "")
    if not isinstance(version, str) or len(version) > 40 or "\0" in version:
        raise BadMessage("status.agent_version", "agent_version is a text of at most 40 characters.")
    return Status(
        serial,
        sorted(set(loaded)),
        None if error is None else _error(error),
        version,
        _held_back(data.get("held_back", [])),
        _confinement(data.get("confinement")),
    )


def _held_back(entries: Any) -> dict[str, dict[str, str]]:
    if not isinstance(entries, list) or len(entries) > MAX_HELD_BACK:
        raise BadMessage("status.held_back", f"held_back is a list of at most {MAX_HELD_BACK} accounts.")
    found = {}
    for entry in entries:
        account = entry.get("account_id") if isinstance(entry, dict) else None
        if not isinstance(account, str) or not _ACCOUNT_ID.fullmatch(account):
            raise BadMessage("status.held_back", "account_id has 32 hexadecimal digits.")
        found[account] = _error(entry)
    return found


def _confinement(value: Any) -> dict[str, Any] | None:
    """None for an agent that does not say."""
    if value is None:
        return None
    missing = value.get("missing", []) if isinstance(value, dict) else None
    if not isinstance(missing, list) or len(missing) > 20 or value.get("state") not in CONFINEMENTS:
        raise BadMessage("status.confinement", f"confinement has a state of {CONFINEMENTS} and missing parts.")
    if not all(isinstance(part, str) and _ERROR_CODE.fullmatch(part) for part in missing):
        raise BadMessage("status.confinement", "missing holds names of parts.")
    return {"state": value["state"], "missing": missing}


def _error(error: Any) -> dict[str, str]:
    if not isinstance(error, dict) or not isinstance(error.get("code"), str):
        raise BadMessage("status.error", "error is null or has a code and a message.")
    message = error.get("message", "")
    if not _ERROR_CODE.fullmatch(error["code"]) or not isinstance(message, str):
        raise BadMessage("status.error", "error is null or has a code and a message.")
    return {"code": error["code"], "message": message.replace("\0", "")[:2000]}


def report(node: Node, status: Status) -> None:
    """Stores the status and tells browsers when something they show has changed."""
    with transaction.atomic():
        row = Node.objects.select_for_update().exclude(state=Node.State.RETIRED).filter(pk=node.pk).first()
        if row is None:
            return
        changed = (row.serial, row.error) != (status.serial, status.error)
        row.serial, row.loaded, row.error = status.serial, status.loaded, status.error
        row.held_back, row.confinement = status.held_back, status.confinement
        row.agent_version = status.agent_version or row.agent_version
        row.last_seen_on = timezone.now()
        row.save(
            update_fields=["serial", "loaded", "error", "held_back", "confinement", "agent_version", "last_seen_on"]
        )
        if changed:
            announce_node(row)
