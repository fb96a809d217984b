"""Changes the keys of accounts when they are old enough."""

import asyncio
from collections.abc import Awaitable, Callable

from edge.apply import Enforcer
from edge.errors import EdgeError
from edge.log import log

LOOK_SECONDS = 60.0


class Rotation:
    """`run` looks once a minute, and ends by cancellation only. `seconds` is the age at which a key is changed."""

    def __init__(
        self, enforcer: Enforcer, seconds: float, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self.enforcer = enforcer
        self.seconds = seconds
        self._sleep = sleep

    async def run(self) -> None:
        """A failure is in the node's status; the next look tries again."""
        while True:
            await self._sleep(LOOK_SECONDS)
            try:
                changed = await self.enforcer.rotate_keys(self.seconds)
            except EdgeError as error:
                log.warning("keys were not changed: %s", error)
                continue
            if changed:
                log.info("changed the keys of %d accounts; cookies of the ones before stay good", len(changed))
