"""A node's agent has connected."""

from django.db import transaction
from django.utils import timezone

from fleet.live import announce_node
from fleet.models import Node


def connect(node: Node, connection: str) -> None:
    """Makes the node online by this connection. Raises IllegalTransition when it has been retired meanwhile."""
    now = timezone.now()
    with transaction.atomic():
        row = Node.objects.select_for_update().get(pk=node.pk)
        if row.state == Node.State.ONLINE:
            Node.objects.filter(pk=row.pk).update(connection=connection, last_seen_on=now)
        else:
            row.move("online", connection=connection, last_seen_on=now)
            announce_node(row)


def still_connected(node: Node) -> bool:
    """Notes that the node is there; False when it has been retired."""
    working = Node.objects.filter(pk=node.pk).exclude(state=Node.State.RETIRED)
    return bool(working.update(last_seen_on=timezone.now()))
