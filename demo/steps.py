"""What the supervisor checks and waits for before it runs, each failure as one sentence."""

import os
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from demo.processes import Supervisor


class SetupError(Exception):
    """One sentence for the person at the terminal."""


def say(text: str) -> None:
    print(text, flush=True)


def number(variable: str, default: int, most: int = 65_535) -> int:
    """A whole number from the environment. Raises SetupError for anything else."""
    text = os.environ.get(variable, str(default))
    if not (text.isascii() and text.isdigit() and int(text) <= most):
        raise SetupError(f"{variable} is a number from 0 to {most}, not {text!r}.")
    return int(text)


def check_port(kind: int, port: int, what: str) -> None:
    """Raises SetupError when `port` on loopback is taken."""
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            variable = f"FLOWPROTECT_{what.upper()}_PORT"
            raise SetupError(
                f"Port {port} for the {what} is in use: stop what uses it or set {variable}. ({error.strerror})"
            ) from error


def step(name: str, command: list[str], env: dict[str, str], cwd: Path) -> None:
    """Runs one set-up command; says its name before, its time after, and its output only where it fails."""
    start = time.monotonic()
    print(f"  {name:<28} … ", end="", flush=True)
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True)
    if done.returncode:
        say("FAILED")
        output = f"{done.stdout[-2000:]}{done.stderr[-4000:]}"
        if "No space left" in output or "disk is full" in output:
            raise SetupError("The disk is full: free some space and run again.")
        raise SetupError(f"{name} failed:\n{output}")
    say(f"done in {time.monotonic() - start:.1f}s")


def wait_for(what: str, ready: Callable[[], bool], supervisor: Supervisor, seconds: float = 30) -> None:
    """Waits until `ready`, tending the parts. Raises SetupError after `seconds`."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise SetupError(f"{what} did not come up within {seconds:.0f} s; see the logs in var/log.")
        supervisor.tend()
        time.sleep(0.05)
