"""A node says what it carries out."""

import re
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from fleet.live import announce_node
from fleet.messages import BadMessage
from fleet.models import Node

MAX_LOADED = 5000
_KEY = re.compile(r"[0-9A-Za-z_.:-]{1,128}")
_ERROR_CODE = re.compile(r"[a-z0-9_.]{1,60}")


@dataclass(frozen=True)
class Status:
    """A checked status message."""

    serial: int
    loaded: list[str]
    error: dict[str, str] | None
    agent_version: str


def read_status(data: dict[str, Any]) -> Status:
    """Checks a status message. Raises BadMessage (`status.serial`, `.loaded`, `.error`, `.agent_version`)."""
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
    return Status(serial, sorted(set(loaded)), None if error is None else _error(error), version)


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
        row.agent_version = status.agent_version or row.agent_version
        row.last_seen_on = timezone.now()
        row.save(update_fields=["serial", "loaded", "error", "agent_version", "last_seen_on"])
        if changed:
            announce_node(row)
