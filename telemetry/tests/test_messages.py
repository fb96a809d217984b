"""What nodes may send."""

import json
from collections import Counter

import pytest

from fleet.messages import BadMessage
from telemetry.messages import read_samples, read_stats, trim_tags
from telemetry.tests.conftest import message, rule_entry, sample

A = "a" * 32


def test_it_works():
    stats = read_stats(
        message(
            5.5,
            [(A, {"received": 10, "passed": 6, "dropped": 4})],
            [(A, rule_entry())],
            [(A, {"address": "2001:DB8::1", "packets": 3, "dropped": 1})],
        )
    )
    assert stats.accounts[A].sums["received"] == 10
    (key,) = stats.rules
    assert (key[0], key[2]) == (A, "enabled")
    assert stats.rules[key].tags == {"1": 4}
    assert stats.sources == {A: {"2001:db8::1": [3, 1]}}


def test_entries_for_the_same_thing_are_added():
    stats = read_stats(message(0, [(A, {"received": 1}), (A, {"received": 2})], [(A, rule_entry()), (A, rule_entry())]))
    assert stats.accounts[A].sums["received"] == 3
    (tally,) = stats.rules.values()
    assert (tally.sums["received"], tally.tags) == (20, {"1": 8})


@pytest.mark.parametrize("number", [-1, 1.5, "1", None, True, 10**10 + 1, float("inf"), [], {}])
@pytest.mark.parametrize("name", ["received", "passed", "allowlisted"])
def test_numbers_of_accounts(name, number):
    with pytest.raises(BadMessage) as refused:
        read_stats(message(0, [(A, {name: number})]))
    assert refused.value.code == "stats.count"


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ({"at": None}, "stats.at"),
        ({"at": "now"}, "stats.at"),
        ({"at": True}, "stats.at"),
        ({"at": 1e13}, "stats.at"),
        ({"at": 10**400}, "stats.at"),
        ({"accounts": {}}, "stats.accounts"),
        ({"accounts": [1]}, "stats.accounts"),
        ({"accounts": [{}]}, "stats.id"),
        ({"accounts": [{"account_id": "A" * 32}]}, "stats.id"),
        ({"accounts": [{"account_id": 7}]}, "stats.id"),
        ({"rules": [{"account_id": A}]}, "stats.id"),
        ({"rules": [{"account_id": A, "rule_id": "x"}]}, "stats.id"),
        ({"rules": [{"account_id": A, "rule_id": "0" * 32}]}, "stats.id"),
        ({"rules": [{"account_id": A, **rule_entry(mode=1)}]}, "stats.rules"),
        ({"rules": [{"account_id": A, **rule_entry(tags=[])}]}, "stats.tags"),
        ({"rules": [{"account_id": A, **rule_entry(tags={"x": 1})}]}, "stats.tags"),
        ({"rules": [{"account_id": A, **rule_entry(tags={"1": -1})}]}, "stats.count"),
        ({"rules": [{"account_id": A, **rule_entry(packets=-1)}]}, "stats.count"),
        ({"rules": [{}] * 1001}, "stats.rules"),
        ({"sources": [{"account_id": A, "address": "x"}]}, "stats.address"),
        ({"sources": [{"account_id": A, "address": 1}]}, "stats.address"),
        ({"sources": [{"account_id": A, "address": "fe80::1%eth0"}]}, "stats.address"),
        ({"sources": [{}] * 1001}, "stats.sources"),
    ],
)
def test_rubbish(part, code):
    with pytest.raises(BadMessage) as refused:
        read_stats({**message(0), **part})
    assert refused.value.code == code


def test_samples():
    (found,) = read_samples({"samples": [sample(A)]})
    assert (found.tag, found.packet) == (2**64 - 1, b"E\0\0")
    assert read_samples({"samples": [sample(A, rule_id=None)]})[0].rule is None


@pytest.mark.parametrize(
    "part",
    [
        {"source": "nobody"},
        {"source_port": 65536},
        {"destination_port": -1},
        {"verdict": "<b>"},
        {"verdict": None},
        {"tag": 2**64},
        {"challenge": 1},
        {"packet": "??"},
        {"packet": None},
        {"packet": "A" * 1000},
        {"rule_id": 5},
        {"at": None},
        {"account_id": "b"},
    ],
)
def test_rubbish_samples(part):
    with pytest.raises(BadMessage):
        read_samples({"samples": [sample(A, **part)]})


def test_too_many_samples():
    with pytest.raises(BadMessage) as refused:
        read_samples({"samples": [sample(A)] * 201})
    assert refused.value.code == "samples.list"


def test_tags_are_bounded_and_none_is_lost():
    tags = trim_tags(Counter({str(tag): tag + 1 for tag in range(1000)}))
    assert len(tags) == 64 and tags["other"] > tags["999"]
    assert sum(tags.values()) == sum(range(1, 1001))
    again = trim_tags(tags + Counter({"5000": 1}))
    assert len(again) == 64 and sum(again.values()) == sum(tags.values()) + 1


def test_a_large_message_is_read_quickly_enough():
    rules = [(A, rule_entry(rule_id=f"{n:032x}")) for n in range(1, 1001)]
    data = json.loads(json.dumps(message(0, [(A, {})], rules)))
    assert len(read_stats(data).rules) == 1000
