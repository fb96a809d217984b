"""What nodes send, checked: every number, address and id, before anything is stored or passed on."""

import base64
import binascii
import ipaddress
import math
import re
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from fleet.messages import BadMessage

MAX_ENTRIES = 1000
MAX_SAMPLES = 200
MAX_COUNT = 10**10
MAX_TAGS = 64
MAX_PACKET = 512
OTHER = "other"
# What the wire calls each number that is stored, where the names differ.
_WIRE = {"received": "packets"}
_ACCOUNT_NUMBERS = ("received", "passed", "dropped", "challenged", "allowlisted")
_RULE_NUMBERS = ("received", "passed", "dropped", "would_drop", "challenged", "errors", "allowlisted", "skipped")
_ACCOUNT_ID = re.compile(r"[0-9a-f]{32}")
_TAG = re.compile(r"[0-9]{1,20}|other")
_WORD = re.compile(r"[a-z_]{1,20}")


@dataclass
class Tally:
    """Numbers of one account or rule."""

    sums: Counter = field(default_factory=Counter)
    tags: Counter = field(default_factory=Counter)


@dataclass
class Stats:
    """A checked stats message. Entries that name the same thing twice have been added up."""

    at: float
    accounts: dict[str, Tally]
    rules: dict[tuple[str, uuid.UUID, str], Tally]
    sources: dict[str, dict[str, list[int]]]


@dataclass(frozen=True)
class Sample:
    """A checked sample."""

    account_id: str
    rule: uuid.UUID | None
    at: float
    source: str
    source_port: int
    destination: str
    destination_port: int
    length: int
    verdict: str
    tag: int
    challenge: bool
    packet: bytes


def read_stats(data: dict[str, Any]) -> Stats:
    """Raises BadMessage (`stats.accounts`, `.rules`, `.sources`, `.count`, `.at`, `.tags`, `.id`, `.address`)."""
    stats = Stats(_time(data), {}, {}, {})
    for entry in _entries(data, "stats.accounts", "accounts"):
        tally = stats.accounts.setdefault(_account_id(entry), Tally())
        for name in _ACCOUNT_NUMBERS:
            tally.sums[name] += _count(entry, name)
    for entry in _entries(data, "stats.rules", "rules"):
        mode = entry.get("mode", "enabled")
        if not isinstance(mode, str) or not _WORD.fullmatch(mode):
            raise BadMessage("stats.rules", "mode is a word.")
        tally = stats.rules.setdefault((_account_id(entry), _uuid(entry.get("rule_id")), mode), Tally())
        for name in _RULE_NUMBERS:
            tally.sums[name] += _count(entry, _WIRE.get(name, name))
        tally.tags = trim_tags(tally.tags + _tags(entry))
    for entry in _entries(data, "stats.sources", "sources"):
        pair = stats.sources.setdefault(_account_id(entry), {}).setdefault(_address(entry.get("address")), [0, 0])
        pair[0] += _count(entry, "packets")
        pair[1] += _count(entry, "dropped")
    return stats


def read_samples(data: dict[str, Any]) -> list[Sample]:
    """Raises BadMessage (`samples.list`, `samples.entry`, and those of `read_stats`)."""
    return [_sample(entry) for entry in _entries(data, "samples.list", "samples", MAX_SAMPLES)]


def trim_tags(tags: Counter) -> Counter:
    """The most frequent tags, and the rest as one: a program may tag each packet differently."""
    if len(tags) <= MAX_TAGS:
        return tags
    kept = Counter(dict(Counter({tag: n for tag, n in tags.items() if tag != OTHER}).most_common(MAX_TAGS - 1)))
    kept[OTHER] = sum(tags.values()) - sum(kept.values())
    return kept


def _sample(entry: dict[str, Any]) -> Sample:
    verdict, challenge, packet = entry.get("verdict"), entry.get("challenge", False), entry.get("packet")
    if not isinstance(verdict, str) or not _WORD.fullmatch(verdict):
        raise BadMessage("samples.entry", "verdict is a word.")
    if not isinstance(challenge, bool):
        raise BadMessage("samples.entry", "challenge is true or false.")
    rule = entry.get("rule_id")
    return Sample(
        account_id=_account_id(entry),
        rule=None if rule is None else _uuid(rule),
        at=_time(entry),
        source=_address(entry.get("source")),
        source_port=_count(entry, "source_port", 65535),
        destination=_address(entry.get("destination")),
        destination_port=_count(entry, "destination_port", 65535),
        length=_count(entry, "length", 65575),
        verdict=verdict,
        tag=_count(entry, "tag", 2**64 - 1),
        challenge=challenge,
        packet=_packet(packet),
    )


def _packet(value: Any) -> bytes:
    try:
        data = base64.b64decode(value if isinstance(value, str) else "?", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadMessage("samples.entry", "packet is base64 text.") from error
    if len(data) > MAX_PACKET:
        raise BadMessage("samples.entry", f"packet has at most {MAX_PACKET} bytes.")
    return data


def _entries(data: dict[str, Any], code: str, name: str, most: int = MAX_ENTRIES) -> list[dict[str, Any]]:
    entries = data.get(name, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise BadMessage(code, f"{name} is a list of objects.")
    if len(entries) > most:
        raise BadMessage(code, f"{name} has at most {most} entries.")
    return entries


def _count(entry: dict[str, Any], name: str, most: int = MAX_COUNT) -> int:
    value = entry.get(name, 0)
    if type(value) is not int or not 0 <= value <= most:
        raise BadMessage("stats.count", f"{name} is a whole number from 0 to {most}.")
    return value


def _time(entry: dict[str, Any]) -> float:
    value = entry.get("at")
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e12 or not math.isfinite(value):
        raise BadMessage("stats.at", "at is a number of seconds since 1970.")
    return float(value)


def _tags(entry: dict[str, Any]) -> Counter:
    tags = entry.get("tags", {})
    if not isinstance(tags, dict) or not all(_TAG.fullmatch(tag) for tag in tags):
        raise BadMessage("stats.tags", "tags maps decimal tags to counts.")
    return Counter({tag: _count(tags, tag) for tag in tags})


def _account_id(entry: dict[str, Any]) -> str:
    value = entry.get("account_id")
    if not isinstance(value, str) or not _ACCOUNT_ID.fullmatch(value):
        raise BadMessage("stats.id", "account_id has 32 hexadecimal digits.")
    return value


def _uuid(value: Any) -> uuid.UUID:
    try:
        found = uuid.UUID(value) if isinstance(value, str) and len(value) <= 36 else None
    except ValueError:
        found = None
    if found is None or found.int == 0:
        raise BadMessage("stats.id", "rule_id is a UUID.")
    return found


def _address(value: Any) -> str:
    try:
        address = ipaddress.ip_address(value if isinstance(value, str) and "%" not in value else "?")
    except ValueError as error:
        raise BadMessage("stats.address", "This is not an IP address.") from error
    return str(address)
