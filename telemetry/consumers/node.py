"""Where nodes send their numbers and samples."""

from typing import Any

from channels.db import database_sync_to_async
from django.utils import timezone

from fleet.consumers.base import NodeConsumer
from fleet.messages import BadMessage
from fleet.models import Node
from telemetry.actions.ingest import Retired, deliver, ingest_samples, ingest_stats
from telemetry.messages import read_samples, read_stats


class TelemetryConsumer(NodeConsumer):
    """WS /telemetry/v1/node."""

    message_limit = 1024 * 1024
    # One stats and a few samples messages a second; a node that was cut off sends what piled up at once.
    per_second, burst = 20.0, 100

    async def handle(self, node: Node, data: dict[str, Any]) -> None:
        kind = data.get("type")
        try:
            if kind == "stats":
                events = await database_sync_to_async(ingest_stats)(node, read_stats(data), timezone.now())
            elif kind == "samples":
                events = await database_sync_to_async(ingest_samples)(node, read_samples(data), timezone.now())
            else:
                raise BadMessage("message.type", "Nodes send messages of the types stats and samples.")
        except Retired:
            await self.node_retired({})
            return
        await deliver(events)
