"""Store what a node sent, and give back what browsers should hear at once."""

import asyncio
import base64
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from channels.layers import get_channel_layer
from django.db import transaction

from accounts.models import Account
from fleet.models import Node
from httpapi.live import group
from telemetry.messages import Sample, Stats, Tally, trim_tags
from telemetry.models import SUMS, WHOLE_ACCOUNT, Point, Resolution, SampledPacket, TopSources

KEY = ["account", "resolution", "at", "rule", "node"]
PAST_SECONDS, FUTURE_SECONDS = 300, 5
SHOWN_SOURCES, KEPT_SOURCES = 20, 100
# An account and the event for its browsers.
Event = tuple[str, dict[str, Any]]


class Retired(Exception):
    """The node has been retired since it connected."""

    code = "node.retired"


def believed(at: float, now: datetime) -> float:
    """The node's time where it is plausible, else ours."""
    ours = now.timestamp()
    return at if ours - PAST_SECONDS <= at <= ours + FUTURE_SECONDS else ours


def ingest_stats(node: Node, stats: Stats, now: datetime) -> list[Event]:
    """Adds the numbers to the second they belong to. Entries of accounts that are not there are left out.

    A few queries for the whole message: the node's row is locked, so nobody else adds to its points meanwhile.
    Raises Retired.
    """
    at = believed(stats.at, now)
    accounts = _known({*stats.accounts, *stats.sources, *(account for account, _, _ in stats.rules)})
    with transaction.atomic():
        _lock(node)
        _add_points(node, stats, accounts, datetime.fromtimestamp(int(at), UTC))
        _add_sources(node, stats, accounts, datetime.fromtimestamp(int(at) // 60 * 60, UTC))
    return [(account, _stats_event(node, stats, account, at)) for account in sorted(accounts)]


def ingest_samples(node: Node, samples: list[Sample], now: datetime) -> list[Event]:
    """Stores sampled packets, the newest SampledPacket.KEPT of each account. Raises Retired."""
    accounts = _known({sample.account_id for sample in samples})
    samples = [sample for sample in samples if sample.account_id in accounts]
    with transaction.atomic():
        _lock(node)
        SampledPacket.objects.bulk_create(_row(node, sample, now) for sample in samples)
        for account in accounts:
            trim_samples(account)
    return [(account, _samples_event(node, samples, account, now)) for account in sorted(accounts)]


def trim_samples(account_id: str) -> None:
    """Deletes all but the newest samples of the account."""
    rows = SampledPacket.objects.for_account(account_id).order_by("-id")
    last = rows.values_list("id", flat=True)[SampledPacket.KEPT : SampledPacket.KEPT + 1].first()
    if last is not None:
        SampledPacket.objects.for_account(account_id).filter(id__lte=last).delete()


async def deliver(events: list[Event]) -> None:
    """Sends each account its own event. One that is lost is not worth an error: the next comes in a second."""
    layer = get_channel_layer()
    sends = [layer.group_send(group(account), {**event, "account": account}) for account, event in events]
    await asyncio.gather(*sends, return_exceptions=True)


def _lock(node: Node) -> None:
    working = Node.objects.select_for_update().exclude(state=Node.State.RETIRED)
    if working.filter(pk=node.pk).first() is None:
        raise Retired


def _known(ids: set[str]) -> set[str]:
    return set(Account.objects.filter(pk__in=ids).values_list("pk", flat=True))


def _tallies(stats: Stats, accounts: set[str]) -> dict[tuple[str, Any], Tally]:
    """Numbers by account and rule. Would-be drops, errors and skips of an account are those of its rules."""
    found = {(account, WHOLE_ACCOUNT): Tally(stats.accounts[account].sums.copy()) for account in stats.accounts}
    for (account, rule, _), tally in stats.rules.items():
        mine = found.setdefault((account, rule), Tally())
        mine.sums.update(tally.sums)
        mine.tags = trim_tags(mine.tags + tally.tags)
        if whole := found.get((account, WHOLE_ACCOUNT)):
            whole.sums.update({name: tally.sums[name] for name in ("would_drop", "errors", "skipped")})
    return {key: tally for key, tally in found.items() if key[0] in accounts}


def _add_points(node: Node, stats: Stats, accounts: set[str], at: datetime) -> None:
    rows = Point.objects.filter(node=node, resolution=Resolution.SECOND, at=at, account__in=accounts)
    known = {(row.account_id, row.rule): row for row in rows}
    total = []
    for (account, rule), tally in _tallies(stats, accounts).items():
        fields = {"account_id": account, "node": node, "rule": rule, "resolution": Resolution.SECOND, "at": at}
        row = known.get((account, rule)) or Point(**fields)
        if rule == WHOLE_ACCOUNT or tally.tags or any(tally.sums.values()):
            # Without its number an earlier row is met by the constraint, and takes the new total.
            row.pk = None
            add(row, tally)
            total.append(row)
    write(total)


def write(rows: list[Point]) -> None:
    """Inserts points, or replaces the numbers of those that are there. Faster than updates by a long way."""
    Point.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=KEY, update_fields=[*SUMS, "tags"], batch_size=500
    )


def add(row: Point, tally: Tally) -> None:
    """Adds the numbers to an unsaved row."""
    for name in SUMS:
        setattr(row, name, getattr(row, name) + tally.sums[name])
    row.tags = dict(trim_tags(Counter(row.tags) + tally.tags))


def _add_sources(node: Node, stats: Stats, accounts: set[str], minute: datetime) -> None:
    mine = {account: sources for account, sources in stats.sources.items() if account in accounts}
    known = {row.account_id: row for row in TopSources.objects.filter(node=node, at=minute, account__in=mine)}
    rows = []
    for account, sources in mine.items():
        row = known.get(account) or TopSources(account_id=account, node=node, at=minute)
        row.pk = None
        for address, pair in sources.items():
            before = row.sources.get(address, [0, 0])
            row.sources[address] = [before[0] + pair[0], before[1] + pair[1]]
        row.sources = dict(busiest(row.sources, KEPT_SOURCES))
        rows.append(row)
    TopSources.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["account", "at", "node"], update_fields=["sources"]
    )


