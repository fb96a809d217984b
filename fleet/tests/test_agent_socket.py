"""WS /fleet/v1/agent."""

import asyncio
import json

import pytest
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.utils import timezone

from fleet import live
from fleet.actions.publish import publish
from fleet.actions.retire_node import retire_node
from fleet.consumers import agent as agent_module
from fleet.models import SILENT, Node
from fleet.tests.sockets import socket
from fleet.tests.test_bundle import CONTENT, opened
from httpapi.live import group

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/fleet/v1/agent"
ENTRY = {"id": "a" * 32, "prefixes": ["192.0.2.0/24"], "allowlist": [], "settings": {}, "rules": []}


@database_sync_to_async
def row() -> Node:
    return Node.objects.get()


def text(**message) -> str:
    return json.dumps(message)


async def until(check, value) -> None:
    for _ in range(100):
        if check(await row()) == value:
            return
        await asyncio.sleep(0.01)
    assert check(await row()) == value


async def test_it_works(node):
    await database_sync_to_async(publish)(CONTENT)
    ws = socket(PATH, "fpn_edge1")
    assert await ws.connect()
    assert await ws.receive_json() == {"type": "bundle", "serial": 1}
    await until(lambda node: node.state, "online")
    status = {"type": "status", "serial": 1, "loaded": ["ab"], "error": None, "agent_version": "0.2"}
    await ws.send_json(status)
    await until(lambda node: (node.serial, node.loaded, node.agent_version), (1, ["ab"], "0.2"))
    held_back = [{"account_id": "a" * 32, "code": "config.list", "message": "no list"}]
    confinement = {"state": "partial", "missing": ["landlock.tcp"]}
    await ws.send_json(status | {"held_back": held_back, "confinement": confinement})
    why = {"a" * 32: {"code": "config.list", "message": "no list"}}
    await until(lambda node: (node.held_back, node.confinement), (why, confinement))
    await ws.disconnect()
    await until(lambda node: node.state, "offline")


async def test_an_activation_reaches_a_connected_agent(node):
    await database_sync_to_async(publish)(CONTENT)
    ws = socket(PATH, "fpn_edge1")
    await ws.connect()
    await ws.receive_json()
    await database_sync_to_async(publish)(CONTENT, activation=ENTRY)
    message = await ws.receive_json()
    assert message["type"] == "activation"
    payload = await database_sync_to_async(opened)(message)
    assert payload == {"schema": 1, "base_serial": 1, "serial": 2, "account": ENTRY}
    await database_sync_to_async(publish)(CONTENT)
    assert await ws.receive_json() == {"type": "bundle", "serial": 3}
    await ws.disconnect()


async def test_the_first_bundle_is_fetched(node):
    ws = socket(PATH, "fpn_edge1")
    await ws.connect()
    await database_sync_to_async(publish)(CONTENT, activation=ENTRY)
    assert await ws.receive_json() == {"type": "bundle", "serial": 1}
    await ws.disconnect()


@pytest.mark.parametrize("credential", [None, "wrong", "fpn_edge1x"])
async def test_strangers_are_refused(node, credential):
    ws = socket(PATH, credential)
    await ws.connect()
    assert (await ws.closed())[0] == 4401
    await database_sync_to_async(publish)(CONTENT)
    assert await ws.receive_nothing()
    assert (await row()).state == "enrolled"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("{", "message.json"),
        ("[" * 100_000, "message.json"),
        ('{"type":"status","serial":NaN}', "message.json"),
        ("9" * 5000, "message.json"),
        ("[]", "message.shape"),
        ('"status"', "message.shape"),
        ("{}", "message.type"),
        (text(type="bundle", serial=1), "message.type"),
        (text(type="status"), "status.serial"),
        (text(type="status", serial=-1), "status.serial"),
        (text(type="status", serial=True), "status.serial"),
        (text(type="status", serial=2**63), "status.serial"),
        (text(type="status", serial=1.0), "status.serial"),
        (text(type="status", serial=1, loaded={}), "status.loaded"),
        (text(type="status", serial=1, loaded=["a b"]), "status.loaded"),
        (text(type="status", serial=1, loaded=["a"] * 5001), "status.loaded"),
        (text(type="status", serial=1, error="broken"), "status.error"),
        (text(type="status", serial=1, error={"code": "A B", "message": ""}), "status.error"),
        (text(type="status", serial=1, error={"code": "a", "message": 1}), "status.error"),
        (text(type="status", serial=1, agent_version="1" * 41), "status.agent_version"),
        (text(type="status", serial=1, held_back={}), "status.held_back"),
        (text(type="status", serial=1, held_back=["a"]), "status.held_back"),
        (text(type="status", serial=1, held_back=[{"account_id": "x", "code": "a"}]), "status.held_back"),
        (text(type="status", serial=1, held_back=[{"account_id": "a" * 32}]), "status.error"),
        (text(type="status", serial=1, confinement="full"), "status.confinement"),
        (text(type="status", serial=1, confinement={"state": []}), "status.confinement"),
        (text(type="status", serial=1, confinement={"state": "off", "missing": [1]}), "status.confinement"),
        ('{"a":"' + "x" * 600_000 + '"}', "message.too_large"),
        (b"\x00\x01", "message.binary"),
    ],
)
async def test_rubbish_ends_the_connection(node, message, code):
    ws = socket(PATH, "fpn_edge1")
    await ws.connect()
    await (ws.send_bytes(message) if isinstance(message, bytes) else ws.send_text(message))
    number, reason = await ws.closed()
    assert number == 4400 and reason.startswith(f"{code}: "), reason
    assert (await row()).serial == 0


