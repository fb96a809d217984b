"""The edge agent's process: `python -m edge.agent --help` says how to start it.

Order at a start: open the ports, give up privileges, relay (everything passes), enforce the last good bundle from disk,
then look for the control plane. Losing the control plane later changes nothing for the packets.
"""

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from edge import VERSION, engine, enrolment
from edge.apply import Enforcer
from edge.config import Settings, read
from edge.confinement import Confinement, confine
from edge.control import ControlLink
from edge.engine import Engine
from edge.enrolment import Identity
from edge.errors import ConfigError, EdgeError, EngineFault
from edge.files import open_state
from edge.keys import AccountKeys
from edge.log import log, set_up
from edge.net import Control
from edge.rotation import Rotation
from edge.store import Store
from edge.telemetry import Telemetry

# A verification in a thread cannot be interrupted; files are replaced in one step, so ending in the middle is safe.
STOP_SECONDS = 1.5
RESTART_SECONDS = 1.0


Confine = Callable[[Path, Control, bool], Confinement]


async def run(
    settings: Settings, open_ports: Callable[[list[str]], Engine] = engine.open_ports, confine: Confine = confine
) -> None:
    """Runs until cancelled. Raises ConfigError, Refused, StoreError or EngineFault when it cannot begin."""
    with open_state(settings.state):
        identity = enrolment.load(settings.state)
        control = _control(settings, identity)
        dataplane = open_ports(list(settings.ports))
        try:
            # Between the sockets, which may take privileges, and the first thread, which would keep them.
            confinement = confine(settings.state, control, settings.confine)
            dataplane.limit_challenges(settings.challenges)
            dataplane.begin()
            log.info("agent %s relays %s", VERSION, ", ".join(port.removeprefix("relay:") for port in settings.ports))
            if identity is None:
                identity = await _enrol(settings, control)
            elif identity.control != control.url:
                log.warning("the control plane's address changes from %s to %s", identity.control, control.url)
            await _serve(settings, control, identity, dataplane, confinement)
        finally:
            with contextlib.suppress(EngineFault):
                await dataplane.stop()


def _control(settings: Settings, identity: Identity | None) -> Control:
    if identity is None:
        if settings.control is None or settings.token is None:
            raise ConfigError(
                "config.enrol", "this node is not enrolled yet: --enrol TOKEN and --control URL are needed"
            )
        return Control.make(settings.control, settings.ca)
    if settings.token is not None:
        # Another port of the same host may be the same control plane; another host must not see this credential.
        if settings.control is not None and urlsplit(settings.control).hostname != urlsplit(identity.control).hostname:
            message = (
                f"{settings.state} belongs to a node of {identity.control}; use another --state for another control"
            )
            raise ConfigError("config.enrolled", message)
        log.info("already enrolled as node %s; the token is not used", identity.node_id)
    return Control.make(settings.control or identity.control, settings.ca)


async def _enrol(settings: Settings, control: Control) -> Identity:
    if settings.token is None:
        raise ConfigError("config.enrol", "--enrol TOKEN is needed")
    log.info("enrolling at %s", control.url)
    identity = await enrolment.enrol_until_done(control, settings.token, settings.hostname)
    await asyncio.to_thread(enrolment.save, settings.state, identity)
    log.info("enrolled as node %s in %s/%s", identity.node_id, identity.region, identity.datacenter)
    return identity


async def _serve(
    settings: Settings, control: Control, identity: Identity, dataplane: Engine, confinement: Confinement
) -> None:
    keys = identity.key_ring()
    store = Store(settings.state, keys, identity.node_id)
    enforcer = Enforcer(dataplane, keys, AccountKeys(settings.state), store, identity.node_id)
    await enforcer.restore()
    link = ControlLink(control, identity.credential, enforcer, confinement)
    telemetry = Telemetry(control, identity.credential, dataplane, enforcer)
    parts = [link.run, link.run_fetches, telemetry.run_collection, telemetry.run_sending]
    if settings.rotate_seconds is not None:
        parts.append(Rotation(enforcer, settings.rotate_seconds).run)
    async with asyncio.TaskGroup() as group:
        for part in parts:
            group.create_task(_for_ever(part))


async def _for_ever(part: Callable[[], Awaitable[None]]) -> None:
    """A mistake in one part must not end the others, least of all the packets."""
    while True:
        try:
            await part()
        except Exception:
            log.exception("%s failed and is started again", getattr(part, "__qualname__", part))
        await asyncio.sleep(RESTART_SECONDS)


async def until_signalled(work: Coroutine[Any, Any, None]) -> None:
    """Runs `work` until it ends, or until SIGTERM or SIGINT cancels it. Raises what `work` raises."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()

    def stop(name: str) -> None:
        log.info("%s: stopping", name)
        timer = threading.Timer(STOP_SECONDS, os._exit, (0,))
        timer.daemon = True
        timer.start()
        task.cancel()

    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop, sign.name)
    with contextlib.suppress(asyncio.CancelledError):
        await task


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code: 0 after a clean stop, 2 when something it was given is wrong."""
    try:
        settings = read(arguments)
        set_up(settings.hostname)
        asyncio.run(until_signalled(run(settings)))
    except EdgeError as error:
        print(f"flowprotect-agent: {error}", file=sys.stderr)
        return 2
    log.info("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
