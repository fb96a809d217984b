"""Storing numbers and samples."""

from datetime import timedelta

import pytest

from fleet.models import Node
from telemetry.actions.ingest import Retired, believed, ingest_samples, ingest_stats
from telemetry.messages import read_samples, read_stats
from telemetry.models import WHOLE_ACCOUNT, Point, SampledPacket, TopSources
from telemetry.tests.conftest import NOW, RULE, message, rule_entry, sample

AT = NOW.timestamp()


def send(node, data, now=NOW):
    return ingest_stats(node, read_stats(data), now)


def test_it_works(node, games):
    counts = {"received": 12, "passed": 8, "dropped": 4, "challenged": 2, "allowlisted": 1, "no_rule": 2}
    source = {"address": "203.0.113.9", "packets": 4, "dropped": 4}
    rule = rule_entry(would_drop=1, errors=2, skipped=3)
    ((account, event),) = send(node, message(AT + 0.25, [(games.pk, counts)], [(games.pk, rule)], [(games.pk, source)]))
    whole = Point.objects.get(rule=WHOLE_ACCOUNT)
    assert (whole.received, whole.passed, whole.dropped, whole.would_drop, whole.errors) == (12, 8, 4, 1, 2)
    assert whole.skipped == 3
    assert (whole.at, whole.resolution) == (NOW, 1)
    point = Point.objects.get(rule=RULE)
    assert (point.received, point.skipped, point.tags) == (10, 3, {"1": 4})
    assert account == games.pk
    assert event["data"] == {
        "at": AT + 0.25,
        "node": "edge1",
        "datacenter": "ams1",
        "received": 12,
        "passed": 8,
        "dropped": 4,
        "challenged": 2,
        "rules": [
            {
                "rule_id": RULE,
                "mode": "enabled",
                "packets": 10,
                "passed": 6,
                "dropped": 4,
                "would_drop": 1,
                "challenged": 0,
                "errors": 2,
                "allowlisted": 0,
                "skipped": 3,
                "tags": {"1": 4},
            }
        ],
        "sources": [source],
    }


def test_two_reports_in_a_second_add_up(node, games):
    for extra in (0.0, 0.9):
        send(node, message(AT + extra, [(games.pk, {"received": 5})], [(games.pk, rule_entry(tags={"1": 1, "2": 1}))]))
    assert Point.objects.get(rule=WHOLE_ACCOUNT).received == 10
    point = Point.objects.get(rule=RULE)
    assert (point.received, point.dropped, point.tags) == (20, 8, {"1": 2, "2": 2})


def test_each_account_hears_only_its_own(node, games, others):
    events = dict(
        send(
            node,
            message(
                AT,
                [(games.pk, {"received": 5}), (others.pk, {"received": 7})],
                [(others.pk, rule_entry())],
                [(others.pk, {"address": "198.51.100.7", "packets": 1})],
            ),
        )
    )
    mine = events[games.pk]["data"]
    assert (mine["received"], mine["rules"], mine["sources"]) == (5, [], [])
    assert events[others.pk]["data"]["received"] == 7


def test_unknown_accounts_are_left_out(node, games):
    gone = "c" * 32
    data = message(AT, [(gone, {"received": 5}), (games.pk, {"received": 1})], [(gone, rule_entry())])
    assert [account for account, _ in send(node, data)] == [games.pk]
    assert Point.objects.count() == 1


def test_rules_without_packets_are_not_stored(node, games):
    idle = rule_entry(packets=0, passed=0, dropped=0, tags={})
    send(node, message(AT, [(games.pk, {})], [(games.pk, idle)]))
    assert [point.rule for point in Point.objects.all()] == [WHOLE_ACCOUNT]


def test_a_retired_node_adds_nothing(node, games):
    Node.objects.update(state="retired")
    with pytest.raises(Retired):
        send(node, message(AT, [(games.pk, {"received": 5})]))
    assert not Point.objects.exists()


@pytest.mark.parametrize("off", [-301, 6, -1e9, 1e9])
def test_a_clock_that_is_wrong_is_not_believed(node, games, off):
    send(node, message(AT + off, [(games.pk, {"received": 5})]))
    assert Point.objects.get().at == NOW


@pytest.mark.parametrize("off", [-299, 4, 0])
def test_a_clock_that_may_be_right_is(off):
    assert believed(AT + off, NOW) == AT + off


def test_top_sources_are_bounded(node, games):
    for turn in range(2):
        sources = [(games.pk, {"address": f"10.{turn}.0.{n}", "packets": n + 1}) for n in range(100)]
        events = send(node, message(AT, [], [], sources))
    row = TopSources.objects.get()
    assert len(row.sources) == 100 and row.sources["10.0.0.99"] == [100, 0]
    assert len(events[0][1]["data"]["sources"]) == 20


def test_few_queries_for_many_rules(node, games, django_assert_max_num_queries):
    rules = [(games.pk, rule_entry(rule_id=f"{n:032x}")) for n in range(1, 101)]
    with django_assert_max_num_queries(12):
        send(node, message(AT, [(games.pk, {})], rules))
    assert Point.objects.count() == 101


def test_samples_are_kept_up_to_a_number(node, games, others, monkeypatch):
    monkeypatch.setattr(SampledPacket, "KEPT", 5)
    sent = [sample(games.pk, source_port=n) for n in range(8)] + [sample(others.pk), sample("c" * 32)]
    events = dict(ingest_samples(node, read_samples({"samples": sent}), NOW))
    kept = SampledPacket.objects.for_account(games).values_list("source_port", flat=True)
    assert list(kept) == [7, 6, 5, 4, 3]
    assert SampledPacket.objects.for_account(others).count() == 1
    assert sorted(events) == [games.pk, others.pk]
    shown = events[others.pk]["data"]["samples"]
    assert shown == [{**sample(others.pk), "node": "edge1"}]


def test_a_sample_from_the_future(node, games):
    late = NOW + timedelta(days=1)
    ingest_samples(node, read_samples({"samples": [sample(games.pk, at=late.timestamp())]}), NOW)
    assert SampledPacket.objects.get().at == NOW
