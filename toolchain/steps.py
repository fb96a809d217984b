"""A traced packet as lines of text."""

from typing import Any

from toolchain.tables import end


def steps(traced: dict[str, Any]) -> list[str]:
    """The packet, each line of C that ran with what it did below it, and how it ended."""
    flow = f"{end(traced, 'source')} -> {end(traced, 'destination')}"
    said = [f"packet {traced['number']}: {flow}, {traced['length']} bytes"]
    for line in traced["lines"]:
        said += _line(line)
    if traced["truncated"]:
        said.append(f"... and {traced['omitted']:,} more instructions: a trace keeps {len(traced['lines']):,} lines")
    said += [f"printed: {text.rstrip()}" for text in traced["printed"]]
    return [*said, _ending(traced)]


def _line(line: dict[str, Any]) -> list[str]:
    indent = "  " * line["depth"]
    place = line["line"] if line["line"] is not None else "?"
    text = line["text"] or f"instruction {line['pc']}"
    below = [
        *(f"packet[{read['offset']}..{read['offset'] + read['length']}] = {read['value']}" for read in line["reads"]),
        *(f"{call['name']}() = {call['result']}" for call in line["calls"]),
    ]
    registers = ", ".join(f"r{change['register']} = {change['value']}" for change in line["registers"])
    if registers:
        below.append(registers)
    return [f"{place:>5}  {indent}{text}  (fuel {line['fuel']:,})", *(f"{'':7}{indent}    {one}" for one in below)]


def _ending(traced: dict[str, Any]) -> str:
    if traced["error"]:
        return f"no verdict: {traced['error']}"
    if traced["skipped"]:
        return "pass, without the program: it had declared this flow good"
    if traced["verdict"] == "ignored":
        return "ignored: not a packet that programs see (UDP in IP of at most 1,500 bytes)"
    parts = [traced["verdict"]]
    if traced["tag"]:
        parts.append(f"tag {traced['tag']}")
    if traced["challenge"]:
        parts.append("challenge")
    return ", ".join(parts)
