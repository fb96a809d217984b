"""Once a second the engine's counters and samples go to the control plane, however slow or absent it is."""

import asyncio
import json
import time

from websockets.exceptions import ConnectionClosed, WebSocketException

from edge.apply import Enforcer
from edge.backoff import Backoff
from edge.engine import Engine
from edge.errors import EngineFault
from edge.log import log
from edge.net import ClientConnection, Control
from edge.outbox import Outbox

INTERVAL_SECONDS = 1.0
STEADY_SECONDS = 5.0
SAY_LOST_SECONDS = 30.0
PAUSE_SECONDS = 0.1


class Telemetry:
    """`run_collection` fills the outbox, `run_sending` empties it. Both end by cancellation only."""

    def __init__(self, control: Control, credential: str, engine: Engine, enforcer: Enforcer) -> None:
        self.control = control
        self.credential = credential
        self.engine = engine
        self.enforcer = enforcer
        self.outbox = Outbox()
        self._ready = asyncio.Event()
        self._said_lost = (0, 0, 0)

    async def run_collection(self, interval: float = INTERVAL_SECONDS) -> None:
        """Asks the engine every `interval` seconds; whether anybody listens makes no difference to it."""
        due = time.monotonic() + interval
        next_words = due + SAY_LOST_SECONDS
        while True:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            due = max(due + interval, time.monotonic())
            try:
                await self.collect()
            except EngineFault as error:
                log.warning("no counters this time: %s", error)
            if time.monotonic() >= next_words:
                next_words = time.monotonic() + SAY_LOST_SECONDS
                self._say_lost()

    async def collect(self) -> None:
        """Moves what the engine counted and sampled into the outbox."""
        stats = await self.engine.stats()
        # Our own fields last: nothing the engine adds may change what kind of message this is.
        self.outbox.add_stats({**stats, "type": "stats", "at": time.time(), "serial": self.enforcer.serial})
        self.outbox.add_samples(await self.engine.samples())
        self._ready.set()

    def _say_lost(self) -> None:
        lost = (self.outbox.lost_interval_ms, self.outbox.lost_samples, self.outbox.lost_entries)
        if lost != self._said_lost:
            log.warning("not delivered so far: counters of %d s, %d samples, %d entries", lost[0] // 1000, *lost[1:])
            self._said_lost = lost

    async def run_sending(self) -> None:
        """Connects and sends, and connects again."""
        backoff = Backoff()
        while True:
            started = time.monotonic()
            try:
                async with self.control.websocket("/telemetry/v1/node", self.credential) as socket:
                    await self._session(socket)
            except (OSError, WebSocketException):
                pass  # the control link, to the same address, says so
            if time.monotonic() - started > STEADY_SECONDS:
                backoff.reset()
            await asyncio.sleep(backoff.delay())

    async def _session(self, socket: ClientConnection) -> None:
        listener = asyncio.create_task(_ignore_all(socket))
        try:
            while True:
                while (message := self.outbox.take()) is not None:
                    await self._send(socket, message)
                    if self.outbox.waiting:
                        # The control plane allows a node so many messages a second; what piled up can take its time.
                        await asyncio.sleep(PAUSE_SECONDS)
                self._ready.clear()
                waiting = asyncio.create_task(self._ready.wait())
                await asyncio.wait((waiting, listener), return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                if listener.done():
                    return
        finally:
            listener.cancel()
            await asyncio.gather(listener, return_exceptions=True)

    async def _send(self, socket: ClientConnection, message: dict[str, object]) -> None:
        try:
            # A slow control plane makes this wait, and only this.
            await socket.send(json.dumps(message))
        except BaseException:
            self.outbox.put_back(message)
            raise


async def _ignore_all(socket: ClientConnection) -> None:
    try:
        async for _ in socket:
            pass
    except ConnectionClosed:
        pass
