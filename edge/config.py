"""What the agent is told: on the command line, or in a TOML file with the same names."""

import argparse
import os
import re
import socket
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge import VERSION
from edge.errors import ConfigError
from edge.net import check_url

TOKEN_VARIABLE = "FLOWPROTECT_ENROL_TOKEN"  # noqa: S105  a name, not a secret
CHALLENGES = 1_000
MAX_CHALLENGES = 1_000_000
NAMES = ("enrol", "control", "state", "ports", "ca", "hostname", "confine", "challenges", "rotate_keys")
_ADDRESS = r"(?P<{0}>\[[0-9a-fA-F:.]+\]|[0-9.]+):(?P<{0}_port>[0-9]{{1,5}})"
_AGE = re.compile(r"(?P<count>[0-9]{1,6})(?P<unit>[mhd])")
_SECONDS = {"m": 60, "h": 3600, "d": 86400}
_PORT = re.compile("relay:" + _ADDRESS.format("listen") + "->" + _ADDRESS.format("upstream") + r"(\?[a-z0-9=&-]*)?")

EPILOG = f"""\
examples:
  the first start, with the token the control plane gave for this node:
    python -m edge.agent --enrol TOKEN --control https://control.example.org --state /var/lib/flowprotect-edge \\
        --port "relay:192.0.2.10:7777->127.0.0.1:7778"
  every later start:
    python -m edge.agent --state /var/lib/flowprotect-edge --port "relay:192.0.2.10:7777->127.0.0.1:7778"
  the same from a file with the keys {", ".join(NAMES)}:
    python -m edge.agent --config /etc/flowprotect-edge.toml

The token can also come from the environment variable {TOKEN_VARIABLE}, where other users do not see it.
Exit code 0: stopped by SIGTERM or SIGINT. Exit code 2: something above is wrong; one line says what.
"""


@dataclass(frozen=True)
class Settings:
    """Checked settings. `control` may be missing on later starts: the state folder knows it."""

    state: Path
    ports: tuple[str, ...]
    control: str | None = None
    token: str | None = None
    ca: Path | None = None
    hostname: str = ""
    confine: bool = True
    challenges: int = CHALLENGES
    # Age in seconds at which an account's key is changed; None for never.
    rotate_seconds: int | None = 86400


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        raise ConfigError("usage", message)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = _Parser(
        prog="python -m edge.agent",
        description="FlowProtect's edge agent: relays UDP traffic and enforces the rules its control plane signs.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    result.add_argument("--config", type=Path, metavar="FILE", help="read settings from a TOML file; options win")
    result.add_argument("--enrol", metavar="TOKEN", help="one-time token of the first start; not needed after it")
    result.add_argument("--control", metavar="URL", help="the control plane's address, http:// or https://")
    result.add_argument(
        "--state", type=Path, metavar="DIR", help="folder for this node's credential, keys and last good bundle"
    )
    result.add_argument(
        "--port",
        action="append",
        dest="ports",
        metavar="SPEC",
        help='"relay:LISTEN->UPSTREAM", address:port on both sides; "?flows=100" sets an option; repeatable',
    )
    result.add_argument("--ca", type=Path, metavar="FILE", help="trust the certificates in this PEM file for --control")
    result.add_argument(
        "--hostname", metavar="NAME", help="this node's name at the control plane (default: the host's)"
    )
    result.add_argument(
        "--challenges",
        type=int,
        metavar="N",
        help=f"most challenges a second of all rules together, 0 to {MAX_CHALLENGES} (default: {CHALLENGES})",
    )
    result.add_argument(
        "--no-confine",
        action="store_false",
        dest="confine",
        default=None,
        help="keep all privileges after the start; for finding faults",
    )
    result.add_argument(
        "--rotate-keys",
        metavar="AGE",
        help="change the keys of cookies at this age, such as 30m, 24h or 7d, or off; the one before stays good "
        "(default: 24h)",
    )
    result.add_argument("--version", action="version", version=f"flowprotect-agent {VERSION}")
    return result


def read(arguments: list[str] | None = None) -> Settings:
    """Reads and checks everything. Raises ConfigError with codes `usage`, `config.*`, `control.url`, `port.spec`."""
    options = {name: value for name, value in vars(parser().parse_args(arguments)).items() if value is not None}
    file = options.pop("config", None)
    found = (_read_file(file) if file is not None else {}) | options
    token = found.get("enrol") or os.environ.get(TOKEN_VARIABLE) or None
    if "state" not in found:
        raise ConfigError("config.state", "--state DIR is needed: the folder this node keeps its files in")
    ports = tuple(found.get("ports", ()))
    if not ports:
        raise ConfigError(
            "config.ports", 'at least one --port is needed, such as "relay:127.0.0.1:7777->127.0.0.1:7778"'
        )
    for port in ports:
        _check_port(port)
    if token is not None and re.fullmatch("[!-~]{1,512}", token) is None:
        raise ConfigError("config.enrol", "the enrolment token has characters that no token has")
    hostname = found.get("hostname") or socket.gethostname() or "node"
    if re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?", hostname) is None:
        raise ConfigError("config.hostname", f"{hostname!r} is not a host name")
    challenges = found.get("challenges", CHALLENGES)
    if not 0 <= challenges <= MAX_CHALLENGES:
        raise ConfigError("config.challenges", f"challenges must be 0 to {MAX_CHALLENGES}")
    return Settings(
        state=Path(found["state"]),
        ports=ports,
        control=check_url(found["control"]) if "control" in found else None,
        token=token,
        ca=Path(found["ca"]) if "ca" in found else None,
        hostname=hostname,
        confine=found.get("confine", True),
        challenges=challenges,
        rotate_seconds=_age(found.get("rotate_keys", "24h")),
    )


def _age(text: str) -> int | None:
    match = _AGE.fullmatch(text)
    if match is None and text != "off" or match is not None and int(match["count"]) == 0:
        raise ConfigError("config.rotate_keys", f"{text!r} is not an age such as 24h, nor off")
    return int(match["count"]) * _SECONDS[match["unit"]] if match else None


def _read_file(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            values = tomllib.load(stream)
    except OSError as error:
        raise ConfigError("config.file", f"cannot read {path}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError("config.file", f"{path} is not valid TOML: {error}") from error
    for name, value in values.items():
        if name not in NAMES:
            raise ConfigError("config.name", f"{path}: unknown name {name!r}; known are {', '.join(NAMES)}")
        listed = isinstance(value, list) and all(isinstance(item, str) for item in value)
        if name == "ports" and not listed:
            raise ConfigError("config.value", f"{path}: ports must be a list of strings")
        if name == "confine" and not isinstance(value, bool):
            raise ConfigError("config.value", f"{path}: confine must be true or false")
        if name == "challenges" and (not isinstance(value, int) or isinstance(value, bool)):
            raise ConfigError("config.value", f"{path}: challenges must be a whole number")
        if name not in ("ports", "confine", "challenges") and not isinstance(value, str):
            raise ConfigError("config.value", f"{path}: {name} must be a string")
    return values


def _check_port(spec: str) -> None:
    match = _PORT.fullmatch(spec)
    # The engine reads the rest; it opens any free port for a listening port 0.
    if match is None or int(match["listen_port"]) > 65535 or not 0 < int(match["upstream_port"]) < 65536:
        raise ConfigError("port.spec", f'{spec!r} is not a port such as "relay:127.0.0.1:7777->127.0.0.1:7778"')
