import pytest
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

from httpapi import live


def test_it_works(transactional_db) -> None:
    layer = get_channel_layer()
    channel = async_to_sync(layer.new_channel)()
    async_to_sync(layer.group_add)(live.group("a" * 32), channel)
    with transaction.atomic():
        live.announce("a" * 32, "build", {"state": "ready"})
        live.announce("b" * 32, "build", {"state": "failed"})
    message = async_to_sync(layer.receive)(channel)
    assert message == {"type": "live.event", "event": "build", "data": {"state": "ready"}, "account": "a" * 32}


def test_what_concerns_everybody_names_no_account(transactional_db) -> None:
    layer = get_channel_layer()
    channel = async_to_sync(layer.new_channel)()
    async_to_sync(layer.group_add)(live.group(live.EVERY_ACCOUNT), channel)
    live.announce(live.EVERY_ACCOUNT, "node", {})
    assert "account" not in async_to_sync(layer.receive)(channel)


def test_a_lost_event_fails_nothing(transactional_db, monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    class Gone:
        async def group_send(self, group: str, message: dict) -> None:
            raise ConnectionError("gone")

    monkeypatch.setattr(live, "get_channel_layer", Gone)
    live.announce("a" * 32, "build", {})
    assert "live event build was not sent" in caplog.text
