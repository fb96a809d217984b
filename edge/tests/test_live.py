"""The agent as a process, with the real data plane: what it enforces is seen in real UDP traffic on loopback."""

import asyncio
import base64
import contextlib
import os
import random
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from demo.protocol import CHALLENGE, NO_COOKIE, POSITION, Message, decode
from edge.tests.server import (
    ACCOUNT,
    RULE,
    ControlServer,
    account,
    activation,
    b64,
    content,
    elf,
    free_port,
    key_of,
    rule,
    running_server,
    until,
)

ROOT = Path(__file__).parents[2]
PASS, GUARD, BAD = elf("pass_all"), elf("cookie_guard"), elf("missing_bound")
GARBAGE = b"not the game"


class Agent:
    """A running agent process, and what it wrote."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path, port: int) -> None:
        self.process = process
        self.log = log
        self.port = port

    def said(self, words: str) -> bool:
        return words in self.log.read_text()

    async def stop(self) -> float:
        """Asks it to end; the seconds that took."""
        start = time.monotonic()
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(self.process.wait(), 10)
        return time.monotonic() - start


class Client:
    """A game client on one socket."""

    def __init__(self, port: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.connect(("127.0.0.1", port))

    async def ask(self, payload: bytes, seconds: float) -> bytes | None:
        """The answer to a datagram, None where none came in time."""
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError):
            while True:
                self.socket.recv(2048)
        await loop.sock_sendall(self.socket, payload)
        try:
            async with asyncio.timeout(seconds):
                return await loop.sock_recv(self.socket, 2048)
        except (TimeoutError, ConnectionRefusedError):
            return None

    async def echoed(self, payload: bytes) -> bool:
        return await self.ask(payload, 3) == b"echo:" + payload

    async def dropped(self, payload: bytes) -> bool:
        return await self.ask(payload, 0.3) is None

    async def get_cookie(self) -> bytes:
        answer = decode(await self.ask(position(NO_COOKIE), 2) or b"")
        assert answer is not None and answer.kind == CHALLENGE
        return answer.cookie


def position(cookie: bytes) -> bytes:
    return Message(POSITION, 1, 1, cookie, 1, 2, 3, 4).encode()


class Origin(asyncio.DatagramProtocol):
    """Echoes what reaches it."""

    def __init__(self) -> None:
        self.received = 0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        self.received += 1
        self.transport.sendto(b"echo:" + data, address)


@pytest.fixture
async def server() -> AsyncIterator[ControlServer]:
    async with running_server() as one:
        yield one


@pytest.fixture
async def origin() -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Origin, local_addr=("127.0.0.1", 0))
    yield transport.get_extra_info("sockname")[1]
    transport.close()


class Bench:
    """Starts agents on one state folder."""

    def __init__(self, server: ControlServer, origin: int, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.port = free_port(socket.SOCK_DGRAM)
        # Local ports of its own: other relays on this host may have taken all of the usual ones.
        low = random.randrange(10_000, 19_900)
        self.spec = f"relay:127.0.0.1:{self.port}->127.0.0.1:{origin}?ports={low}-{low + 99}"
        self.agents: list[Agent] = []

    async def start(self, *more: str) -> Agent:
        log = self.folder / f"agent-{len(self.agents)}.log"
        command = ["-m", "edge.agent", "--state", str(self.folder / "state"), "--port", self.spec, *more]
        with log.open("wb") as stream:
            process = await asyncio.create_subprocess_exec(sys.executable, *command, cwd=ROOT, stderr=stream)
        agent = Agent(process, log, self.port)
        self.agents.append(agent)
        return agent

    async def enrol(self) -> Agent:
        return await self.start("--enrol", self.server.token, "--control", self.server.url)

    async def enforcing(self, *elfs: bytes, accounts: list[dict[str, object]]) -> Agent:
        self.server.serve_content(content(5, *elfs, accounts=accounts))
        agent = await self.enrol()
        await until(lambda: self.server.last_status().get("serial") == 5)
        return agent


@pytest.fixture
async def bench(server: ControlServer, origin: int, tmp_path: Path) -> AsyncIterator[Bench]:
    one = Bench(server, origin, tmp_path)
    yield one
    for agent in one.agents:
        await agent.stop()


async def test_it_works(bench: Bench, server: ControlServer) -> None:
    await bench.enforcing(PASS, GUARD, accounts=[account(rule(PASS))])
    client = Client(bench.port)
    assert await client.echoed(GARBAGE)
    start = time.monotonic()
    await server.activate(activation(5, 6, account(rule(GUARD))))
    while await client.ask(GARBAGE, 0.05) is not None:
        assert time.monotonic() - start < 0.5, "approved is enforced within half a second"
    assert await client.dropped(GARBAGE)
    cookie = await client.get_cookie()
    assert await client.echoed(position(cookie))
    await until(lambda: server.last_status()["serial"] == 6)
    assert server.fetches == 1


async def test_everything_passes_before_there_is_a_bundle(bench: Bench) -> None:
    agent = await bench.enrol()
    await until(lambda: agent.said("connected to"))
    assert await Client(bench.port).echoed(GARBAGE)


async def test_everything_passes_before_there_is_a_control_plane(bench: Bench) -> None:
    agent = await bench.start("--enrol", "t", "--control", "http://127.0.0.1:1")
    await until(lambda: agent.said("not enrolled yet, trying on"))
    assert await Client(bench.port).echoed(GARBAGE)
    assert await agent.stop() < 2
    assert agent.process.returncode == 0


async def test_a_restart_without_a_control_plane_goes_on(bench: Bench, server: ControlServer) -> None:
    first = await bench.enforcing(PASS, GUARD, accounts=[account(rule(PASS))])
    await server.activate(activation(5, 6, account(rule(GUARD))))
    await until(lambda: server.last_status()["serial"] == 6)
    client = Client(bench.port)
    cookie = await client.get_cookie()
    assert await first.stop() < 2
    assert first.process.returncode == 0
    await server.stop()
    second = await bench.start()
    await until(lambda: second.said("enforcing serial 6"))
    assert await client.dropped(GARBAGE)
    assert await client.echoed(position(cookie)), "the account's key is the one from before"
    os.kill(second.process.pid, signal.SIGKILL)
    await second.process.wait()
    third = await bench.start()
    await until(lambda: third.said("enforcing serial 6"))
    assert await client.echoed(position(cookie))


async def test_what_is_bad_is_refused_and_traffic_goes_on(bench: Bench, server: ControlServer) -> None:
    await bench.enforcing(PASS, GUARD, accounts=[account(rule(GUARD))])
    client = Client(bench.port)
    cookie = await client.get_cookie()
    tampered = content(6, PASS, accounts=[]) | {"programs": {key_of(PASS): {"elf": b64(GUARD)}}}
    await server.announce(tampered)
    await until(lambda: "bundle.program" in server.error_codes())
    server.statuses.clear()
    await server.announce(content(7, BAD, accounts=[account(rule(BAD))]))
    await until(lambda: "bundle.program" in server.error_codes())
    server.statuses.clear()
    await server.announce(content(8, PASS, accounts=[account(rule(PASS, expression="udp.dstport eq nonsense"))]))
    await until(lambda: any(code.startswith(("config.", "expression.")) for code in server.error_codes()))
    # Both are enforced, with the account's last good rules: nobody else waits for it.
    await until(lambda: server.last_status()["serial"] == 8)
    assert [one["code"] for one in server.last_status()["held_back"]] == ["expression.syntax"]
    assert await client.dropped(GARBAGE)
    assert await client.echoed(position(cookie))
    await server.announce(content(9, PASS, accounts=[account(rule(PASS))]))
    await until(lambda: server.last_status()["serial"] == 9)
    assert server.last_status()["error"] is None
    assert await client.echoed(GARBAGE)


async def test_monitoring_counts_and_samples_arrive(bench: Bench, server: ControlServer) -> None:
    await bench.enforcing(GUARD, accounts=[account(rule(GUARD, "monitoring"))])
    client = Client(bench.port)
    for _ in range(20):
        assert await client.echoed(GARBAGE)

    def total(name: str) -> int:
        return sum(one[name] for record in server.stats for one in record["rules"] if one["rule_id"] == RULE)

    await until(lambda: total("would_drop") == 20)
    assert (total("packets"), total("dropped")) == (20, 0)
    assert server.stats[-1]["serial"] == 5
    assert sum(one["received"] for record in server.stats for one in record["accounts"]) == 20
    await until(lambda: server.samples)
    sample = server.samples[0]["samples"][0]
    assert (sample["account_id"], sample["rule_id"], sample["verdict"]) == (ACCOUNT, RULE, "would_drop")
    assert GARBAGE in base64.b64decode(sample["packet"])


async def test_a_control_plane_that_does_not_listen_slows_nothing(bench: Bench, server: ControlServer) -> None:
    server.listening_to_telemetry = False
    await bench.enforcing(GUARD, accounts=[account(rule(GUARD))])
    client = Client(bench.port)
    cookie = await client.get_cookie()
    delays, end = [], time.monotonic() + 3
    while time.monotonic() < end:
        start = time.perf_counter()
        assert await client.echoed(position(cookie))
        delays.append(time.perf_counter() - start)
        await asyncio.sleep(0.01)
    assert sorted(delays)[len(delays) * 9 // 10] < 0.05
    server.listening_to_telemetry = True
    asked = len(delays) + 1
    await until(lambda: sum(one["packets"] for record in server.stats for one in record["rules"]) == asked)


async def test_the_control_plane_comes_back(bench: Bench, server: ControlServer) -> None:
    agent = await bench.enforcing(PASS, accounts=[account(rule(PASS))])
    await server.stop()
    client = Client(bench.port)
    for _ in range(5):
        assert await client.echoed(GARBAGE)
    await until(lambda: agent.said("trying again"))
    server.serve_content(content(6, GUARD, accounts=[account(rule(GUARD))]))
    await server.start()
    await until(lambda: server.last_status().get("serial") == 6)
    assert await client.dropped(GARBAGE)
    await until(lambda: sum(record["totals"]["received"] for record in server.stats) >= 6)


async def test_sigterm_while_connected(bench: Bench) -> None:
    agent = await bench.enforcing(GUARD, accounts=[account(rule(GUARD))])
    assert await agent.stop() < 2
    assert agent.process.returncode == 0
    assert agent.said("SIGTERM: stopping") and agent.said("stopped")
    assert bench.server.credential not in agent.log.read_text()


async def test_sigterm_while_a_thread_is_busy() -> None:
    busy = "lambda: (print('up', flush=True), time.sleep(30))"
    code = f"import asyncio, time; from edge.agent import *; asyncio.run(until_signalled(asyncio.to_thread({busy})))"
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, cwd=ROOT, stdout=pipe)
    assert process.stdout is not None and await process.stdout.readline() == b"up\n"
    start = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 10) == 0
    assert time.monotonic() - start < 2


def status_of(agent: Agent) -> dict[str, str]:
    text = Path(f"/proc/{agent.process.pid}/status").read_text()
    return dict(line.split(":\t") for line in text.splitlines() if ":\t" in line)


async def test_the_agent_is_confined_and_still_takes_programs_and_comes_back(
    bench: Bench, server: ControlServer
) -> None:
    agent = await bench.enrol()
    await until(lambda: server.statuses)
    assert server.last_status()["confinement"] == {"state": "full", "missing": []}
    found = status_of(agent)
    assert int(found["CapEff"], 16) == int(found["CapBnd"], 16) == 0
    assert (found["NoNewPrivs"], found["Seccomp"]) == ("1", "2")
    # Compiled by the confined process, decided on by it, and kept in its folder.
    await server.announce(content(6, GUARD, accounts=[account(rule(GUARD))]))
    await until(lambda: server.last_status()["serial"] == 6)
    assert await Client(bench.port).dropped(GARBAGE)
    await server.stop()
    await until(lambda: agent.said("trying again"))
    server.serve_content(content(7, PASS, accounts=[account(rule(PASS))]))
    await server.start()
    await until(lambda: server.last_status().get("serial") == 7)
    assert await Client(bench.port).echoed(GARBAGE)


async def test_no_confine_is_loud(bench: Bench, server: ControlServer) -> None:
    agent = await bench.start("--enrol", server.token, "--control", server.url, "--no-confine")
    await until(lambda: server.statuses)
    assert agent.said("warning: NOT CONFINED")
    assert server.last_status()["confinement"] == {"state": "off", "missing": []}
    assert status_of(agent)["Seccomp"] == "0"


async def test_a_port_in_use(bench: Bench) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", bench.port))
        agent = await bench.enrol()
        assert await asyncio.wait_for(agent.process.wait(), 10) == 2
    assert "[port." in agent.log.read_text().splitlines()[-1]
