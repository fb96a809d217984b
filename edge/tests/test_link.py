"""The agent's whole loop against a real little control plane; the engine is the in-memory double."""

import asyncio
import contextlib
import json
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge import agent, bundle, config, net
from edge.config import Settings
from edge.confinement import Confinement
from edge.engine import Engine
from edge.enrolment import load
from edge.errors import ConfigError, Refused
from edge.schema import MAX_BYTES
from edge.tests.double import DoubleDataplane
from edge.tests.server import (
    NODE,
    ControlServer,
    Signer,
    account,
    activation,
    b64,
    content,
    elf,
    key_of,
    rule,
    running_server,
    until,
)

ONE = elf("pass_all")
TWO = elf("cookie_guard")
PORT = "relay:127.0.0.1:7->127.0.0.1:8"


@pytest.fixture
async def server() -> AsyncIterator[ControlServer]:
    async with running_server() as one:
        yield one


def not_confined(*_: object) -> Confinement:
    """The tests of this file share their process with all others."""
    return Confinement("off")


@contextlib.asynccontextmanager
async def running_agent(settings: Settings) -> AsyncIterator[DoubleDataplane]:
    double = DoubleDataplane()
    task = asyncio.create_task(agent.run(settings, lambda ports: Engine(double), not_confined))
    try:
        yield double
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert double.stopped


def settings(server: ControlServer, folder: Path, token: str | None = "token-1") -> Settings:
    return Settings(state=folder, ports=(PORT,), control=server.url, token=token, hostname="test")


async def test_it_works(server: ControlServer, tmp_path: Path) -> None:
    server.serve_content(content(5, ONE, TWO, accounts=[account(rule(ONE))]))
    async with running_agent(settings(server, tmp_path)) as double:
        await until(lambda: server.last_status().get("serial") == 5)
        assert server.last_status() == {
            "type": "status",
            "serial": 5,
            "loaded": sorted([key_of(ONE), key_of(TWO)]),
            "error": None,
            "held_back": [],
            "confinement": {"state": "off", "missing": []},
            "agent_version": "0.1.0",
        }
        await server.announce(content(6, ONE, TWO, accounts=[account(rule(ONE, "monitoring"))]))
        await until(lambda: server.last_status()["serial"] == 6)
        fetches = server.fetches
        await server.activate(activation(6, 7, account(rule(TWO))))
        await until(lambda: server.last_status()["serial"] == 7)
        assert server.fetches == fetches, "an activation needs no fetch"
        assert double.configs[-1]["accounts"][0]["rules"][0]["program"] == key_of(TWO)
        await until(lambda: len(server.stats) >= 2)
        assert server.stats[-1]["serial"] == 7
    assert stat.S_IMODE((tmp_path / "node.json").stat().st_mode) == 0o600


async def test_a_second_start_needs_no_token_and_ignores_one(server: ControlServer, tmp_path: Path) -> None:
    for token in ("token-1", None, "another"):
        server.statuses.clear()
        async with running_agent(settings(server, tmp_path, token)):
            await until(lambda: server.statuses)
    assert server.enrolments == 1


async def test_the_control_plane_moves_to_another_port(server: ControlServer, tmp_path: Path) -> None:
    async with running_agent(settings(server, tmp_path)):
        await until(lambda: server.statuses)
    await server.stop()
    moved = ControlServer()
    moved.credential = server.credential
    await moved.start()
    async with running_agent(settings(moved, tmp_path)):
        await until(lambda: moved.statuses)
    await moved.stop()
    assert moved.enrolments == 0


async def test_a_node_of_another_control(server: ControlServer, tmp_path: Path) -> None:
    async with running_agent(settings(server, tmp_path)):
        await until(lambda: server.statuses)
    other = Settings(state=tmp_path, ports=(PORT,), control="http://127.0.0.2:1", token="t", hostname="test")
    with pytest.raises(ConfigError, match="another --state"):
        await agent.run(other)


async def test_a_refused_token_is_final(server: ControlServer, tmp_path: Path) -> None:
    with pytest.raises(Refused) as raised:
        await agent.run(settings(server, tmp_path, "wrong"), lambda ports: Engine(DoubleDataplane()), not_confined)
    assert raised.value.code == "enrol.refused"


async def test_enrolment_waits_for_a_control_plane(tmp_path: Path) -> None:
    late = ControlServer()
    late.failures = 2
    async with running_agent(settings(late, tmp_path)):
        await asyncio.sleep(0.3)
        await late.start()
        try:
            await until(lambda: late.statuses)
        finally:
            await late.stop()
    identity = load(tmp_path)
    assert identity is not None and identity.node_id == NODE
    assert identity.credential not in repr(identity)


async def test_one_agent_a_state_folder(server: ControlServer, tmp_path: Path) -> None:
    async with running_agent(settings(server, tmp_path)):
        await until(lambda: server.statuses)
        with pytest.raises(ConfigError) as raised:
            await agent.run(settings(server, tmp_path))
    assert raised.value.code == "state.locked"


