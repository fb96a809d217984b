"""An account's traffic over time."""

import uuid
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet, Sum
from django.utils import timezone

from accounts.models import Account
from httpapi.errors import Invalid
from telemetry.actions.ingest import SHOWN_SOURCES, busiest
from telemetry.actions.rollup import floor
from telemetry.messages import trim_tags
from telemetry.models import SUMS, WHOLE_ACCOUNT, Point, Resolution, TopSources

SHOWN = ("received", "passed", "dropped", "challenged")
SHORTEST, LONGEST = 10, 400 * 86400
SOURCES_RANGE = timedelta(hours=1)


def resolution_for(seconds: int) -> Resolution:
    """Up to an hour in seconds, up to a week in minutes, beyond that in hours."""
    if seconds <= 3600:
        return Resolution.SECOND
    return Resolution.MINUTE if seconds <= 7 * 86400 else Resolution.HOUR


def series(
    account: Account, seconds: int, rule: uuid.UUID | None = None, now: datetime | None = None
) -> dict[str, Any]:
    """The last `seconds` of the account, or of one of its rules, over all nodes. Raises Invalid (`stats.seconds`).

    Between the first and the last report a missing interval is zero; before and after them nothing is known.
    """
    if not SHORTEST <= seconds <= LONGEST:
        raise Invalid("stats.seconds", f"seconds is between {SHORTEST} and {LONGEST}.")
    now = now or timezone.now()
    resolution = resolution_for(seconds)
    since = floor(now - timedelta(seconds=seconds), resolution)
    rows = Point.objects.for_account(account).filter(resolution=resolution, at__gte=since)
    rules = _rules(rows.exclude(rule=WHOLE_ACCOUNT))
    return {
        "resolution": int(resolution),
        "points": _points(rows.filter(rule=rule or WHOLE_ACCOUNT), resolution),
        "rules": rules,
        "tags": dict(trim_tags(sum((Counter(entry["tags"]) for entry in rules), Counter()))),
        "sources": _sources(account, max(since, now - SOURCES_RANGE)),
    }


def rule_totals(account: Account, rule: uuid.UUID, seconds: int, now: datetime | None = None) -> dict[str, int]:
    """What happened to the rule's packets in the last seconds (at most an hour), over all nodes."""
    since = (now or timezone.now()) - timedelta(seconds=min(seconds, 3600))
    rows = Point.objects.for_account(account).filter(resolution=Resolution.SECOND, rule=rule, at__gte=since)
    return {name: total or 0 for name, total in rows.aggregate(**_totals()).items()}


def _totals() -> dict[str, Sum]:
    return {name: Sum(name) for name in SUMS}


def _points(rows: QuerySet[Point], resolution: int) -> list[dict[str, int]]:
    points: list[dict[str, int]] = []
    sums: Any = rows.order_by("at").values("at").annotate(**{f"n_{name}": Sum(name) for name in SHOWN})
    for row in sums:
        at = int(row["at"].timestamp())
        while points and points[-1]["at"] + resolution < at:
            points.append({"at": points[-1]["at"] + resolution, **dict.fromkeys(SHOWN, 0)})
        points.append({"at": at, **{name: row[f"n_{name}"] for name in SHOWN}})
    return points


def _rules(rows: QuerySet[Point]) -> list[dict[str, Any]]:
    tags: dict[uuid.UUID, Counter] = {}
    for rule, counts in rows.exclude(tags={}).values_list("rule", "tags").iterator():
        tags.setdefault(rule, Counter()).update(counts)
    sums: Any = rows.order_by("rule").values("rule").annotate(**{f"n_{name}": Sum(name) for name in SUMS})
    return [
        {
            "rule_id": str(row["rule"]),
            "packets": row["n_received"],
            **{name: row[f"n_{name}"] for name in SUMS if name != "received"},
            "tags": dict(trim_tags(tags.get(row["rule"], Counter()))),
        }
        for row in sums
    ]


def _sources(account: Account, since: datetime) -> list[dict[str, Any]]:
    """The busiest of at most the last hour."""
    total: dict[str, list[int]] = {}
    rows = TopSources.objects.for_account(account).filter(at__gte=floor(since, 60))
    for sources in rows.values_list("sources", flat=True):
        for address, (packets, dropped) in sources.items():
            pair = total.setdefault(address, [0, 0])
            pair[0] += packets
            pair[1] += dropped
    found = busiest(total, SHOWN_SOURCES)
    return [{"address": address, "packets": pair[0], "dropped": pair[1]} for address, pair in found]