async def test_too_many_messages(node):
    ws = socket(PATH, "fpn_edge1")
    await ws.connect()
    for _ in range(60):
        await ws.send_json({"type": "status", "serial": 0})
    number, reason = await ws.closed()
    assert number == 4400 and reason.startswith("message.too_many")


async def test_a_retired_node_is_cut_off(node):
    ws = socket(PATH, "fpn_edge1")
    await ws.connect()
    await database_sync_to_async(retire_node)(None, node)
    assert (await ws.closed())[0] == 4401
    assert (await row()).state == "retired"
    again = socket(PATH, "fpn_edge1")
    await again.connect()
    assert (await again.closed())[0] == 4401


async def test_an_older_connection_that_ends_changes_nothing(node):
    old, new = socket(PATH, "fpn_edge1"), socket(PATH, "fpn_edge1")
    await old.connect()
    await until(lambda node: node.state, "online")
    first = (await row()).connection
    await new.connect()
    await until(lambda node: node.connection != first, True)
    await old.disconnect()
    assert (await row()).state == "online"
    await new.disconnect()
    await until(lambda node: node.state, "offline")


async def test_what_the_channel_layer_lost_is_made_up(node, monkeypatch):
    monkeypatch.setattr(agent_module, "LOOK_SECONDS", 0.05)
    ws = socket(PATH, "fpn_edge1")
    await ws.connect()
    monkeypatch.setattr("fleet.live.get_channel_layer", lambda: None)
    await database_sync_to_async(publish)(CONTENT)
    assert await ws.receive_json() == {"type": "bundle", "serial": 1}
    await ws.disconnect()


async def test_browsers_hear_of_nodes_without_the_errors_details(node):
    layer = get_channel_layer()
    await layer.group_add(group("nodes"), "browser")
    ws = socket(PATH, "fpn_edge1")
    await ws.connect()
    event = await asyncio.wait_for(layer.receive("browser"), 2)
    assert (event["event"], event["data"]["state"], event["data"]["id"]) == ("node", "online", str(node.pk))
    error = {"code": "program.rejected", "message": "program 77 of account 12"}
    await ws.send_json({"type": "status", "serial": 0, "error": error})
    event = await asyncio.wait_for(layer.receive("browser"), 2)
    assert event["data"]["error"]["code"] == "program.rejected"
    assert "12" not in event["data"]["error"]["message"]
    assert (await row()).error == error
    await ws.disconnect()


async def test_a_membership_that_the_channel_layer_forgot_is_renewed(node, monkeypatch):
    monkeypatch.setattr(agent_module, "LOOK_SECONDS", 0.05)
    ws = socket(PATH, "fpn_edge1")
    await ws.connect()
    await until(lambda node: node.state, "online")
    get_channel_layer().groups.clear()
    await asyncio.sleep(0.2)
    await database_sync_to_async(publish)(CONTENT)
    assert await ws.receive_json() == {"type": "bundle", "serial": 1}
    assert live.NODES in get_channel_layer().groups
    await ws.disconnect()


async def test_a_node_whose_server_went_down_is_noticed_by_another(node, monkeypatch):
    monkeypatch.setattr(agent_module, "LOOK_SECONDS", 0.05)
    lost = {"hostname": "edge2", "credential_hash": "x", "state": "online", "last_seen_on": timezone.now() - 2 * SILENT}
    await database_sync_to_async(Node.objects.create)(datacenter=node.datacenter, **lost)
    ws = socket(PATH, "fpn_edge1")
    await ws.connect()
    await asyncio.sleep(0.3)
    states = await database_sync_to_async(lambda: dict(Node.objects.values_list("hostname", "state")))()
    assert states == {"edge1": "online", "edge2": "offline"}
    await ws.disconnect()
