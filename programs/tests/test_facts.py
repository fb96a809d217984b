"""Facts come from a process that had anybody's object."""

import json
from typing import Any

import pytest

from programs.facts import MOST, keepable

GOOD: dict[str, Any] = {
    "worst_case_fuel": 1198,
    "stack": [{"line": 8, "bytes": 104}],
    "helpers": [{"name": "timestamp", "lines": [10, 14]}],
    "reads": [{"line": 10, "from": 0, "to": 1}, {"line": 12, "from": 8, "to": None}],
    "unreachable": [30],
    "ignores_packet": False,
}


def test_it_works() -> None:
    assert keepable(GOOD) == {**GOOD, "cut": False}
    assert keepable(None) is None


def test_what_is_kept_has_a_bound() -> None:
    many = list(range(1, 5000))
    huge = {
        **GOOD,
        "helpers": [{"name": "x" * 9999, "lines": many}] * 5000,
        "reads": GOOD["reads"] * 5000,
        "unreachable": many,
        "extra": "y" * 10**6,
    }
    kept = keepable(huge)
    assert kept is not None and kept["cut"] is True
    assert [len(kept[key]) for key in ("helpers", "unreachable", "reads")] == [MOST, MOST, MOST]
    assert len(json.dumps(kept)) < 1 << 19


@pytest.mark.parametrize(
    "change",
    [
        {"worst_case_fuel": "many"},
        {"worst_case_fuel": -1},
        {"worst_case_fuel": 2**70},
        {"stack": None},
        {"stack": [{}]},
        {"helpers": [{"name": "x", "lines": [True]}]},
        {"reads": [3]},
        {"reads": {"line": 3}},
        {"unreachable": ["<script>"]},
    ],
)
def test_rubbish_is_not_kept(change: dict[str, Any]) -> None:
    assert keepable({**GOOD, **change}) is None
