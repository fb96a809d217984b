"""Take a node out of service for good."""

from typing import Any

from django.db import transaction

from accounts.audit import record
from fleet import live
from fleet.models import IllegalTransition, Node
from httpapi.errors import Forbidden, Refused


def retire_node(actor: Any, node: Node) -> None:
    """Its credential ends and its connections are cut. Raises Forbidden (`operator`), Refused (`node.retired`)."""
    if actor is not None and not actor.is_staff:
        raise Forbidden("operator", "Only operators retire nodes.")
    with transaction.atomic():
        row = Node.objects.select_for_update().get(pk=node.pk)
        try:
            row.move("retired", connection="")
        except IllegalTransition as error:
            raise Refused("node.retired", f"{row} is retired already.") from error
        record(None, actor, "node.retire", row, node=str(row.pk))
        live.announce_node(row)
        live.send_after_commit(live.node_group(row.pk), {"type": "node.retired"})
    node.state = row.state
