"""Runs `make run`'s supervisor for a test: free ports, its own state folder, a flood the machine can bear."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 120


@dataclass
class RunningDemo:
    """A demo that is up. `facts` is var/demo.json."""

    var: Path
    facts: dict[str, Any]
    process: subprocess.Popen

    @property
    def account(self) -> str:
        return f"/api/v1/accounts/{self.facts['account_id']}"

    def call(self, method: str, path: str, body: Any = None, token: str = "developer") -> Any:
        """The JSON answer of the demo's API; HTTPError for a refusal."""
        request = urllib.request.Request(self.facts["url"] + path, method=method)
        request.add_header("Authorization", f"Bearer {self.facts['tokens'][token]}")
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from error

    def seconds(self, since: float) -> list[dict[str, Any]]:
        """The supervisor's numbers of every second after `since` (Unix seconds)."""
        path = self.var / "log" / "status.jsonl"
        text = path.read_text() if path.exists() else ""
        rows = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
        return [row for row in rows if row["at"] > since]

    def log(self) -> str:
        """The end of every log, for a test that failed."""
        logs = sorted((self.var / "log").glob("*.log"))
        return "\n".join(f"== {path.name}\n{path.read_text(errors='replace')[-3000:]}" for path in logs)


def free_port(kind: int) -> int:
    """A port on loopback that is free now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running_demo(flood: int) -> Iterator[RunningDemo]:
    """The demo with `flood` packets a second, ended and removed afterwards."""
    # Not pytest's own folder: a Unix socket's path has at most 107 bytes.
    var = Path(tempfile.mkdtemp(prefix="fp-demo-"))
    ports = {
        "FLOWPROTECT_HTTP_PORT": free_port(socket.SOCK_STREAM),
        "FLOWPROTECT_RELAY_PORT": free_port(socket.SOCK_DGRAM),
        "FLOWPROTECT_ORIGIN_PORT": free_port(socket.SOCK_DGRAM),
    }
    env = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "PYTEST_"))}
    env |= {name: str(port) for name, port in ports.items()}
    env |= {"FLOWPROTECT_VAR": str(var), "FLOWPROTECT_FLOOD_PPS": str(flood)}
    out = (var / "supervisor.out").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "demo.supervisor"], cwd=ROOT, env=env, stdout=out, stderr=subprocess.STDOUT
    )
    try:
        end = time.monotonic() + START_SECONDS
        while "DEVELOPMENT MODE" not in (var / "supervisor.out").read_text(errors="replace"):
            if process.poll() is not None or time.monotonic() > end:
                raise AssertionError((var / "supervisor.out").read_text(errors="replace"))
            time.sleep(0.1)
        yield RunningDemo(var, json.loads((var / "demo.json").read_text()), process)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
        out.close()
        shutil.rmtree(var, ignore_errors=True)
