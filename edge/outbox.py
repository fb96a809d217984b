"""What waits to be sent to the control plane: bounded, and never in the way of packets.

Counters are deltas, so records that pile up are merged instead of thrown away; samples are thrown away, oldest first.
"""

import collections
from typing import Any

MAX_RECORDS = 30
MAX_SAMPLES = 1_000
MAX_BATCH = 200
MAX_SPAN_MS = 15 * 60 * 1000
MAX_ENTRIES = 20_000
# The control plane takes so many entries of a list in one message; rules are large when their programs set many tags.
MESSAGE_ENTRIES = {"accounts": 1_000, "rules": 250, "sources": 1_000}
MAX_TAGS = 256
OTHER_TAGS = "other"
TOP_SOURCES = 20

# How entries of a list are told apart, and which of their numbers are levels rather than counts.
_KEYS = {
    "accounts": ("account_id",),
    "rules": ("account_id", "rule_id", "mode"),
    "sources": ("account_id", "address"),
}
_LEVELS = frozenset({"flows", "generation", "serial", "at"})

Stats = dict[str, Any]


def merge(older: Stats, newer: Stats) -> Stats:
    """One record for both intervals: counts are added, levels and names are the newer record's."""
    merged = _add(older, newer)
    for name, key in _KEYS.items():
        entries = _merge_entries(older.get(name) or [], newer.get(name) or [], key)
        if name == "sources":
            entries = _top(entries)
        merged[name] = entries[:MAX_ENTRIES]
        if entries[MAX_ENTRIES:]:
            merged["lost_entries"] = merged.get("lost_entries", 0) + len(entries[MAX_ENTRIES:])
    return merged


def _add(older: dict[str, Any], newer: dict[str, Any]) -> dict[str, Any]:
    result = {**older, **newer}
    for name, value in older.items():
        other = newer.get(name)
        if isinstance(value, dict) and isinstance(other, dict):
            result[name] = _tags(value, other) if name == "tags" else _add(value, other)
        elif name not in _LEVELS and _is_number(value) and _is_number(other):
            result[name] = value + other
    return result


def _tags(older: dict[str, Any], newer: dict[str, Any]) -> dict[str, Any]:
    total = collections.Counter(older)
    total.update(newer)
    if len(total) <= MAX_TAGS + 1:
        return dict(total)
    total[OTHER_TAGS], rest = 0, total.pop(OTHER_TAGS, 0)
    kept = dict(total.most_common(MAX_TAGS))
    return kept | {OTHER_TAGS: rest + total.total() - sum(kept.values())}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _merge_entries(older: list[Any], newer: list[Any], key: tuple[str, ...]) -> list[Any]:
    found: dict[tuple[Any, ...], Any] = {}
    for entry in (*older, *newer):
        name = tuple(entry.get(part) for part in key)
        found[name] = _add(found[name], entry) if name in found else entry
    return list(found.values())


def _top(sources: list[Any]) -> list[Any]:
    by_account: dict[Any, list[Any]] = collections.defaultdict(list)
    for source in sorted(sources, key=lambda source: source.get("packets", 0), reverse=True):
        kept = by_account[source.get("account_id")]
        if len(kept) < TOP_SOURCES:
            kept.append(source)
    return [source for kept in by_account.values() for source in kept]


def split(record: Stats) -> tuple[Stats, Stats | None]:
    """The part of a record that fits into one message, and a record of the entries that do not, if there are any."""
    rest = {
        name: entries[most:] for name, most in MESSAGE_ENTRIES.items() if (entries := record.get(name) or [])[most:]
    }
    if not rest:
        return record, None
    part = record | {name: record[name][: MESSAGE_ENTRIES[name]] for name in rest}
    same: Stats = {name: record[name] for name in ("type", "at", "serial", "generation") if name in record}
    return part, {**same, "interval_ms": 0, **rest}


class Outbox:
    """Records and samples in the order to send them.

    `lost_interval_ms`, `lost_samples` and `lost_entries` count what did not fit. `lost_entries` are entries of merged
    lists: of a node that is cut off for minutes, with more than 20,000 rules or sources.
    """

    def __init__(self) -> None:
        self.records: collections.deque[Stats] = collections.deque()
        self.samples: collections.deque[dict[str, Any]] = collections.deque()
        self.lost_interval_ms = 0
        self.lost_samples = 0
        self.lost_entries = 0

    @property
    def waiting(self) -> bool:
        """Whether there is anything to send."""
        return bool(self.records or self.samples)

    def add_stats(self, record: Stats) -> None:
        """Adds a record. When there are too many the two oldest become one, up to 15 minutes in one record."""
        self.records.append(record)
        if len(self.records) <= MAX_RECORDS:
            return
        first = self.records.popleft()
        if first.get("interval_ms", 0) >= MAX_SPAN_MS:
            self.lost_interval_ms += first["interval_ms"]
        else:
            self.records[0] = merge(first, self.records[0])
            self.lost_entries += self.records[0].pop("lost_entries", 0)

    def add_samples(self, samples: list[dict[str, Any]]) -> None:
        """Adds samples. Where more than fit, the oldest of the account with the most are dropped and counted."""
        self.samples.extend(samples)
        over = len(self.samples) - MAX_SAMPLES
        if over <= 0:
            return
        held = collections.Counter(sample.get("account_id") for sample in self.samples)
        drop: collections.Counter[Any] = collections.Counter()
        for _ in range(over):
            (noisiest, _count), *_rest = held.most_common(1)
            held[noisiest] -= 1
            drop[noisiest] += 1
        kept: collections.deque[dict[str, Any]] = collections.deque()
        for sample in self.samples:
            owner = sample.get("account_id")
            if drop[owner]:
                drop[owner] -= 1
            else:
                kept.append(sample)
        self.samples = kept
        self.lost_samples += over

    def take(self) -> dict[str, Any] | None:
        """The next message to send, None where nothing waits. `put_back` returns one that could not be sent."""
        if self.records:
            message, rest = split(self.records.popleft())
            if rest is not None:
                self.records.appendleft(rest)
            return message
        if self.samples:
            count = min(MAX_BATCH, len(self.samples))
            return {"type": "samples", "samples": [self.samples.popleft() for _ in range(count)]}
        return None

    def put_back(self, message: dict[str, Any]) -> None:
        """Puts a message that `take` gave back to the front."""
        if message["type"] == "samples":
            room = MAX_SAMPLES - len(self.samples)
            kept = message["samples"][-room:] if room > 0 else []
            self.lost_samples += len(message["samples"]) - len(kept)
            self.samples.extendleft(reversed(kept))
        else:
            self.records.appendleft(message)
