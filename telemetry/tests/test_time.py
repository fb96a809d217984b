"""Rolling up, forgetting, and reading back."""

import uuid
from datetime import timedelta

import pytest

from fleet.models import Node, digest
from httpapi.errors import Invalid
from telemetry.actions.ingest import ingest_stats
from telemetry.actions.prune import prune
from telemetry.actions.rollup import rollup
from telemetry.messages import read_stats
from telemetry.models import WHOLE_ACCOUNT, Point, SampledPacket, TopSources
from telemetry.queries.series import rule_totals, series
from telemetry.tests.conftest import NOW, RULE, message, rule_entry


def report(node, account, at, received=1, **rule):
    """One second of one node, arriving on time."""
    rules = [(account.pk, rule_entry(packets=received, passed=received, dropped=0, **rule))] if rule else []
    ingest_stats(node, read_stats(message(at.timestamp(), [(account.pk, {"received": received})], rules)), at)


def points(resolution, rule=WHOLE_ACCOUNT):
    rows = Point.objects.filter(resolution=resolution, rule=rule).order_by("at", "account_id", "node_id")
    return [(row.at, row.received) for row in rows]


def test_sums_are_exact(node, games):
    start = NOW.replace(second=0)
    for second in range(150):
        report(node, games, start + timedelta(seconds=second), second, tags={"1": second, "2": 1})
    rollup(start + timedelta(seconds=150))
    minutes = [(start + timedelta(minutes=n), sum(range(60 * n, min(60 * n + 60, 150)))) for n in range(3)]
    assert points(60) == minutes
    assert points(3600) == [(start, sum(range(150)))]
    assert Point.objects.get(resolution=60, rule=RULE, at=start).tags == {"1": sum(range(60)), "2": 60}
    hour = Point.objects.get(resolution=3600, rule=RULE)
    assert (hour.received, hour.tags) == (sum(range(150)), {"1": sum(range(150)), "2": 150})


def test_twice_is_once_and_late_reports_count(node, games):
    report(node, games, NOW, 5)
    rollup(NOW)
    rollup(NOW)
    assert points(60) == [(NOW.replace(second=0), 5)]
    report(node, games, NOW - timedelta(seconds=200), 7)
    rollup(NOW + timedelta(minutes=1))
    assert sum(received for _, received in points(60)) == 12
    noon = NOW.replace(minute=0, second=0)
    assert points(3600) == [(noon - timedelta(hours=1), 7), (noon, 5)]


def test_it_catches_up_after_a_rest(node, games):
    for minutes in (50, 30, 10, 0):
        report(node, games, NOW - timedelta(minutes=minutes), 1)
    assert rollup(NOW) == 4 + 2
    assert len(points(60)) == 4


def test_nodes_and_accounts_are_summed_apart(node, games, others):
    second = Node.objects.create(datacenter=node.datacenter, hostname="edge2", credential_hash=digest("x"))
    report(node, games, NOW, 1)
    report(second, games, NOW, 2)
    report(node, others, NOW, 4)
    rollup(NOW)
    assert sorted(received for _, received in points(60)) == [1, 2, 4]
    assert series(games, 300, now=NOW)["points"][0]["received"] == 3
    assert series(others, 300, now=NOW)["points"][0]["received"] == 4


def test_prune(node, games):
    old = NOW - timedelta(days=500)
    for at in (old, NOW - timedelta(days=8), NOW - timedelta(hours=2), NOW - timedelta(minutes=59), NOW):
        report(node, games, at, 3)
        TopSources.objects.create(account=games, node=node, at=at)
    prune(NOW)
    assert len(points(1)) == 2
    assert len(points(60)) == 3
    assert len(points(3600)) == 4
    assert TopSources.objects.count() == 3
    before = points(60), points(3600)
    prune(NOW)
    assert (points(60), points(3600)) == before


def test_prune_forgets_old_samples(node, games, settings):
    settings.SAMPLES_DAYS = 7
    fields = {"source": "192.0.2.1", "source_port": 1, "destination": "192.0.2.2", "destination_port": 2, "length": 30}
    for days in (6.9, 7.1):
        SampledPacket.objects.create(
            account=games, node=node, at=NOW - timedelta(days=days), verdict="drop", tag="0", packet=b"x", **fields
        )
    prune(NOW)
    assert SampledPacket.objects.get().at == NOW - timedelta(days=6.9)


def test_prune_never_cuts_a_minute_in_two(node, games):
    start = NOW.replace(second=0)
    for second in range(60):
        report(node, games, start + timedelta(seconds=second))
    for late in (0, 30, 59):
        prune(start + timedelta(hours=1, seconds=late))
        rollup(start + timedelta(hours=1, seconds=late))
        assert points(60) == [(start, 60)]
    prune(start + timedelta(hours=1, seconds=60))
    assert points(1) == [] and points(60) == [(start, 60)]


def test_gaps_are_zero_only_between_reports(node, games):
    report(node, games, NOW - timedelta(seconds=20), 4)
    report(node, games, NOW - timedelta(seconds=16), 5)
    found = series(games, 300, now=NOW)
    begin = int(NOW.timestamp()) - 20
    assert [(point["at"] - begin, point["received"]) for point in found["points"]] == [
        (0, 4),
        (1, 0),
        (2, 0),
        (3, 0),
        (4, 5),
    ]
    assert found["resolution"] == 1


def test_nothing_reported(games):
    assert series(games, 300, now=NOW) == {"resolution": 1, "points": [], "rules": [], "tags": {}, "sources": []}


@pytest.mark.parametrize(("seconds", "resolution"), [(3600, 1), (3601, 60), (7 * 86400, 60), (7 * 86400 + 1, 3600)])
def test_the_resolution_follows_the_range(node, games, seconds, resolution):
    report(node, games, NOW, 4)
    rollup(NOW)
    found = series(games, seconds, now=NOW)
    assert found["resolution"] == resolution
    assert [(point["at"] % resolution, point["received"]) for point in found["points"]] == [(0, 4)]


@pytest.mark.parametrize("seconds", [0, -1, 9, 400 * 86400 + 1])
def test_ranges_have_limits(games, seconds):
    with pytest.raises(Invalid) as refused:
        series(games, seconds, now=NOW)
    assert refused.value.code == "stats.seconds"


def test_rules(node, games):
    for second in (1, 2):
        report(node, games, NOW - timedelta(seconds=second), 10, would_drop=2, skipped=3, tags={"7": 10})
    found = series(games, 300, now=NOW)
    (rule,) = found["rules"]
    assert (rule["rule_id"], rule["packets"], rule["would_drop"], rule["tags"]) == (RULE, 20, 4, {"7": 20})
    assert rule["skipped"] == 6
    assert found["tags"] == {"7": 20}
    one = series(games, 300, uuid.UUID(RULE), now=NOW)
    assert [point["received"] for point in one["points"]] == [10, 10]
    assert rule_totals(games, uuid.UUID(RULE), 60, now=NOW)["would_drop"] == 4
    assert rule_totals(games, uuid.uuid4(), 60, now=NOW)["received"] == 0
