"""Channel groups of the fleet, and the events that tell browsers about nodes."""

import logging
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

from fleet.models import Node
from httpapi.live import EVERY_ACCOUNT, announce

log = logging.getLogger(__name__)
NODES = "fleet.nodes"


def node_group(node_id: object) -> str:
    """The group of one node's own connections."""
    return f"fleet.node.{node_id}"


def send_after_commit(group: str, message: dict[str, Any]) -> None:
    """Sends to a channel group after commit. What is lost here is made up by the consumers' regular look."""

    def send() -> None:
        try:
            async_to_sync(get_channel_layer().group_send)(group, message)
        except Exception:
            log.exception("message for %s was not sent", group)

    transaction.on_commit(send)


def public_error(error: dict[str, Any] | None) -> dict[str, str] | None:
    """A node's error as customers see it: its message may speak of another customer's program."""
    if not error:
        return None
    return {"code": error["code"], "message": "The node reports a problem; its operators see the details."}


def announce_node(node: Node) -> None:
    """Tells every open browser how the node is."""
    data = {
        "id": str(node.pk),
        "hostname": node.hostname,
        "state": node.state,
        "serial": node.serial,
        "error": public_error(node.error),
    }
    announce(EVERY_ACCOUNT, "node", data)
