"""Forget what is too old."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from accounts.models import Account
from telemetry.actions.ingest import trim_samples
from telemetry.actions.rollup import floor, rollup
from telemetry.models import Point, Resolution, SampledPacket, TopSources

# Resolution, how long it is kept, and the interval of which only a whole may go: a part would be summed wrongly.
KEPT = (
    (Resolution.SECOND, timedelta(hours=1), 60),
    (Resolution.MINUTE, timedelta(days=7), 3600),
    (Resolution.HOUR, timedelta(days=400), 3600),
)
SOURCES_KEPT = timedelta(days=1)


def prune(now: datetime | None = None) -> int:
    """Sums up first, so nothing is forgotten that was not counted; how many rows went."""
    now = now or timezone.now()
    rollup(now)
    gone = 0
    for resolution, kept, whole in KEPT:
        gone += Point.objects.filter(resolution=resolution, at__lt=floor(now - kept, whole)).delete()[0]
    gone += TopSources.objects.filter(at__lt=now - SOURCES_KEPT).delete()[0]
    gone += SampledPacket.objects.filter(at__lt=now - timedelta(days=settings.SAMPLES_DAYS)).delete()[0]
    for account_id in Account.objects.values_list("pk", flat=True):
        trim_samples(account_id)
    return gone
