"""The class Dataplane and check_expression through Python."""

import base64
import socket
import threading
import time
from pathlib import Path
from typing import Any

import flowprotect_engine
import pytest
from flowprotect_engine import Dataplane, EngineError

FIRST_BYTE = (Path(__file__).parents[2] / "dataplane/tests/fixtures/first_byte.o").read_bytes()


@pytest.fixture
def upstream():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(3)
        yield server


@pytest.fixture
def client():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as player:
        player.bind(("127.0.0.1", 0))
        player.settimeout(3)
        yield player


@pytest.fixture
def dataplane(upstream):
    plane = Dataplane([f"relay:127.0.0.1:0->127.0.0.1:{upstream.getsockname()[1]}"])
    yield plane
    plane.stop()


def config(**changes: Any) -> dict[str, Any]:
    rule = {"id": "r", "program": "first byte", "scope": "global", "name": "global", "mode": "enabled"}
    account = {
        "id": "a",
        "prefixes": ["127.0.0.0/8"],
        "hmac_key": base64.b64encode(bytes(32)).decode(),
        "rules": [rule],
    }
    return {"generation": 7, "region": "eu", "datacenter": "ams1", "accounts": [account | changes]}


def listening(dataplane: Dataplane) -> tuple[str, int]:
    host, port = dataplane.listening()[0].rsplit(":", 1)
    return host, int(port)


def test_it_works(dataplane, upstream, client):
    assert dataplane.load_program("first byte", FIRST_BYTE)["ok"]
    dataplane.apply(config())
    at = listening(dataplane)
    client.sendto(b"pass", at)
    payload, flow = upstream.recvfrom(100)
    upstream.sendto(payload, flow)
    assert client.recvfrom(100) == (b"pass", at)
    client.sendto(b"challenge me", at)
    assert client.recvfrom(100) == (b"are who?", at)
    stats = dataplane.stats()
    assert stats["generation"] == 7
    assert stats["totals"]["received"] == 2
    assert stats["rules"][0]["tags"] == {str(ord("p")): 1, str(ord("c")): 1}
    assert stats["sources"] == [{"account_id": "a", "address": "127.0.0.1", "packets": 2, "dropped": 1}]
    assert [sample["verdict"] for sample in dataplane.samples()] == ["pass", "drop"]


def test_errors_have_codes_and_change_nothing(dataplane):
    dataplane.load_program("first byte", FIRST_BYTE)
    dataplane.apply(config())
    for changes, code in [
        ({"prefixes": ["x"]}, "config.cidr"),
        ({"hmac_key": "x"}, "config.hmac_key"),
        ({"rules": "x"}, "config.shape"),
        ({"rules": [config()["accounts"][0]["rules"][0] | {"program": "x"}]}, "config.unknown_program"),
        ({"rules": [config()["accounts"][0]["rules"][0] | {"expression": "x"}]}, "expression.syntax"),
    ]:
        with pytest.raises(EngineError) as caught:
            dataplane.apply(config(**changes) | {"generation": 8})
        assert caught.value.code == caught.value.args[0] == code
    assert dataplane.stats()["generation"] == 7


@pytest.mark.parametrize("spec", ["", "xdp:eth0", "relay:127.0.0.1:1->127.0.0.1:0"])
def test_a_wrong_port_is_refused(spec):
    with pytest.raises(EngineError) as caught:
        Dataplane([spec])
    assert caught.value.code == "port.syntax"


def test_a_stopped_dataplane_says_so(dataplane):
    dataplane.stop()
    dataplane.stop()
    for call in (dataplane.stats, dataplane.samples, dataplane.listening, lambda: dataplane.apply(config())):
        with pytest.raises(EngineError) as caught:
            call()
        assert caught.value.code == "dataplane.stopped"


def test_it_needs_no_interpreter_lock(dataplane, upstream, client):
    at = listening(dataplane)
    busy = threading.Event()

    def hold_the_lock() -> None:
        while not busy.is_set():
            sum(range(1000))

    thread = threading.Thread(target=hold_the_lock)
    thread.start()
    try:
        for _ in range(50):
            client.sendto(b"x", at)
        end = time.monotonic() + 3
        received = 0
        while received < 50 and time.monotonic() < end:
            received += dataplane.stats()["totals"]["received"]
        assert received == 50
    finally:
        busy.set()
        thread.join()


def test_expressions_are_checked():
    flowprotect_engine.check_expression("")
    flowprotect_engine.check_expression("ip.src in {10.0.0.0/8} and udp.dstport eq 7777")
    with pytest.raises(EngineError) as caught:
        flowprotect_engine.check_expression("udp.dstport eq 1.2.3.4")
    error = caught.value
    assert (error.code, error.position) == ("expression.type", 15)
    assert error.args == (error.code, error.message, error.position)


def test_all_rules_share_the_nodes_challenges(dataplane, upstream):
    dataplane.limit_challenges(3)
    dataplane.load_program("first byte", FIRST_BYTE)
    both = config()
    second = both["accounts"][0] | {"id": "b", "prefixes": ["127.0.0.2/32"]}
    second["rules"] = [second["rules"][0] | {"id": "s"}]
    both["accounts"].append(second)
    dataplane.apply(both)
    players = []
    for number in range(10):
        player = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        # A source of its own each, as a source gets one challenge a second.
        player.bind((f"127.0.1.{number + 1}", 0))
        player.settimeout(0.3)
        players.append(player)
    # Not across the end of a second, which would bring new ones.
    time.sleep(-time.time() % 1 + 0.05)
    host, port = listening(dataplane)
    for player in players:
        player.sendto(b"challenge me", (host, port))
    time.sleep(0.3)
    stats = dataplane.stats()
    assert sum(one["challenged"] for one in stats["accounts"]) == 3
    assert stats["totals"]["challenged"] == 3
    got = 0
    for player in players:
        try:
            got += player.recv(100) == b"are who?"
        except TimeoutError:
            pass
        player.close()
    assert got == 3


def test_check_says_which_accounts_are_at_fault(dataplane):
    dataplane.load_program("first byte", FIRST_BYTE)
    good = config()["accounts"][0]
    rule = good["rules"][0]

    def account(identity: str, network: str, **changes: Any) -> dict[str, Any]:
        return good | {"id": identity, "prefixes": [network], "rules": [rule | {"id": identity}]} | changes

    bad = [
        account("shape", "10.0.0.0/24", settings={"fuel": "much"}),
        account("settings", "10.0.1.0/24", settings={"fuel": 0}),
        account("list", "10.0.2.0/24", lists={"": []}),
        account("expression", "10.0.3.0/24", rules=[rule | {"id": "e", "expression": "udp.dstport eq nonsense"}]),
        account("program", "10.0.4.0/24", rules=[rule | {"id": "p", "program": "unknown"}]),
        account("prefix", "127.0.0.0/8"),
        account("twice", "10.0.6.0/24", rules=[rule]),
    ]
    faults = dataplane.check({"generation": 1, "accounts": [good, *bad]})
    assert {fault["account_id"]: fault["code"] for fault in faults} == {
        "shape": "config.shape",
        "settings": "config.settings",
        "list": "config.list",
        "expression": "expression.syntax",
        "program": "config.unknown_program",
        "prefix": "config.duplicate_prefix",
        "twice": "config.duplicate_rule",
    }
    assert all(fault["message"] for fault in faults)
    assert dataplane.check({"generation": 1, "accounts": [good]}) == []
    with pytest.raises(EngineError) as raised:
        dataplane.check({"generation": "x", "accounts": []})
    assert raised.value.code == "config.shape"
