"""Sampled packets of an account."""

import uuid

from django.db.models import QuerySet

from accounts.models import Account
from telemetry.models import SampledPacket


def samples(account: Account, rule: uuid.UUID | None = None, verdict: str | None = None) -> QuerySet[SampledPacket]:
    """The newest first; only those of one rule, or with one verdict, where asked for."""
    rows = SampledPacket.objects.for_account(account).select_related("node").order_by("-id")
    if rule:
        rows = rows.filter(rule=rule)
    return rows.filter(verdict=verdict) if verdict else rows
