"""What goes on an IP list: entries read from text or JSON, all of them or none."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts.models import IPList
from accounts.networks import Network, parse
from httpapi.errors import Invalid, Refused

NOTE = 200
# How many networks an audit entry names; it says how many there were in any case.
NAMED = 20


@dataclass(frozen=True)
class Entry:
    """A network that may stand on a list."""

    cidr: str
    sort_key: str
    note: str = ""
    expires_on: datetime | None = None


def sort_key(network: Network) -> str:
    """Text that sorts as the addresses do, IPv4 first, wider networks before those in them."""
    return f"{network.version}{int(network.network_address):032x}{network.prefixlen:03d}"


def read_entry(cidr: str, note: str = "", expires_on: datetime | None = None) -> Entry:
    """One entry. Raises Invalid (`list.cidr`, `list.everything`, `list.note`, `list.expired`)."""
    network = parse(cidr, "list.cidr")
    if network.prefixlen == 0:
        raise Invalid("list.everything", "This is every address; a program needs no list for that.")
    note = note.strip()
    if len(note) > NOTE or not note.isprintable():
        raise Invalid("list.note", f"A note is one line of at most {NOTE} characters.")
    if expires_on is not None and expires_on <= timezone.now():
        raise Invalid("list.expired", "An entry expires in the future.")
    return Entry(str(network), sort_key(network), note, expires_on)


def read_text(text: str) -> list[Entry]:
    """One network or address a line; `#` begins a note, empty lines and lines of comment are left out.

    Raises what `read_all` raises.
    """
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        cidr, _, note = line.partition("#")
        if cidr.strip():
            rows.append((number, {"cidr": cidr.strip(), "note": note}))
    return read_all(rows)


def read_all(rows: Iterable[tuple[int, dict[str, Any]]]) -> list[Entry]:
    """Entries in the order of their addresses; of one that comes twice, the last.

    Raises Refused (`list.entries`), or Invalid (`list.lines`) whose field `lines` says what is wrong at which number.
    """
    rows = list(rows)
    check_size(len(rows))
    found: dict[str, Entry] = {}
    bad = []
    for number, row in rows:
        try:
            entry = read_entry(**row)
        except Invalid as error:
            bad.append({"line": number, "code": error.code, "message": error.message[:300]})
        else:
            found[entry.sort_key] = entry
    if bad:
        count = "1 line" if len(bad) == 1 else f"{len(bad)} lines"
        raise Invalid("list.lines", f"{count} cannot be used; nothing was changed.", fields={"lines": bad})
    return [found[key] for key in sorted(found)]


def check_size(entries: int) -> None:
    """Raises Refused (`list.entries`) where a list would have too many."""
    if entries > IPList.MOST_ENTRIES:
        raise Refused("list.entries", f"A list has at most {IPList.MOST_ENTRIES:,} entries.")


def summary(cidrs: Iterable[str]) -> dict[str, Any]:
    """How many and the first few, for the audit log."""
    named = list(cidrs)
    return {"count": len(named), "first": named[:NAMED]}