async def test_bad_news_is_refused_and_reported(server: ControlServer, tmp_path: Path) -> None:
    good = content(5, ONE, accounts=[account(rule(ONE))])
    server.serve_content(good)
    async with running_agent(settings(server, tmp_path)) as double:
        await until(lambda: server.last_status().get("serial") == 5)
        stranger, pretender = Signer("key-9"), Signer()
        payload = content(6, ONE, accounts=[account()])
        tampered = {**payload, "programs": {key_of(ONE): {"elf": b64(ONE + b"x")}}}
        for envelope, code in (
            (stranger.sign(payload), "bundle.key"),
            (pretender.sign(payload), "bundle.signature"),
            (server.signer.sign(tampered), "bundle.program"),
            (server.signer.sign(content(4, ONE, accounts=[])), "bundle.serial"),
            (server.signer.sign(b"{}"), "bundle.schema"),
            ({"key_id": 1}, "bundle.schema"),
        ):
            server.statuses.clear()
            server.bundle = json.dumps(envelope).encode()
            await server.send({"type": "bundle", "serial": 6})
            await until(lambda code=code: code in server.error_codes())
            assert server.last_status()["serial"] == 5
        for envelope, code in (
            (pretender.sign(activation(5, 6, account())), "activation.signature"),
            (stranger.sign(activation(5, 6, account())), "activation.key"),
            (server.signer.sign(activation(6, 5, account())), "activation.schema"),
            ({"payload": "?"}, "activation.schema"),
        ):
            server.serve_content(good)
            server.statuses.clear()
            await server.send({"type": "activation"} | envelope)
            await until(lambda code=code: code in server.error_codes())
        assert len(double.configs) == 1
        await server.announce(content(6, ONE, accounts=[account()]))
        await until(lambda: server.last_status()["serial"] == 6)
        assert server.last_status()["error"] is None


async def test_strange_messages_do_not_end_it(server: ControlServer, tmp_path: Path) -> None:
    server.serve_content(content(5, ONE, accounts=[]))
    async with running_agent(settings(server, tmp_path)):
        await until(lambda: server.last_status().get("serial") == 5)
        for text in ("{", "[]", "null", '{"type": 5}', '{"type": "weather"}', '{"type": "bundle", "serial": "x"}'):
            await server.send(text)
        await server.send("[" * 50_000)
        await server.activate(activation(5, 6, account()))
        await until(lambda: server.last_status()["serial"] == 6)
        assert server.fetches == 1


async def test_an_activation_without_its_base_fetches(server: ControlServer, tmp_path: Path) -> None:
    server.serve_content(content(5, ONE, accounts=[]))
    async with running_agent(settings(server, tmp_path)):
        await until(lambda: server.last_status().get("serial") == 5)
        server.serve_content(content(9, ONE, TWO, accounts=[account(rule(TWO))]))
        await server.activate(activation(8, 9, account(rule(TWO))))
        await until(lambda: server.last_status()["serial"] == 9)


async def test_an_oversized_bundle(server: ControlServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_BYTES == 64 << 20
    monkeypatch.setattr(bundle, "MAX_BYTES", 1000)
    server.bundle = b" " * 1001
    async with running_agent(settings(server, tmp_path)):
        await until(lambda: "bundle.size" in server.error_codes())


async def test_an_oversized_message_is_survived(
    server: ControlServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(net, "MAX_MESSAGE", 1000)
    server.serve_content(content(5, ONE, accounts=[]))
    async with running_agent(settings(server, tmp_path)):
        await until(lambda: server.last_status().get("serial") == 5)
        server.statuses.clear()
        await server.send("x" * 2000)
        await until(lambda: server.statuses)  # on a new connection


async def test_a_control_plane_that_comes_and_goes(server: ControlServer, tmp_path: Path) -> None:
    server.serve_content(content(5, ONE, accounts=[account(rule(ONE))]))
    async with running_agent(settings(server, tmp_path)):
        await until(lambda: server.last_status().get("serial") == 5)
    await server.stop()
    async with running_agent(settings(server, tmp_path)) as double:
        await until(lambda: double.configs)
        await asyncio.sleep(1.2)
        server.serve_content(content(6, ONE, accounts=[]))
        server.statuses.clear()
        server.stats.clear()
        await server.start()
        await until(lambda: server.last_status().get("serial") == 6)
        await until(lambda: server.stats)
        assert server.stats[0]["serial"] == 5, "counted while nobody listened"


async def test_a_failing_fetch_is_tried_again(server: ControlServer, tmp_path: Path) -> None:
    async with running_agent(settings(server, tmp_path)):
        await until(lambda: server.fetches)
        server.failures = 3
        await server.announce(content(5, ONE, accounts=[]))
        await until(lambda: server.last_status().get("serial") == 5)


async def test_a_credential_nobody_knows(server: ControlServer, tmp_path: Path) -> None:
    server.serve_content(content(5, ONE, accounts=[account(rule(ONE))]))
    async with running_agent(settings(server, tmp_path)):
        await until(lambda: server.last_status().get("serial") == 5)
    server.credential = "other"
    server.statuses.clear()
    async with running_agent(settings(server, tmp_path)) as double:
        await until(lambda: double.configs)
        await asyncio.sleep(1)
        assert server.statuses == []


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        config.read(["--help"])
    assert raised.value.code == 0
    said = capsys.readouterr().out
    assert "relay:192.0.2.10:7777->127.0.0.1:7778" in said
