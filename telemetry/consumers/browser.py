"""The browsers' live events."""

import json
import time
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from fleet.messages import Allowance, BadMessage, read_object
from httpapi.live import EVERY_ACCOUNT, group
from telemetry.actors import actor_of, may_watch

UNAUTHENTICATED, BAD_MESSAGE = 4401, 4400
MESSAGE_LIMIT = 4096
MAX_SUBSCRIPTIONS = 20
CHECK_SECONDS = 5.0
ECHO_SECONDS = 10.0
EVENT = ("event", "account", "data")


class BrowserConsumer(AsyncWebsocketConsumer):
    """WS /ws. Sends {"event", "data"} of every account subscribed to that the actor may see.

    The permission is asked for at each subscription, and again for events once it is CHECK_SECONDS old.
    """

    async def connect(self) -> None:
        # Account id to when its permission was last confirmed.
        self.subscribed: dict[str, float] = {}
        self.allowance = Allowance(10, 100)
        self.known = False
        self.revoked_at = float("-inf")
        actor = await database_sync_to_async(actor_of)(self.scope)
        # Accepted first: a refused handshake could not carry the close code.
        await self.accept()
        if actor is None:
            await self.close(UNAUTHENTICATED, "unauthenticated: Log in first.")
            return
        self.known = True

    async def disconnect(self, code: int) -> None:
        for account in list(self.subscribed):
            await self.forget(account)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if not self.known:
            return
        try:
            self.allowance.spend()
            message = read_object(text_data, MESSAGE_LIMIT)
        except BadMessage as error:
            await self.close(BAD_MESSAGE, error.reason)
            return
        kind, account = message.get("type"), message.get("account")
        if kind == "ping":
            for one in list(self.subscribed):
                await self.still_allowed(one)
            await self.say("pong", {})
        elif kind not in ("subscribe", "unsubscribe"):
            await self.refuse("message.type", "type is subscribe, unsubscribe or ping.")
        elif not isinstance(account, str) or len(account) > 32:
            await self.refuse("not_found", "No such account.")
        elif kind == "subscribe":
            await self.subscribe(account)
        else:
            await self.forget(account)
            await self.say("unsubscribed", {"account": account})

    async def subscribe(self, account: str) -> None:
        """Answers alike for an account that is not there and one that is not the actor's to see."""
        if account not in self.subscribed and len(self.subscribed) >= MAX_SUBSCRIPTIONS:
            await self.refuse("subscriptions", f"At most {MAX_SUBSCRIPTIONS} accounts at once.", account)
        elif not await database_sync_to_async(may_watch)(self.scope, account):
            await self.forget(account)
            await self.refuse("not_found", "No such account.", account)
        else:
            await self.confirm(account)
            await self.say("subscribed", {"account": account})

    async def confirm(self, account: str) -> None:
        """Notes that the account may be seen, and joins its group: a membership ends after a day unless renewed."""
        for name in (EVERY_ACCOUNT, account):
            await self.channel_layer.group_add(group(name), self.channel_name)
        self.subscribed[account] = time.monotonic()

    async def forget(self, account: str) -> None:
        """Ends a subscription, if there is one."""
        if self.subscribed.pop(account, None) is None:
            return
        await self.channel_layer.group_discard(group(account), self.channel_name)
        if not self.subscribed:
            await self.channel_layer.group_discard(group(EVERY_ACCOUNT), self.channel_name)

    async def live_event(self, message: dict[str, Any]) -> None:
        """Group message: passed on only if it belongs to an account that may still be seen."""
        account = message.get("account")
        if account is not None:
            allowed = await self.still_allowed(account)
        else:
            # It does not say whose it is: it came through one of our groups, and any that ended may still echo.
            checks = [await self.still_allowed(one) for one in list(self.subscribed)]
            allowed = any(checks) and time.monotonic() - self.revoked_at > ECHO_SECONDS
        if allowed:
            await self.send(text_data=json.dumps({name: message[name] for name in EVENT if name in message}))

    async def still_allowed(self, account: str) -> bool:
        """Asks again when the last answer is old; what is no longer allowed is unsubscribed, and said so."""
        confirmed = self.subscribed.get(account)
        if confirmed is None:
            return False
        if time.monotonic() - confirmed < CHECK_SECONDS:
            return True
        if await database_sync_to_async(may_watch)(self.scope, account):
            await self.confirm(account)
            return True
        self.revoked_at = time.monotonic()
        await self.forget(account)
        await self.refuse("not_found", "No such account.", account)
        return False

    async def refuse(self, code: str, message: str, account: str | None = None) -> None:
        """The error event."""
        await self.say("error", {"code": code, "message": message, **({"account": account} if account else {})})

    async def say(self, event: str, data: dict[str, Any]) -> None:
        """Sends one event of the socket's own."""
        await self.send(text_data=json.dumps({"event": event, "data": data}))
