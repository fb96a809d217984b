"""Whether this process lives, and whether it can serve: each part asked in a thread of its own, in bounded time."""

import asyncio
import logging
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from fleet.signing import check_key

log = logging.getLogger(__name__)
# Seconds for all parts together, and a little less for the round trip through the channel layer.
PATIENCE = 3.0
ROUND_TRIP = 2.0


class NotReady(Exception):
    """A part works but is not as it must be; the text is shown to whoever asks."""


def database() -> None:
    """One query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()


def redis() -> None:
    """A message through the channel layer, which shares its Redis with the broker and the cache."""

    async def round_trip() -> None:
        layer, channel = get_channel_layer(), f"ready.{secrets.token_hex(8)}"
        await layer.send(channel, {"type": "ready"})
        await layer.receive(channel)

    async def bounded() -> None:
        await asyncio.wait_for(round_trip(), ROUND_TRIP)

    async_to_sync(bounded)()


def migrations() -> None:
    """Raises NotReady where the code is newer than the database."""
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if missing:
        raise NotReady(f"{missing} not applied")


def signing_key() -> None:
    """What nodes receive can be signed; a new installation makes its key when it first needs one."""
    check_key()


PARTS: dict[str, Callable[[], None]] = {
    "database": database,
    "redis": redis,
    "migrations": migrations,
    "signing_key": signing_key,
}


class Checks:
    """Runs the parts. One that still hangs from an earlier question is waited for, not asked a second time."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(len(PARTS), thread_name_prefix="ready")
        self._asked: dict[str, Future[str]] = {}
        self._lock = threading.Lock()

    def run(self) -> dict[str, str]:
        """By part: `ok`, `timeout`, `failed`, or what is missing. Never an exception's text: it may hold secrets."""
        with self._lock:
            for name in PARTS:
                if name not in self._asked or self._asked[name].done():
                    self._asked[name] = self._pool.submit(self._answer, name)
            asked = dict(self._asked)
        done, _ = wait(asked.values(), PATIENCE)
        return {name: future.result() if future in done else "timeout" for name, future in asked.items()}

    @staticmethod
    def _answer(name: str) -> str:
        try:
            PARTS[name]()
        except NotReady as missing:
            return str(missing)
        except TimeoutError:
            return "timeout"
        except Exception:
            log.exception("not ready: %s", name)
            return "failed"
        finally:
            connections.close_all()
        return "ok"


checks = Checks()
