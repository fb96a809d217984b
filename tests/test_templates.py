"""The starting points that the browser offers compile and verify without a warning."""

from pathlib import Path

import pytest

from toolchain.api import build

TEMPLATES = sorted((Path(__file__).resolve().parent.parent / "frontend/src/features/programs/templates").glob("*.c"))


def test_there_are_templates() -> None:
    assert len(TEMPLATES) >= 3


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_a_template_is_accepted(path: Path) -> None:
    result = build(path.read_text())
    assert result.ok, result.diagnostics
    assert not result.diagnostics
