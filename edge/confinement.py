"""What this process gives up once its ports are open: privileges, files, most system calls and TCP destinations.

The engine does the work (`flowprotect_engine.confine`); here is what the agent still needs afterwards.
"""

import ssl
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from edge.errors import ConfigError, EngineFault
from edge.files import check_writable
from edge.log import log
from edge.net import Control

FULL, PARTIAL, OFF = "full", "partial", "off"
# What the C library reads to resolve a name, and the libraries it loads for that.
_RESOLVER = (
    *("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf", "/etc/services"),
    *("/etc/ld.so.cache", "/lib", "/lib64", "/usr/lib", "/usr/lib64"),
)
# Where the usual distributions keep public certificates; the names in OpenSSL's folder lead there.
_CERTIFICATES = (
    *("/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/pki/tls", "/etc/pki/ca-trust/extracted"),
    *("/usr/share/ca-certificates", "/usr/local/share/ca-certificates"),
)
_CPUS = "/sys/devices/system/cpu/online"


@dataclass(frozen=True)
class Confinement:
    """How far this process is confined: `full`, `partial` with the parts the kernel lacks, or `off`."""

    state: str
    missing: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """The shape a status message carries."""
        return {"state": self.state, "missing": list(self.missing)}


def confine(state: Path, control: Control, wanted: bool = True) -> Confinement:
    """Confines this process for good and says so in the log. Call it before any thread is started.

    What the kernel cannot do is named in the log and in the result. Raises EngineFault("confine.threads" or
    "confine.path"), and ConfigError("state.folder") where only the privileges that are gone could write to the folder.
    """
    if not wanted:
        log.warning("NOT CONFINED (--no-confine): whoever takes over this process has all that its user has")
        return Confinement(OFF)
    import flowprotect_engine

    port = control_port(control.url)
    try:
        missing = flowprotect_engine.confine(
            read=[str(path) for path in readable(control)], write=[str(state)], connect=[port]
        )
    except flowprotect_engine.EngineError as error:
        raise EngineFault(error.code, error.message) from error
    try:
        check_writable(state)
    except OSError as error:
        message = f"{state} cannot be written without privileges ({error.strerror}): let this process's user own it"
        raise ConfigError("state.folder", message) from error
    log.info("confined: no privileges, writes only in %s, TCP only to port %d, no new processes", state, port)
    for one in missing:
        log.warning("not confined in full: %s is missing: %s", one["part"], one["reason"])
    return Confinement(PARTIAL if missing else FULL, tuple(one["part"] for one in missing))


def control_port(url: str) -> int:
    """The TCP port of the control plane."""
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


def readable(control: Control) -> Iterator[Path]:
    """Files and folders the agent reads after its start; some may not exist."""
    yield from _python()
    yield from map(Path, (*_RESOLVER, _CPUS))
    # systemd-resolved, NetworkManager and the like write anew what this name leads to, so their folder is needed.
    resolver = Path("/etc/resolv.conf").resolve()
    if resolver.parent != Path("/etc"):
        yield resolver.parent
    if control.tls is not None:
        # OpenSSL looks for some certificates when it meets them.
        paths = ssl.get_default_verify_paths()
        found = (paths.cafile, paths.capath, paths.openssl_cafile, paths.openssl_capath)
        yield from (Path(path) for path in (*found, *_CERTIFICATES) if path)


def _python() -> Iterator[Path]:
    """Where late imports find their modules. Not the folder we were started in: it may hold anything."""
    here = Path(__file__).resolve().parent
    yield here
    for entry in sys.path:
        path = Path(entry or ".").resolve()
        if path not in (here.parent, Path.cwd()):
            yield path
