"""A node's agent is gone."""

from django.db import transaction
from django.utils import timezone

from fleet.live import announce_node
from fleet.models import SILENT, Node


def disconnect(node: Node, connection: str) -> None:
    """Makes the node offline, unless a newer connection has taken over."""
    with transaction.atomic():
        row = Node.objects.select_for_update().filter(pk=node.pk, connection=connection, state="online").first()
        if row:
            row.move("offline", connection="", last_seen_on=timezone.now())
            announce_node(row)


def sweep() -> int:
    """Makes nodes offline whose server went down with their connection; how many. Called regularly."""
    silent = Node.objects.filter(state=Node.State.ONLINE, last_seen_on__lt=timezone.now() - SILENT)
    count = 0
    with transaction.atomic():
        for row in silent.select_for_update():
            row.move("offline", connection="")
            announce_node(row)
            count += 1
    return count
