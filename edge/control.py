"""The link to the control plane: hears of bundles and activations, says what is enforced, and never gives up."""

import asyncio
import json
import time

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from edge import VERSION, bundle
from edge.apply import Enforcer
from edge.backoff import Backoff
from edge.confinement import Confinement
from edge.errors import BundleError, ControlError, EdgeError
from edge.fields import MAX_INTEGER, Reader, parse_object
from edge.log import log
from edge.net import ClientConnection, Control
from edge.schema import activation_fault
from edge.signing import parse_signed

STATUS_SECONDS = 15.0
STATUS_PAUSE_SECONDS = 0.25
MAX_LOADED = 5_000
MAX_HELD_BACK = 200
STEADY_SECONDS = 5.0
REFUSED_SECONDS = 60.0
SAY_AGAIN_SECONDS = 30.0
ALWAYS = MAX_INTEGER


class ControlLink:
    """`run` keeps the WebSocket up; `run_fetches` gets bundles when one is wanted. Both end by cancellation only."""

    def __init__(self, control: Control, credential: str, enforcer: Enforcer, confinement: Confinement) -> None:
        self.control = control
        self.credential = credential
        self.enforcer = enforcer
        self.confinement = confinement
        self.wanted = asyncio.Event()
        self._wanted_since: float | None = None
        self._wanted_serial = 0

    async def run(self) -> None:
        """Connects, listens, and connects again."""
        backoff = Backoff()
        said: tuple[str, float] = ("", 0.0)
        while True:
            started = time.monotonic()
            try:
                async with self.control.websocket("/fleet/v1/agent", self.credential) as socket:
                    log.info("connected to %s", self.control.url)
                    await self._session(socket)
                why = "the control plane closed the connection"
            except InvalidStatus as error:
                why = f"the control plane answered {error.response.status_code} to the connection"
            except ConnectionClosed as error:
                why = f"the connection to {self.control.url} is lost: {error}"
            except (OSError, WebSocketException) as error:
                why = f"no connection to {self.control.url}: {bundle.describe(error)}"
            if time.monotonic() - started > STEADY_SECONDS:
                backoff.reset()
                said = ("", 0.0)
            if why != said[0] or time.monotonic() - said[1] > SAY_AGAIN_SECONDS:
                log.warning("%s; going on with serial %d and trying again", why, self.enforcer.serial)
                said = (why, time.monotonic())
            await asyncio.sleep(backoff.delay())

    async def _session(self, socket: ClientConnection) -> None:
        # Whatever was published while there was no connection was not announced to this node.
        self.want()
        self.enforcer.changed.set()
        status = asyncio.create_task(self._send_status(socket))
        try:
            async for message in socket:
                await self.receive(message, time.monotonic())
        except ConnectionClosed as error:
            if error.rcvd is not None and error.rcvd.code in (4401, 4403):
                log.warning("the control plane refuses this node's credential")
            raise
        finally:
            status.cancel()
            await asyncio.gather(status, return_exceptions=True)

    async def _send_status(self, socket: ClientConnection) -> None:
        while True:
            try:
                async with asyncio.timeout(STATUS_SECONDS):
                    await self.enforcer.changed.wait()
            except TimeoutError:
                pass
            self.enforcer.changed.clear()
            try:
                while self.enforcer.passing:
                    await socket.send(json.dumps(self.status(self.enforcer.passing[0])))
                    self.enforcer.passing.popleft()
                await socket.send(json.dumps(self.status(self.enforcer.error)))
                # The control plane allows a node so many messages a second; a burst of changes needs one status.
                await asyncio.sleep(STATUS_PAUSE_SECONDS)
            except ConnectionClosed:
                # For the next connection to say.
                self.enforcer.changed.set()
                return

    def status(self, error: EdgeError | None) -> dict[str, object]:
        """The status message."""
        return {
            "type": "status",
            "serial": self.enforcer.serial,
            "loaded": self.enforcer.loaded[:MAX_LOADED],
            "error": error.to_json() if error else None,
            "held_back": [
                {"account_id": account, **why.to_json()} for account, why in sorted(self.enforcer.held_back.items())
            ][:MAX_HELD_BACK],
            "confinement": self.confinement.to_json(),
            "agent_version": VERSION,
        }

    async def receive(self, message: str | bytes, received: float) -> None:
        """Handles one message. Nothing in it can end the connection: what is wrong is logged and reported."""
        try:
            reader = parse_object(message, "the message", lambda text: ControlError("control.message", text))
            kind = reader.text("type", longest=64)
            if kind == "bundle":
                self.want(received, reader.integer("serial"))
            elif kind == "activation":
                await self._activation(reader, received)
            else:
                log.warning("a message of unknown type %r is left alone", kind)
        except ControlError as error:
            log.warning("a message is left alone: %s", error)
        except EdgeError as error:
            log.warning("an activation is refused: %s; serial %d stays", error, self.enforcer.serial)
            self._report(error)
            self.want()

    def _report(self, error: EdgeError) -> None:
        if error is not self.enforcer.error:  # the enforcer has noted its own
            self.enforcer.report(error)

    async def _activation(self, reader: Reader, received: float) -> None:
        signed = parse_signed(Reader(reader.value, "activation", activation_fault))
        if not await self.enforcer.activate(signed, received):
            self.want(received)

    def want(self, since: float | None = None, serial: int | None = None) -> None:
        """Asks for a fetch; `since` (time.monotonic) is when the reason for it arrived.

        With `serial`, only if nothing as new as that is enforced when the fetch would begin.
        """
        self._wanted_serial = max(self._wanted_serial, ALWAYS if serial is None else serial)
        if self._wanted_since is None:
            self._wanted_since = since if since is not None else time.monotonic()
        self.wanted.set()

    async def run_fetches(self) -> None:
        """Fetches and applies a bundle whenever one is wanted, again and again until that went well."""
        backoff = Backoff()
        while True:
            await self.wanted.wait()
            self.wanted.clear()
            received, self._wanted_since = self._wanted_since or time.monotonic(), None
            serial, self._wanted_serial = self._wanted_serial, 0
            if serial <= self.enforcer.serial:
                continue
            wait = await self._fetch_once(received)
            if wait is None:
                backoff.reset()
                continue
            try:
                async with asyncio.timeout(wait if wait > 0 else backoff.delay()):
                    await self.wanted.wait()
            except TimeoutError:
                self.want()

    async def _fetch_once(self, received: float) -> float | None:
        """None when done; else the seconds to wait before another try, 0 for the usual growing ones."""
        asked_at = self.enforcer.serial
        try:
            signed = await bundle.fetch(self.control, self.credential, self.enforcer.bundle_serial)
            if isinstance(signed, bundle.Unchanged):
                self.enforcer.report(None)
            elif signed is not None:
                await self.enforcer.adopt(signed, received, asked_at)
        except BundleError as error:
            # Another fetch would most likely bring the same: wait for news, or a while.
            log.warning("the bundle is refused: %s; serial %d stays", error, self.enforcer.serial)
            self._report(error)
            return REFUSED_SECONDS
        except ControlError as error:
            log.warning("%s; trying again", error)
            return 0
        except EdgeError as error:
            log.warning("%s; serial %d stays", error, self.enforcer.serial)
            self._report(error)
            return REFUSED_SECONDS
        if signed is None:
            log.info("the control plane has no bundle for this node yet")
        return None
