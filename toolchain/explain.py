"""What each diagnostic's code means: `flowprotect explain`. The texts are in explanations/*.md."""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "explanations"
# What an example without a cf_ebpf_main of its own stands in.
FRAME = """#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))
uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *p;
    struct cf_ebpf_parsed_headers h;
    if (parse_packet_data(state, &p, &h) != 0)
        return CF_EBPF_DROP;
    uint8_t *payload = (uint8_t *)(h.udp + 1);
"""
_SWITCH = "#define CF_EBPF_HELPER_V0\n"
_SECTION = re.compile(r"^## (?P<code>[a-z_.]+)\n(?P<body>.*?)(?=^## |\Z)", re.M | re.S)
_EXAMPLE = re.compile(r"^```c\n// refused\n(?P<refused>.*?)// accepted\n(?P<accepted>.*?)^```\n", re.M | re.S)


@dataclass(frozen=True)
class Explanation:
    """`refused` and `accepted` are C, or None where no C program can show the code."""

    code: str
    meaning: str
    refused: str | None = None
    accepted: str | None = None


@cache
def explanations() -> dict[str, Explanation]:
    """All of them by code, in the order of the stages."""
    found = {}
    for stage in ("compile", "load", "verify"):
        for section in _SECTION.finditer((FOLDER / f"{stage}.md").read_text()):
            code, body = section["code"], section["body"]
            example = _EXAMPLE.search(body)
            meaning = _EXAMPLE.sub("", body).strip()
            found[code] = Explanation(
                code, meaning, example["refused"] if example else None, example["accepted"] if example else None
            )
    return found


def close(code: str) -> list[str]:
    """Known codes that look like `code`, the nearest first."""
    known = list(explanations())
    ends = [one for one in known if one.partition(".")[2] == code.rpartition(".")[2]]
    return list(dict.fromkeys([*ends, *get_close_matches(code, known, n=3, cutoff=0.5)]))


def program(example: str) -> str:
    """The whole program that an example is a part of."""
    if "cf_ebpf_helper.h" in example or "flowprotect.h" in example or "#include" in example:
        return example
    if "cf_ebpf_main" in example:
        return f'{_SWITCH}#include "cf_ebpf_helper.h"\n{example}'
    return f"{_SWITCH}{FRAME}{example}}}\n"


def text(one: Explanation) -> str:
    """For a terminal."""
    lines = [one.code, "", *one.meaning.split("\n")]
    for title, example in (("Refused:", one.refused), ("Accepted:", one.accepted)):
        if example:
            lines += ["", title, "", *(f"    {line}".rstrip() for line in example.rstrip().split("\n"))]
    return "\n".join(lines)


def index() -> list[str]:
    """A line for each code: the code and the first sentence of its meaning."""
    width = max(map(len, explanations()))
    return [
        f"{one.code:{width}}  {re.split(r'(?<=[.:]) ', ' '.join(one.meaning.split()))[0]}"
        for one in explanations().values()
    ]
