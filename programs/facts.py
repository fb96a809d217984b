"""What the verifier knows of a program, made small enough to keep and checked: its process had anybody's object."""

from typing import Any

# Entries of each list, and of the lines within one entry; the verifier itself stops at 500.
MOST = 200
LARGEST = 2**63 - 1


def keepable(facts: dict[str, Any] | None) -> dict[str, Any] | None:
    """The facts with known keys only and each list cut to MOST; `cut` says whether something was left out.

    None where there are none, or where they do not have the shape that docs/program-reference.md gives.
    """
    if facts is None:
        return None
    try:
        return _kept(facts)
    except (KeyError, TypeError, ValueError):
        return None


def _kept(facts: dict[str, Any]) -> dict[str, Any]:
    stack, helpers, reads, unreachable = (facts[key] for key in ("stack", "helpers", "reads", "unreachable"))
    long = [stack, helpers, reads, unreachable, *(helper["lines"] for helper in helpers)]
    return {
        "worst_case_fuel": _or_none(facts["worst_case_fuel"]),
        "stack": [{"line": _or_none(one["line"]), "bytes": _number(one["bytes"])} for one in stack[:MOST]],
        "helpers": [
            {"name": str(one["name"])[:64], "lines": [_number(line) for line in one["lines"][:MOST]]}
            for one in helpers[:MOST]
        ],
        "reads": [
            {"line": _number(one["line"]), "from": _number(one["from"]), "to": _or_none(one["to"])}
            for one in reads[:MOST]
        ],
        "unreachable": [_number(line) for line in unreachable[:MOST]],
        "ignores_packet": facts["ignores_packet"] is True,
        "cut": any(len(entries) > MOST for entries in long),
    }


def _number(value: Any) -> int:
    """Raises TypeError or ValueError for what is not a count that a database can hold."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("not a whole number")
    if not 0 <= value <= LARGEST:
        raise ValueError("out of range")
    return value


def _or_none(value: Any) -> int | None:
    return None if value is None else _number(value)
