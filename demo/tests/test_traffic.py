"""The players and the flood against a real origin on loopback, for a few seconds."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from demo.flood import SOURCES, source_address


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen([sys.executable, "-m", *arguments], stdout=subprocess.PIPE, text=True)
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def reports(child: subprocess.Popen[str], count: int) -> list[dict]:
    assert child.stdout is not None
    return [json.loads(child.stdout.readline()) for _ in range(count)]


def test_sources_are_2000_loopback_addresses() -> None:
    addresses = {source_address(index) for index in range(SOURCES)}
    assert len(addresses) == SOURCES
    assert all(address.startswith("127.") for address in addresses)


def test_players_suffer_under_the_flood_and_only_then() -> None:
    port = str(free_port())
    with ExitStack() as stack:
        stack.enter_context(running("demo.origin", port))
        players = stack.enter_context(running("demo.players", "127.0.0.1", port))
        calm = reports(players, 3)[-1]
        assert calm["sent"] > 100
        assert calm["loss"] < 0.05
        flood = stack.enter_context(running("demo.flood", "127.0.0.1", port, "20000"))
        assert reports(flood, 2)[-1]["sent"] > 1000
        assert max(report["loss"] for report in reports(players, 4)) > 0.1


def test_the_flood_refuses_other_targets() -> None:
    done = subprocess.run([sys.executable, "-m", "demo.flood", "192.0.2.1", "9", "10"], capture_output=True, text=True)
    assert done.returncode != 0
    assert "loopback" in done.stderr
