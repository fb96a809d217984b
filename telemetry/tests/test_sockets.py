"""WS /telemetry/v1/node and /ws, together."""

import json
import time

import pytest
from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from django.test import Client

from accounts.models import ApiToken, Membership, User
from fleet.actions.retire_node import retire_node
from fleet.models import Node
from fleet.tests.sockets import Socket, socket
from httpapi.live import announce
from telemetry.consumers import browser as browser_module
from telemetry.models import Point, SampledPacket
from telemetry.tests.conftest import message, rule_entry, sample

pytestmark = pytest.mark.django_db(transaction=True)
NODE = "/telemetry/v1/node"


@pytest.fixture
def cookie(viewer) -> str:
    client = Client()
    client.force_login(viewer)
    return f"sessionid={client.cookies['sessionid'].value}"


async def browser(account: str, **how: str) -> Socket:
    """A browser that is subscribed to the account."""
    ws = socket("/ws", **how)
    assert await ws.connect()
    await ws.send_json({"type": "subscribe", "account": account})
    assert await ws.receive_json() == {"event": "subscribed", "data": {"account": account}}
    return ws


async def edge() -> Socket:
    ws = socket(NODE, "fpn_edge1")
    assert await ws.connect()
    return ws


async def test_it_works(node, games, cookie):
    watcher, sender = await browser(games.pk, cookie=cookie), await edge()
    await sender.send_json(message(time.time(), [(games.pk, {"received": 9})], [(games.pk, rule_entry())]))
    event = await watcher.receive_json()
    assert event["event"] == "stats"
    assert (event["data"]["received"], event["data"]["node"]) == (9, "edge1")
    await sender.send_json({"type": "samples", "samples": [sample(games.pk)]})
    event = await watcher.receive_json()
    assert (event["event"], event["data"]["samples"][0]["source_port"]) == ("samples", 4000)
    assert await database_sync_to_async(Point.objects.count)() == 2
    await watcher.disconnect()
    await sender.disconnect()


async def test_nobody_hears_of_another_account(node, games, others, cookie):
    _, secret = await database_sync_to_async(ApiToken.issue)(others, "t", "viewer")
    mine, theirs, sender = (
        await browser(games.pk, cookie=cookie),
        await browser(others.pk, credential=secret),
        await edge(),
    )
    await sender.send_json(message(time.time(), [(games.pk, {"received": 1}), (others.pk, {"received": 2})]))
    await sender.send_json({"type": "samples", "samples": [sample(others.pk)]})
    assert (await mine.receive_json())["data"]["received"] == 1
    assert (await theirs.receive_json())["data"]["received"] == 2
    assert (await theirs.receive_json())["event"] == "samples"
    assert await mine.receive_nothing()
    for ws in (mine, theirs, sender):
        await ws.disconnect()


@pytest.mark.parametrize("account", ["b" * 32, "d" * 32, "x", "", None, 7, "x" * 5000])
async def test_unknown_and_forbidden_are_answered_alike(games, others, cookie, account):
    ws = socket("/ws", cookie=cookie)
    await ws.connect()
    await ws.send_json({"type": "subscribe", "account": account})
    if isinstance(account, str) and len(account) > 4000:
        assert (await ws.closed())[1].startswith("message.too_large")
        return
    answer = await ws.receive_json()
    assert answer["event"] == "error"
    assert {"code": "not_found", "message": "No such account."}.items() <= answer["data"].items()
    await ws.disconnect()


@pytest.mark.parametrize(
    "how", [{}, {"credential": "fp_wrong"}, {"cookie": "sessionid=wrong"}, {"credential": "fpn_edge1"}]
)
async def test_anonymous_browsers_are_refused(node, games, how):
    ws = socket("/ws", **how)
    await ws.connect()
    assert (await ws.closed())[0] == 4401


async def test_a_foreign_page_cannot_use_the_cookie(games, cookie):
    assert not await socket("/ws", cookie=cookie, origin="https://evil.example", host="localhost").connect()


def remove_member():
    Membership.objects.all().delete()


def block_user():
    User.objects.update(is_active=False)


def log_out():
    from django.contrib.sessions.models import Session

    Session.objects.all().delete()


def change_password():
    user = User.objects.get()
    user.set_password("another password")
    user.save()


@pytest.mark.parametrize("end", [remove_member, block_user, log_out, change_password])
async def test_who_lost_access_stops_receiving(node, games, cookie, monkeypatch, end):
    monkeypatch.setattr(browser_module, "CHECK_SECONDS", 0.0)
    watcher, sender = await browser(games.pk, cookie=cookie), await edge()
    data = message(time.time(), [(games.pk, {"received": 1})])
    await sender.send_json(data)
    assert (await watcher.receive_json())["event"] == "stats"
    await database_sync_to_async(end)()
    await sender.send_json(data)
    assert (await watcher.receive_json())["event"] == "error"
    await sender.send_json(data)
    await database_sync_to_async(announce)(games.pk, "build", {})
    assert await watcher.receive_nothing()
    await watcher.disconnect()
    await sender.disconnect()


