"""Runs one command with no network, few readable paths and hard limits, or not at all."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

LAUNCHER = Path(__file__).with_name("sandbox_launch.py")
UNAVAILABLE = 97
MAX_STDERR = 256 * 1024


class SandboxError(Exception):
    """The sandbox could not be set up; nothing was run. `code` is `sandbox.unavailable`."""

    code = "sandbox.unavailable"


@dataclass(frozen=True)
class Limits:
    """Wall-clock and CPU seconds, and bytes of address space and of each written file."""

    seconds: int = 10
    memory: int = 2 << 30
    output: int = 16 << 20


@dataclass(frozen=True)
class Finished:
    """`status` is negative for a signal; `timed_out` where the wall clock ended it."""

    status: int
    stdout: bytes
    stderr: str
    timed_out: bool


def run(
    argv: list[str], *, read: list[Path], write: list[Path], cwd: Path, limits: Limits, stdin: bytes = b""
) -> Finished:
    """Runs `argv` confined. Raises SandboxError where the kernel cannot confine it."""
    plan = {
        "read": [str(path) for path in read],
        "write": [str(path) for path in write],
        "memory": limits.memory,
        "seconds": limits.seconds,
        "output": limits.output,
        "argv": argv,
    }
    environment = {
        "PATH": "/nonexistent",
        "TMPDIR": str(cwd),
        "HOME": str(cwd),
        "ZIG_GLOBAL_CACHE_DIR": str(cwd),
        "ZIG_LOCAL_CACHE_DIR": str(cwd),
    }
    child = subprocess.Popen(
        [sys.executable, "-I", str(LAUNCHER), json.dumps(plan)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=cwd,
        env=environment,
        start_new_session=True,
    )
    timed_out = False
    try:
        stdout, stderr = child.communicate(stdin, timeout=limits.seconds)
    except subprocess.TimeoutExpired:
        timed_out = True
        os.killpg(child.pid, signal.SIGKILL)
        stdout, stderr = child.communicate()
    text = stderr[:MAX_STDERR].decode(errors="replace")
    if child.returncode == UNAVAILABLE:
        raise SandboxError(text.strip() or "the sandbox could not be set up")
    return Finished(child.returncode, stdout, text, timed_out)
