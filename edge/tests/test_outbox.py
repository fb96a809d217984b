"""Counters are merged, never lost up to a bound; samples are dropped, oldest first, and counted."""

import json
import uuid
from typing import Any

import pytest

from edge import outbox
from edge.outbox import Outbox, merge
from telemetry.messages import read_stats


def record(at: float, packets: int = 1) -> dict[str, Any]:
    return {
        "type": "stats",
        "at": at,
        "serial": int(at),
        "interval_ms": 1000,
        "totals": {"received": packets, "flows": int(at)},
        "accounts": [{"account_id": "a", "received": packets}],
        "rules": [{"account_id": "a", "rule_id": "r", "mode": "enabled", "packets": packets, "tags": {"0": packets}}],
        "sources": [{"account_id": "a", "address": f"192.0.2.{int(at) % 256}", "packets": packets, "dropped": 0}],
        "ports": [{"listen": "l", "upstream": "u", "flows": int(at), "receive_buffer": 9, "kernel_drops": 1}],
    }


def test_merge() -> None:
    merged = merge(record(1, 5), record(2, 7))
    assert (merged["at"], merged["serial"], merged["interval_ms"]) == (2, 2, 2000)
    assert merged["totals"] == {"received": 12, "flows": 2}
    assert merged["accounts"] == [{"account_id": "a", "received": 12}]
    assert merged["rules"][0]["packets"] == 12 and merged["rules"][0]["tags"] == {"0": 12}
    assert [source["packets"] for source in merged["sources"]] == [7, 5]
    assert merged["ports"] == [{"listen": "l", "upstream": "u", "flows": 2, "receive_buffer": 9, "kernel_drops": 1}]


def test_merge_counts_the_tags_that_do_not_fit() -> None:
    first, second = record(1), record(2)
    first["rules"][0]["tags"] = {str(tag): 2 for tag in range(outbox.MAX_TAGS)} | {"other": 5}
    second["rules"][0]["tags"] = {str(tag): 1 for tag in range(1000, 1010)}
    tags = merge(first, second)["rules"][0]["tags"]
    assert len(tags) == outbox.MAX_TAGS + 1
    assert tags["other"] == 15


def test_merge_keeps_the_top_sources_only() -> None:
    many = record(1)
    for at in range(2, 100):
        many = merge(many, record(at, at))
    assert len(many["sources"]) == outbox.TOP_SOURCES
    assert many["sources"][0]["packets"] == 99


def test_nothing_is_lost_while_disconnected() -> None:
    box = Outbox()
    for at in range(200):
        box.add_stats(record(at, at))
    assert len(box.records) == outbox.MAX_RECORDS
    assert sum(one["totals"]["received"] for one in box.records) == sum(range(200))
    assert sum(one["interval_ms"] for one in box.records) == 200_000
    assert box.lost_interval_ms == 0
    json.dumps(list(box.records))


def test_the_bound_is_counted() -> None:
    box = Outbox()
    for at in range(2000):
        box.add_stats(record(at))
    kept = sum(one["interval_ms"] for one in box.records)
    assert box.lost_interval_ms > 0 and kept + box.lost_interval_ms == 2_000_000


def test_large_records_go_in_parts() -> None:
    large = record(1)
    large["rules"] = [large["rules"][0] | {"rule_id": str(number)} for number in range(600)]
    large["accounts"] = [{"account_id": str(number), "received": 1} for number in range(1500)]
    box = Outbox()
    box.add_stats(large)
    parts = []
    while (message := box.take()) is not None:
        parts.append(message)
    assert len(parts) == 3
    assert all(len(part.get(name, [])) <= most for part in parts for name, most in outbox.MESSAGE_ENTRIES.items())
    assert [one["rule_id"] for part in parts for one in part["rules"]] == [str(number) for number in range(600)]
    assert sum(len(part.get("accounts", [])) for part in parts) == 1500
    assert sum(part["interval_ms"] for part in parts) == 1000
    assert [("totals" in part, part["type"], part["at"]) for part in parts] == [
        (True, "stats", 1),
        (False, "stats", 1),
        (False, "stats", 1),
    ]


def test_samples_drop_the_oldest() -> None:
    box = Outbox()
    box.add_samples([{"n": n} for n in range(1500)])
    assert box.lost_samples == 500
    message = box.take()
    assert message is not None and message["samples"][0] == {"n": 500}
    box.put_back(message)
    box.add_samples([{"n": 1500}])
    assert box.lost_samples == 501 and box.samples[0] == {"n": 501}


def test_samples_of_a_noisy_account_give_way_first() -> None:
    box = Outbox()
    box.add_samples([{"account_id": "quiet", "n": n} for n in range(10)])
    for _ in range(3):
        box.add_samples([{"account_id": "noisy", "n": n} for n in range(900)])
    held = [sample["account_id"] for sample in box.samples]
    assert (held.count("quiet"), held.count("noisy"), box.lost_samples) == (10, 990, 1710)


def test_what_a_merge_cuts_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "MAX_ENTRIES", 10)
    box = Outbox()
    for at in range(outbox.MAX_RECORDS + 5):
        one = record(at)
        one["rules"] = [one["rules"][0] | {"rule_id": f"{at}-{number}"} for number in range(10)]
        box.add_stats(one)
    assert sum(len(one["rules"]) for one in box.records) + box.lost_entries == (outbox.MAX_RECORDS + 5) * 10
    assert box.lost_entries == 50


def test_thousands_of_rules_reach_the_control_plane_whole() -> None:
    """Each message is one that the control plane takes, and together they say all that was counted."""
    large = record(1)
    ids = [str(uuid.UUID(int=number + 1)) for number in range(2_500)]
    large["rules"] = [large["rules"][0] | {"rule_id": one, "account_id": "a" * 32} for one in ids]
    large["accounts"] = [{"account_id": f"{number:032x}", "received": 1} for number in range(2_500)]
    large["sources"] = []
    box = Outbox()
    box.add_stats(large)
    rules: dict[Any, int] = {}
    accounts: dict[str, int] = {}
    while (message := box.take()) is not None:
        read = read_stats(json.loads(json.dumps(message)))
        rules |= {key[1]: tally.sums["received"] for key, tally in read.rules.items()}
        accounts |= {key: tally.sums["received"] for key, tally in read.accounts.items()}
    assert {str(one) for one in rules} == set(ids) and set(rules.values()) == {1}
    assert len(accounts) == 2_500 and set(accounts.values()) == {1}
