"""The examples of docs/kit.md: each is accepted, without a warning."""

import re
from pathlib import Path

import pytest

from toolchain.api import build

GUIDE = Path(__file__).resolve().parents[2] / "docs/kit.md"
BLOCKS = re.findall(r"^## (.*?)$|^```c\n(.*?)^```$", GUIDE.read_text(), re.M | re.S)
HEAD = '#include "flowprotect.h"\nuint64_t cf_ebpf_main(void *state) {\nstruct fp_packet p;\n'
HEAD += "if (!fp_open(state, &p)) return CF_EBPF_DROP;\n"


def examples() -> list[tuple[str, str]]:
    """(section, code); a block without cf_ebpf_main is put into one."""
    found, section = [], "Start"
    for title, code in BLOCKS:
        section = title or section
        if code:
            found.append((section, code if "cf_ebpf_main" in code else HEAD + code + "return CF_EBPF_PASS;\n}\n"))
    return found


def test_each_group_has_an_example() -> None:
    assert len(examples()) >= 12


@pytest.mark.parametrize(("section", "code"), examples())
def test_an_example_is_accepted(section: str, code: str) -> None:
    result = build(code)
    assert result.ok, (section, result.diagnostics)
    assert result.diagnostics == []
