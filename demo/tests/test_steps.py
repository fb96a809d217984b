"""What goes wrong before the demo runs is said in one sentence."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from demo.processes import Supervisor
from demo.steps import SetupError, check_port, number, step, wait_for

ROOT = Path(__file__).resolve().parents[2]


def test_a_port_in_use_is_named() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(SetupError, match=f"Port {port} for the relay is in use.*FLOWPROTECT_RELAY_PORT"):
            check_port(socket.SOCK_DGRAM, port, "relay")
    check_port(socket.SOCK_DGRAM, port, "relay")


@pytest.mark.parametrize("text", ["", "x", "-1", "70000", "8000.5", "８０"])
def test_a_wrong_number_is_named(monkeypatch, text: str) -> None:
    monkeypatch.setenv("FLOWPROTECT_HTTP_PORT", text)
    with pytest.raises(SetupError, match="FLOWPROTECT_HTTP_PORT is a number"):
        number("FLOWPROTECT_HTTP_PORT", 8000)


def test_a_step_that_fails_shows_its_output(capsys) -> None:
    with pytest.raises(SetupError, match="went wrong"):
        step("try", [sys.executable, "-c", "raise SystemExit('it went wrong')"], dict(os.environ), ROOT)
    with pytest.raises(SetupError, match="^The disk is full"):
        step("try", [sys.executable, "-c", "raise OSError(28, 'No space left on device')"], dict(os.environ), ROOT)


def test_waiting_ends() -> None:
    with pytest.raises(SetupError, match="Redis did not come up"):
        wait_for("Redis", lambda: False, Supervisor(print), seconds=0.1)


def test_the_supervisor_says_so_and_stops(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        env = {**os.environ, "FLOWPROTECT_RELAY_PORT": str(taken.getsockname()[1]), "FLOWPROTECT_HTTP_PORT": "0"}
        env["FLOWPROTECT_VAR"] = str(tmp_path)
        done = subprocess.run(
            [sys.executable, "-m", "demo.supervisor"], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60
        )
    assert done.returncode == 1
    assert "is in use" in done.stdout and "Traceback" not in done.stdout + done.stderr
