"""Sum seconds to minutes and minutes to hours."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone

from telemetry.actions.ingest import add, write
from telemetry.messages import Tally
from telemetry.models import SUMS, Point, Resolution

# Reports come up to five minutes late; buckets younger than this are summed again.
LATE = timedelta(minutes=10)


def rollup(now: datetime | None = None) -> int:
    """Sums whatever is not summed yet, and again whatever may have changed; how many rows were written.

    Each row is written as the sum of its parts, never added to: running twice, or two at once, changes nothing.
    """
    now = now or timezone.now()
    written = 0
    for parts, whole in ((Resolution.SECOND, Resolution.MINUTE), (Resolution.MINUTE, Resolution.HOUR)):
        start = _next(parts, whole, _again_from(whole))
        while start is not None and start <= now + LATE:
            written += _sum(parts, whole, start)
            start = _next(parts, whole, start + timedelta(seconds=int(whole)))
    return written


def floor(at: datetime, resolution: int) -> datetime:
    """The beginning of the interval that `at` lies in."""
    return datetime.fromtimestamp(int(at.timestamp()) // resolution * resolution, UTC)


def _again_from(whole: int) -> datetime:
    newest = Point.objects.filter(resolution=whole).order_by("-at").values_list("at", flat=True).first()
    return floor(newest - LATE, whole) if newest else datetime.fromtimestamp(0, UTC)


def _next(parts: int, whole: int, since: datetime) -> datetime | None:
    """The next interval that has anything in it."""
    rows = Point.objects.filter(resolution=parts, at__gte=since).order_by("at")
    at = rows.values_list("at", flat=True).first()
    return floor(at, whole) if at else None


def _sum(parts: int, whole: int, start: datetime) -> int:
    rows = Point.objects.filter(resolution=parts, at__gte=start, at__lt=start + timedelta(seconds=int(whole)))
    sums: dict[tuple, Point] = {}
    for row in rows.iterator():
        key = (row.account_id, row.rule, row.node_id)
        if key not in sums:
            sums[key] = Point(account_id=key[0], rule=key[1], node_id=key[2], resolution=whole, at=start)
        tally = Tally()
        tally.sums.update({name: getattr(row, name) for name in SUMS})
        tally.tags.update(row.tags)
        add(sums[key], tally)
    # In one order, so that two that run at once wait for each other and do not block each other.
    write([sums[key] for key in sorted(sums)])
    return len(sums)
