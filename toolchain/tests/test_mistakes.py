"""Real mistakes, each with the program that is mended as the hint says.

A file of mistakes/ is the mistaken program; with MENDED defined it is the other one. `// mistake: CODE` marks the line
that the first error must point to (`// mistake-near:` where the optimiser leaves no instruction there), `// warning:`
the line of a warning. Each `// says: TEXT` must be in what is said, message or hint.
"""

import re
from pathlib import Path

import pytest

from toolchain.api import build

FILES = sorted(Path(__file__).with_name("mistakes").glob("*.c"))
MARK = re.compile(r"// (?P<kind>mistake|mistake-near|warning): (?P<code>[a-z_.]+)")
# Prevail's own words for what it knows.
JARGON = re.compile(r"svalue|uvalue|_offset\b|\br[0-9]\b|\boo\b|assert")


def test_the_table_is_there() -> None:
    assert len(FILES) >= 40


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_mistake(file: Path) -> None:
    source = file.read_text()
    marks = [(number, found) for number, text in enumerate(source.split("\n"), 1) if (found := MARK.search(text))]
    assert len(marks) == 1
    line, mark = marks[0]
    result = build(source)
    said = [found for found in result.diagnostics if found.severity in ("error", "warning")]
    assert said[0].code == mark["code"], said
    assert said[0].severity == ("warning" if mark["kind"] == "warning" else "error")
    assert result.ok is (mark["kind"] == "warning")
    assert said[0].column
    if mark["kind"] != "mistake-near":
        assert said[0].line == line, said
    assert said[0].hint
    assert not JARGON.search(said[0].message), said
    for text in re.findall(r"^// says: (.*)$", source, re.M):
        assert text in f"{said[0].message} {said[0].hint}", said
    # One cause, one error: what follows from it is folded into it.
    assert len([found for found in said if found.code == said[0].code]) == 1, said


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_mended(file: Path) -> None:
    result = build("#define MENDED\n" + file.read_text())
    assert result.ok, result.diagnostics
    assert [found for found in result.diagnostics if found.stage == "verify"] == []
