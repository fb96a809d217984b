"""A replay's summary as lines of text."""

from typing import Any

COUNTS = ("packets", "passed", "dropped", "ignored", "errors", "challenges")


def packets(summary: dict[str, Any], count: int) -> list[str]:
    """The first `count` packets, a line each, with what the program printed below."""
    rows = summary.get("first", [])[:count]
    if not rows:
        return []
    start = rows[0]["time"]
    table: list[tuple[str, ...]] = [("#", "time", "source", "destination", "bytes", "verdict", "tag", "")]
    notes: list[list[str]] = [[]]
    for row in rows:
        table.append(
            (
                str(row["number"]),
                f"{row['time'] - start:.6f}",
                end(row, "source"),
                end(row, "destination"),
                str(row["length"]),
                row["verdict"],
                str(row.get("tag") or ""),
                "challenge" if row.get("challenge") else "",
            )
        )
        notes.append([f"      printed: {text.rstrip()}" for text in row.get("printed", [])])
    lines: list[str] = []
    for line, below in zip(_aligned(table, right={0, 1, 4, 6}), notes, strict=True):
        lines += [line, *below]
    return [*lines, ""]


def totals(summary: dict[str, Any]) -> list[str]:
    """Counts, tags, the busiest sources and the time a packet took."""
    lines = ["  ".join(f"{key} {summary.get(key, 0)}" for key in COUNTS)]
    if summary.get("skipped"):
        lines.append(f"skipped {summary['skipped']}: passed without the program, which had declared their flow good")
    tags = summary.get("tags") or {}
    if tags:
        ordered = sorted(tags.items(), key=lambda item: int(item[0]))
        lines.append("tags  " + "  ".join(f"{tag}: {count}" for tag, count in ordered))
    sources = summary.get("sources") or []
    if sources:
        table: list[tuple[str, ...]] = [("source", "packets", "dropped")]
        table += [(one["address"], str(one["packets"]), str(one["dropped"])) for one in sources]
        lines += _aligned(table, right={1, 2})
    if summary.get("ns_per_packet"):
        lines.append(f"{summary['ns_per_packet']:.0f} ns per packet")
    return lines


def end(row: dict[str, Any], which: str) -> str:
    """Address and port of one end of a packet."""
    address, port = row.get(which), row.get(f"{which}_port")
    if address is None:
        return "-"
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _aligned(table: list[tuple[str, ...]], right: set[int]) -> list[str]:
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    return [
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]
