"""An account's IP list from the control plane to packets: composed, signed, read by the agent, enforced."""

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flowprotect_engine import Dataplane

from accounts.actions.create_list import create_list
from accounts.actions.set_entries import set_entries
from deployments.bundle import account_entry, compose
from deployments.models import Rule
from deployments.tests.conftest import make_house, make_version
from edge.apply import Enforcer
from edge.engine import Engine
from edge.fields import Reader
from edge.keys import AccountKeys
from edge.schema import bundle_fault
from edge.signing import KeyRing, Signed, parse_signed
from edge.store import Store
from edge.tests.server import NODE, Signer, activation

# Tags with what the list `trusted` says of the source, << 32; with -5 of the list `nobody` in the lowest 16 bits.
LISTS = (Path(__file__).parents[1] / "engine/crates/vm/tests/additions/lists.o").read_bytes()
NOBODY = 0xFFFF - 4


@pytest.fixture
def upstream() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(3)
        yield server


@pytest.fixture
def dataplane(upstream: socket.socket) -> Iterator[Dataplane]:
    plane = Dataplane([f"relay:127.0.0.1:0->127.0.0.1:{upstream.getsockname()[1]}"])
    yield plane
    plane.stop()


def decide(dataplane: Dataplane, upstream: socket.socket) -> int:
    """The tag of a packet from 127.0.0.1 that shows no address on the list."""
    host, port = dataplane.listening()[0].rsplit(":", 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(bytes(8), (host, int(port)))
        upstream.recvfrom(100)
    (rule,) = dataplane.stats()["rules"]
    (tag,) = rule["tags"]
    return int(tag)


@pytest.mark.django_db
def test_a_list_decides_on_live_traffic(tmp_path: Path, dataplane: Dataplane, upstream: socket.socket) -> None:
    house = make_house("games", "127.0.0.0/8")
    version = make_version(house.first.program, 3, "int d;\n", LISTS)
    terms = {"scope": "global", "name": "global", "mode": "enabled", "expression": "", "live": True}
    Rule.objects.create(account=house.account, program=version.program, version=version, **terms)
    trusted = create_list(house.developer, house.account, "trusted")
    set_entries(house.developer, trusted, "127.0.0.0/16\n2001:db8::/32\n")
    signer = Signer()
    ring = KeyRing({signer.key_id: signer.public})
    enforcer = Enforcer(Engine(dataplane), ring, AccountKeys(tmp_path), Store(tmp_path, ring, NODE), NODE)

    def signed(payload: dict[str, object]) -> Signed:
        return parse_signed(Reader(signer.sign(json.loads(json.dumps(payload))), "", bundle_fault))

    node = {"id": NODE, "region": "eu", "datacenter": "ams1"}
    bundle = signed({"schema": 1, "serial": 5, "node": node, **compose()})
    set_entries(house.developer, trusted, "10.0.0.0/8\n")
    change = signed(activation(5, 6, account_entry(house.account)))

    asyncio.run(enforcer.adopt(bundle, time.monotonic(), 0))
    assert decide(dataplane, upstream) == 1 << 32 | NOBODY
    assert asyncio.run(enforcer.activate(change, time.monotonic()))
    assert decide(dataplane, upstream) == NOBODY
