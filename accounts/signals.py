"""What other apps may listen to."""

from django.dispatch import Signal

protection_changed = Signal()
"""`send(sender=Account, account=account)` inside the transaction that changed the
account's prefixes, allowlist, IP lists or fallbacks.

A receiver that raises undoes the change.
"""
