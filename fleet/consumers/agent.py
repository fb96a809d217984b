"""The agents' control channel: bundles and activations down, status up."""

import asyncio
import contextlib
from typing import Any

from channels.db import database_sync_to_async

from fleet import live
from fleet.actions.connect import connect, still_connected
from fleet.actions.disconnect import disconnect, sweep
from fleet.actions.report import read_status, report
from fleet.consumers.base import UNAUTHENTICATED, NodeConsumer
from fleet.messages import BadMessage
from fleet.models import IllegalTransition, Node
from fleet.queries import current_serial

LOOK_SECONDS = 20.0


class AgentConsumer(NodeConsumer):
    """WS /fleet/v1/agent."""

    told = 0
    looking: asyncio.Task | None = None

    async def join(self, node: Node) -> None:
        await super().join(node)
        await self.channel_layer.group_add(live.NODES, self.channel_name)

    async def welcome(self, node: Node) -> None:
        try:
            await database_sync_to_async(connect)(node, self.channel_name)
        except IllegalTransition:
            await self.node_retired({})
            return
        await self.tell_serial()
        self.looking = asyncio.create_task(self.look(node))

    async def goodbye(self, node: Node) -> None:
        if self.looking:
            self.looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.looking
        await self.channel_layer.group_discard(live.NODES, self.channel_name)
        await database_sync_to_async(disconnect)(node, self.channel_name)

    async def handle(self, node: Node, data: dict[str, Any]) -> None:
        if data.get("type") != "status":
            raise BadMessage("message.type", "Agents send messages of the type status.")
        await database_sync_to_async(report)(node, read_status(data))

    async def agent_send(self, event: dict[str, Any]) -> None:
        """Group message from `publish`: passed on as it is, with no query, for this is the fast path."""
        await self.send_object(event["message"])

    async def tell_serial(self) -> None:
        """Names the newest bundle if this connection has not heard of it."""
        serial = await database_sync_to_async(current_serial)()
        if serial > self.told:
            self.told = serial
            await self.send_object({"type": "bundle", "serial": serial})

    async def look(self, node: Node) -> None:
        """Regularly notes that the node is there, and makes up for what the channel layer forgot or lost."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if not await database_sync_to_async(still_connected)(node):
                await self.close(UNAUTHENTICATED, "node.retired: This node has been retired.")
                return
            await self.join(node)
            # Any node that is there notices those that went down together with their server.
            await database_sync_to_async(sweep)()
            await self.tell_serial()