async def test_a_revoked_token_stops_receiving(node, games, monkeypatch):
    monkeypatch.setattr(browser_module, "CHECK_SECONDS", 0.0)
    token, secret = await database_sync_to_async(ApiToken.issue)(games, "t", "viewer")
    watcher = await browser(games.pk, credential=secret)
    await database_sync_to_async(token.delete)()
    await database_sync_to_async(announce)(games.pk, "build", {})
    assert (await watcher.receive_json())["event"] == "error"
    await watcher.disconnect()


async def test_the_permission_is_not_asked_for_each_event(node, games, cookie, monkeypatch):
    watcher = await browser(games.pk, cookie=cookie)
    monkeypatch.setattr(browser_module, "may_watch", None)
    await database_sync_to_async(announce)(games.pk, "build", {"state": "ready"})
    assert await watcher.receive_json() == {"event": "build", "account": games.pk, "data": {"state": "ready"}}
    await watcher.disconnect()


async def test_unsubscribe_and_ping(games, cookie):
    ws = await browser(games.pk, cookie=cookie)
    await ws.send_json({"type": "ping"})
    assert (await ws.receive_json())["event"] == "pong"
    await ws.send_json({"type": "unsubscribe", "account": games.pk})
    assert await ws.receive_json() == {"event": "unsubscribed", "data": {"account": games.pk}}
    await database_sync_to_async(announce)(games.pk, "build", {})
    assert await ws.receive_nothing()
    await ws.send_json({"type": "dance"})
    assert (await ws.receive_json())["data"]["code"] == "message.type"
    await ws.disconnect()


async def test_subscriptions_have_a_limit(games, others, cookie, viewer, monkeypatch):
    monkeypatch.setattr(browser_module, "MAX_SUBSCRIPTIONS", 1)
    await sync_to_async(Membership.objects.create)(account=others, user=viewer, role="viewer")
    ws = await browser(games.pk, cookie=cookie)
    await ws.send_json({"type": "subscribe", "account": others.pk})
    assert (await ws.receive_json())["data"]["code"] == "subscriptions"
    await ws.send_json({"type": "subscribe", "account": games.pk})
    assert (await ws.receive_json())["event"] == "subscribed"
    await ws.disconnect()


@pytest.mark.parametrize("text", ["{", "[]", "nonsense", '{"a":' * 2000, "NaN"])
async def test_rubbish_from_browsers(games, cookie, text):
    ws = socket("/ws", cookie=cookie)
    await ws.connect()
    await ws.send_text(text)
    assert (await ws.closed())[0] == 4400


async def test_too_many_messages_from_a_browser(games, cookie):
    ws = await browser(games.pk, cookie=cookie)
    for _ in range(101):
        await ws.send_json({"type": "ping"})
    outputs = [await ws.receive_output(2) for _ in range(100)]
    assert outputs[-1]["type"] == "websocket.close" or (await ws.closed())[0] == 4400


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"type": "status"}, "message.type"),
        ({"type": "stats"}, "stats.at"),
        ({"type": "stats", "at": 1, "accounts": 1}, "stats.accounts"),
        ({"type": "samples", "samples": [{}]}, "samples.entry"),
        ({"type": "stats", "at": 1, "filler": "x" * 1024 * 1024}, "message.too_large"),
        ([], "message.shape"),
    ],
)
async def test_rubbish_from_nodes(node, data, code):
    ws = await edge()
    await ws.send_text(json.dumps(data))
    number, reason = await ws.closed()
    assert number == 4400 and reason.startswith(code), reason


async def test_strangers_cannot_send_numbers(node, games):
    _, secret = await database_sync_to_async(ApiToken.issue)(games, "t", "owner")
    for credential in (None, "wrong", secret):
        ws = socket(NODE, credential)
        await ws.connect()
        assert (await ws.closed())[0] == 4401


async def test_a_retired_node_is_cut_off(node, games):
    ws = await edge()
    await database_sync_to_async(retire_node)(None, node)
    assert (await ws.closed())[0] == 4401
    assert not await database_sync_to_async(SampledPacket.objects.exists)()


async def test_a_retired_node_that_was_not_told_is_cut_off_at_its_next_message(node, games):
    ws = await edge()
    await database_sync_to_async(Node.objects.update)(state="retired")
    await ws.send_json(message(time.time(), [(games.pk, {"received": 1})]))
    assert (await ws.closed())[0] == 4401
    assert not await database_sync_to_async(Point.objects.exists)()
