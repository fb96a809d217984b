"""Runs one job in a process of its own with no network, few readable paths and hard limits, or not at all.

Landlock, seccomp and rlimits; where the kernel has no Landlock, bubblewrap; where neither is, SandboxError.
"""

import importlib.util
import marshal
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

LAUNCHER = Path(__file__).with_name("sandbox_launch.py").resolve()
UNAVAILABLE = 97
OUT_OF_MEMORY = 98
MAX_STDERR = 256 * 1024


class SandboxError(Exception):
    """The sandbox could not be set up; nothing was run. `code` is `sandbox.unavailable`."""

    code = "sandbox.unavailable"


@dataclass(frozen=True)
class Limits:
    """Wall-clock seconds (the same for CPU time), and bytes of address space and of each output."""

    seconds: float = 10
    memory: int = 2 << 30
    output: int = 16 << 20


@dataclass(frozen=True)
class Job:
    """What to run: `kind` is a job of sandbox_launch.py; `argv` and `environment` are for `exec`.

    `files` are open files that the job keeps under the same numbers.
    """

    kind: str
    read: list[Path] = field(default_factory=list)
    argv: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    files: tuple[int, ...] = ()


@dataclass(frozen=True)
class Finished:
    """`status` is negative for a signal; `timed_out` where the wall clock ended it; `stderr` is cut at 256 KiB."""

    status: int
    stdout: bytes
    stderr: str
    timed_out: bool

    @property
    def out_of_time(self) -> bool:
        return self.timed_out or self.status in (-signal.SIGXCPU, -signal.SIGKILL)

    @property
    def too_much_output(self) -> bool:
        return self.status == -signal.SIGXFSZ


def run(job: Job, stdin: bytes | Sequence[bytes] = b"", limits: Limits | None = None) -> Finished:
    """Runs `job` confined and waits for it; its standard input may be given in parts.

    Raises SandboxError where the system cannot confine it.
    """
    limits = limits or Limits()
    stdin = [stdin] if isinstance(stdin, bytes) else stdin
    if _landlock():
        finished = _spawn(_command(job, limits, landlock=True), stdin, limits, job.files)
    elif _bubblewrap() is not None:
        finished = _spawn(_wrapped(job, limits), stdin, limits, job.files)
    else:
        raise SandboxError("neither Landlock nor bubblewrap confines a process on this system")
    if finished.status == UNAVAILABLE:
        raise SandboxError(finished.stderr.strip() or "the sandbox could not be set up")
    return finished


@cache
def _landlock() -> bool:
    finished = _spawn(_command(Job("probe"), Limits(), landlock=True), [], Limits())
    return finished.stdout == b"confined\n"


@cache
def _bubblewrap() -> str | None:
    path = shutil.which("bwrap")
    if path is None:
        return None
    command = _wrapped(Job("probe"), Limits(), path)
    return path if _spawn(command, [], Limits()).stdout == b"confined\n" else None


def _command(job: Job, limits: Limits, *, landlock: bool) -> list[str]:
    whole = {**asdict(limits), "seconds": max(1, round(limits.seconds + 0.5))}
    plan = {
        "engine": _engine(),
        "job": job.kind,
        "landlock": landlock,
        "read": [str(path) for path in job.read],
        "limits": whole,
        "parent": os.getpid() if landlock else None,
        "argv": job.argv,
        "environment": job.environment,
        "options": job.options,
    }
    return [sys.executable, "-I", "-S", str(LAUNCHER), marshal.dumps(plan).hex()]


@cache
def _engine() -> str:
    """The folder that the engine's module is imported from."""
    spec = importlib.util.find_spec("flowprotect_engine")
    if spec is None or spec.origin is None:
        raise SandboxError("the engine is not installed")
    return str(Path(spec.origin).parent.parent if spec.submodule_search_locations else Path(spec.origin).parent)


def _wrapped(job: Job, limits: Limits, bwrap: str | None = None) -> list[str]:
    """The same in namespaces that hold Python, the engine and what the job reads, all read-only."""
    system = [path for path in map(Path, ("/usr", "/lib", "/lib64", "/bin")) if path.exists()]
    engine = [Path(path) for path in sys.path if path and Path(path).is_dir()]
    homes = [Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parent]
    binds: list[str] = []
    for path in dict.fromkeys([*system, *homes, *engine, LAUNCHER, *job.read]):
        binds += ["--ro-bind", str(path), str(path)]
    flags = "--unshare-all --die-with-parent --new-session --cap-drop ALL --clearenv --proc /proc --dev /dev".split()
    return [bwrap or _bubblewrap() or "bwrap", *flags, *binds, *_command(job, limits, landlock=False)]


def _spawn(command: list[str], stdin: Sequence[bytes], limits: Limits, kept: tuple[int, ...] = ()) -> Finished:
    # Memory files instead of pipes: RLIMIT_FSIZE bounds what the job writes, nothing is left behind, nobody blocks.
    files = [os.memfd_create(name, os.MFD_CLOEXEC) for name in ("stdin", "stdout", "stderr")]
    try:
        with os.fdopen(os.dup(files[0]), "wb") as stream:
            stream.writelines(stdin)
        os.lseek(files[0], 0, os.SEEK_SET)
        child = subprocess.Popen(
            command,
            stdin=files[0],
            stdout=files[1],
            stderr=files[2],
            pass_fds=kept,
            cwd="/",
            env={},
            start_new_session=True,
        )
        timed_out = True
        try:
            timed_out = not _ended(child.pid, limits.seconds)
        finally:
            # The child is not reaped yet, so its group's number is still its own.
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        stdout = _content(files[1], limits.output)
        stderr = _content(files[2], MAX_STDERR).decode(errors="replace")
        return Finished(child.returncode, stdout, stderr, timed_out)
    finally:
        for file in files:
            os.close(file)


def _ended(pid: int, seconds: float) -> bool:
    """Whether the process ended within the time; it is left to be reaped."""
    handle = os.pidfd_open(pid)
    try:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        return bool(poll.poll(seconds * 1000))
    finally:
        os.close(handle)


def _content(file: int, limit: int) -> bytes:
    return os.pread(file, min(limit, os.fstat(file).st_size), 0)