def busiest(sources: dict[str, list[int]], count: int) -> list[tuple[str, list[int]]]:
    """The sources with the most packets, most first."""
    return sorted(sources.items(), key=lambda item: (-item[1][0], item[0]))[:count]


def _stats_event(node: Node, stats: Stats, account: str, at: float) -> dict[str, Any]:
    whole = stats.accounts.get(account, Tally()).sums
    rules = [
        {
            "rule_id": str(rule),
            "mode": mode,
            "packets": tally.sums["received"],
            **{name: tally.sums[name] for name in SUMS if name != "received"},
            "tags": dict(tally.tags),
        }
        for (owner, rule, mode), tally in stats.rules.items()
        if owner == account
    ]
    sources = busiest(stats.sources.get(account, {}), SHOWN_SOURCES)
    data = {
        "at": at,
        "node": node.hostname,
        "datacenter": node.datacenter.code,
        **{name: whole[name] for name in ("received", "passed", "dropped", "challenged")},
        "rules": rules,
        "sources": [{"address": address, "packets": pair[0], "dropped": pair[1]} for address, pair in sources],
    }
    return {"type": "live.event", "event": "stats", "data": data}


def _samples_event(node: Node, samples: list[Sample], account: str, now: datetime) -> dict[str, Any]:
    shown = [
        {
            **vars(sample),
            "rule": None,
            "rule_id": str(sample.rule) if sample.rule else None,
            "at": believed(sample.at, now),
            "packet": base64.b64encode(sample.packet).decode(),
            "node": node.hostname,
        }
        for sample in samples
        if sample.account_id == account
    ]
    for sample in shown:
        del sample["rule"]
    return {"type": "live.event", "event": "samples", "data": {"samples": shown}}


def _row(node: Node, sample: Sample, now: datetime) -> SampledPacket:
    fields = {name: value for name, value in vars(sample).items() if name not in ("at", "tag")}
    at = datetime.fromtimestamp(believed(sample.at, now), UTC)
    return SampledPacket(node=node, at=at, tag=str(sample.tag), **fields)
