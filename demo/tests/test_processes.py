import sys
import time
from pathlib import Path

import pytest

from demo.processes import Part, Supervisor


def part(tmp_path: Path, code: str, lines: list[str]) -> Part:
    return Part("child", [sys.executable, "-c", code], tmp_path / "child.log", on_line=lines.append)


def wait(condition) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_dead_part_is_restarted_and_said_so(tmp_path: Path) -> None:
    said: list[str] = []
    lines: list[str] = []
    supervisor = Supervisor(said.append)
    supervisor.start(part(tmp_path, "print('up')", lines))
    wait(lambda: supervisor.parts[0].died() is not None)
    supervisor.tend()
    assert "restarted" in said[0]
    wait(lambda: lines.count("up") == 2)
    supervisor.stop()


def test_a_part_that_keeps_dying_is_an_error(tmp_path: Path) -> None:
    supervisor = Supervisor(lambda text: None)
    supervisor.start(part(tmp_path, "raise SystemExit(3)", []))
    with pytest.raises(RuntimeError, match="keeps ending"):
        for _ in range(5):
            wait(lambda: supervisor.parts[0].died() is not None)
            supervisor.tend()
    supervisor.stop()


def test_stop_ends_a_part_that_ignores_sigterm(tmp_path: Path) -> None:
    lines: list[str] = []
    code = "import signal,time;signal.signal(signal.SIGTERM,signal.SIG_IGN);print('up',flush=True);time.sleep(60)"
    child = part(tmp_path, code, lines)
    child.start()
    wait(lambda: lines == ["up"])
    child.stop(grace=0.2)
    assert child.died() is not None
