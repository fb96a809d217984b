"""What the sockets of agents have in common: the credential, the limits, the end of a retired node."""

import json
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from fleet.authentication import bearer_of
from fleet.live import node_group
from fleet.messages import Allowance, BadMessage, read_object
from fleet.models import Node
from fleet.queries import node_with

UNAUTHENTICATED = 4401
BAD_MESSAGE = 4400


class NodeConsumer(AsyncWebsocketConsumer):
    """A socket that only a node may open. Messages are JSON objects, handed to `handle`."""

    message_limit = 512 * 1024
    per_second, burst = 5.0, 50

    node: Node | None = None

    async def connect(self) -> None:
        secret = bearer_of(self.scope)
        node = await database_sync_to_async(node_with)(secret) if secret else None
        # Accepted first: a refused handshake could not carry the close code.
        await self.accept()
        if node is None:
            await self.close(UNAUTHENTICATED, "node.credential: This credential is not valid.")
            return
        self.allowance = Allowance(self.per_second, self.burst)
        await self.join(node)
        self.node = node
        await self.welcome(node)

    async def disconnect(self, code: int) -> None:
        if self.node is not None:
            node, self.node = self.node, None
            await self.channel_layer.group_discard(node_group(node.pk), self.channel_name)
            await self.goodbye(node)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.node is None:
            return
        try:
            self.allowance.spend()
            await self.handle(self.node, read_object(text_data, self.message_limit))
        except BadMessage as error:
            await self.close(BAD_MESSAGE, error.reason)

    async def join(self, node: Node) -> None:
        """Joins the node's group. A membership ends after a day unless it is renewed by joining again."""
        await self.channel_layer.group_add(node_group(node.pk), self.channel_name)

    async def node_retired(self, event: dict[str, Any]) -> None:
        """Group message: an operator has retired this node."""
        await self.close(UNAUTHENTICATED, "node.retired: This node has been retired.")

    async def send_object(self, message: dict[str, Any]) -> None:
        """Sends one JSON object."""
        await self.send(text_data=json.dumps(message))

    async def welcome(self, node: Node) -> None:
        """Called once the node is known."""

    async def goodbye(self, node: Node) -> None:
        """Called when the connection of a known node has ended."""

    async def handle(self, node: Node, data: dict[str, Any]) -> None:
        """Called with each message. Raises BadMessage to end the connection."""
        raise NotImplementedError
