"""The demo's captures are readable and mean what their names say."""

from pathlib import Path

import flowprotect_engine
import pytest

from demo.capture import supplied
from toolchain.api import build

SOURCE = (Path(__file__).parent.parent / "program" / "cookie_guard.c").read_text()


@pytest.fixture(scope="module")
def guard() -> bytes:
    result = build(SOURCE.replace("#define REQUIRE_COOKIE 0", "#define REQUIRE_COOKIE 1"))
    assert result.ok and result.elf
    return result.elf


def test_players_pass_once_they_show_their_cookie(guard: bytes) -> None:
    summary, _ = flowprotect_engine.replay(guard, supplied()["demo: players only"])
    assert (summary["packets"], summary["dropped"], summary["ignored"]) == (1800, 60, 0)
    assert summary["tags"][2] == 1740


def test_the_attack_never_passes(guard: bytes) -> None:
    summary, _ = flowprotect_engine.replay(guard, supplied()["demo: attack only"])
    assert (summary["packets"], summary["passed"]) == (4000, 0)


def test_without_the_cookie_the_look_alikes_pass() -> None:
    result = build(SOURCE)
    assert result.elf
    summary, _ = flowprotect_engine.replay(result.elf, supplied()["demo: attack only"])
    assert summary["passed"] == 2000
