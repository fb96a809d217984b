"""`make run`: the demo game, its players and the flood they suffer from, on loopback and without root.

Environment: FLOWPROTECT_VAR (folder for logs, default ./var), FLOWPROTECT_ORIGIN_PORT (7778),
FLOWPROTECT_FLOOD_PPS (20000).
"""

import json
import os
import signal
import socket
import sys
import time
from pathlib import Path

from demo.processes import Part, Supervisor

ROOT = Path(__file__).resolve().parent.parent


class SetupError(Exception):
    """One sentence for the person at the terminal."""


def say(text: str) -> None:
    print(text, flush=True)


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


class Demo:
    """The running demo: configuration from the environment, parts, and the latest numbers."""

    def __init__(self) -> None:
        self.var = Path(os.environ.get("FLOWPROTECT_VAR", ROOT / "var")).resolve()
        self.origin = int(os.environ.get("FLOWPROTECT_ORIGIN_PORT", "7778"))
        self.rate = int(os.environ.get("FLOWPROTECT_FLOOD_PPS", "20000"))
        self.players: dict = {}
        self.flood: dict = {}
        self.supervisor = Supervisor(say)
        self.env = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
        }

    def part(self, name: str, *command: str, on_line=None) -> None:
        log = self.var / "log" / f"{name}.log"
        self.supervisor.start(Part(name, list(command), log, self.env, on_line))

    def python(self, name: str, module: str, *arguments: str, on_line=None) -> None:
        self.part(name, sys.executable, "-m", module, *arguments, on_line=on_line)

    def prepare(self) -> None:
        for folder in (self.var, self.var / "log"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        check_port(socket.SOCK_DGRAM, self.origin, "origin")

    def start(self) -> None:
        self.python("origin", "demo.origin", str(self.origin))
        self.python("players", "demo.players", "127.0.0.1", str(self.origin), on_line=self._on_players)
        self.python("flood", "demo.flood", "127.0.0.1", str(self.origin), str(self.rate), on_line=self._on_flood)

    def _on_flood(self, line: str) -> None:
        try:
            self.flood = json.loads(line)
        except ValueError:
            return

    def _on_players(self, line: str) -> None:
        try:
            self.players = json.loads(line)
        except ValueError:
            return

    def status(self) -> str:
        loss, trip = self.players.get("loss"), self.players.get("rtt_ms")
        players = "starting" if loss is None else f"loss {loss:6.1%}  round trip {trip or '–'} ms"
        return f"flood {self.flood.get('sent', 0):>6} packets/s  |  players: {players}"

    def run(self) -> None:
        following = time.monotonic()
        while True:
            self.supervisor.tend()
            say(self.status())
            following += 1
            time.sleep(max(0.05, following - time.monotonic()))


def main() -> int:
    demo = Demo()

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    status = 0
    try:
        demo.prepare()
        demo.start()
        say("The demo game is under attack, in DEVELOPMENT MODE. Ctrl-C stops everything; logs are in var/log.")
        demo.run()
    except KeyboardInterrupt:
        say("\nStopping…")
    except (SetupError, RuntimeError) as error:
        say(f"\n{error}")
        status = 1
    except OSError as error:
        say(f"\n{'The disk is full: free some space and run again.' if error.errno == 28 else error}")
        status = 1
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        demo.supervisor.stop()
    return status


if __name__ == "__main__":
    sys.exit(main())
