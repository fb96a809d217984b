"""Child processes: started in a session of their own, watched, restarted with a growing wait, ended by pid."""

import collections
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Part:
    """One supervised process. `on_line` gets each line of its standard output; the rest goes to its log file."""

    name: str
    command: list[str]
    log: Path
    env: dict[str, str] = field(default_factory=dict)
    on_line: Callable[[str], None] | None = None
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: collections.deque[float] = field(default_factory=lambda: collections.deque(maxlen=5))

    def start(self) -> None:
        self.started = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if self.on_line else log,
                stderr=log,
                env={**os.environ, **self.env},
                start_new_session=True,
            )
        if self.on_line:
            threading.Thread(target=self._read, args=(self.process, self.on_line), daemon=True).start()

    @staticmethod
    def _read(process: subprocess.Popen[bytes], on_line: Callable[[str], None]) -> None:
        if process.stdout is None:
            return
        for line in process.stdout:
            on_line(line.decode(errors="replace").rstrip())

    def died(self) -> int | None:
        """The exit status if the process has ended, else None."""
        return self.process.poll() if self.process else None

    def stop(self, grace: float = 5.0) -> None:
        """Asks the process to end, and ends its whole session if it has not within `grace` seconds."""
        if self.process is None:
            return
        for sign, wait in ((signal.SIGTERM, grace), (signal.SIGKILL, 2.0)):
            if self.process.poll() is not None:
                break
            try:
                os.killpg(self.process.pid, sign) if sign == signal.SIGKILL else self.process.send_signal(sign)
            except ProcessLookupError:
                break
            try:
                self.process.wait(wait)
            except subprocess.TimeoutExpired:
                continue
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return


class Supervisor:
    """Starts parts in order, restarts what dies, stops all in reverse order."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.parts: list[Part] = []
        self._say = say

    def start(self, part: Part) -> None:
        part.start()
        self.parts.append(part)

    def tend(self) -> None:
        """Restarts dead parts. Raises RuntimeError for one that has died five times within 30 seconds."""
        now = time.monotonic()
        for part in self.parts:
            status = part.died()
            if status is None:
                continue
            part.deaths.append(now)
            if len(part.deaths) == 5 and now - part.deaths[0] < 30:
                raise RuntimeError(f"{part.name} keeps ending (status {status}); its log is {part.log}")
            self._say(f"{part.name} ended with status {status} and is restarted (log: {part.log})")
            part.start()

    def stop(self) -> None:
        for part in reversed(self.parts):
            part.stop()
