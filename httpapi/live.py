"""Live events for browsers: one channel group an account."""

import logging

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

log = logging.getLogger(__name__)
# Nodes serve every account, so their events go to one group that every subscribed browser also joins.
EVERY_ACCOUNT = "nodes"


def group(account_id: str) -> str:
    """The channel group of an account."""
    return f"account.{account_id}"


def announce(account_id: str, event: str, data: dict) -> None:
    """Sends `event` to the account's open browsers once the transaction has committed.

    `data` must hold only JSON types. Losing an event is no reason to fail the action that caused it.
    """
    message = {"type": "live.event", "event": event, "data": data}
    if account_id != EVERY_ACCOUNT:
        message["account"] = account_id

    def send() -> None:
        try:
            async_to_sync(get_channel_layer().group_send)(group(account_id), message)
        except Exception:
            log.exception("live event %s was not sent", event)

    transaction.on_commit(send)
