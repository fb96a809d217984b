"""Tell nodes that what an account protects, or never drops, has changed."""

from typing import Any

from accounts.models import Account
from deployments import bundle


def on_protection_changed(account: Account, **_: Any) -> None:
    """Receiver of `accounts.signals.protection_changed`, inside the transaction of the change."""
    bundle.lock()
    bundle.send(account)
