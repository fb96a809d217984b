"""Confines itself, then does one job: `python -I -S sandbox_launch.py PLAN`. Needs nothing of `toolchain`.

Each check of a program starts it three times, so it imports little, and late: json, signal and typing take longer
than the rest together. PLAN is `marshal` in hexadecimal: {"engine": the folder of the engine's module, "job": "exec"
| "verify" | "replay" | "trace" | "probe", "landlock": bool, "read": [...], "limits": {"memory", "seconds", "output"},
"parent": pid | null, and for "exec" "argv" and "environment", for the others "options"}. The job reads its standard
input and answers on standard output. No path may be written. Exit status 97 means that the sandbox could not be set
up, and that nothing was run; all but `exec` exit with 98 when memory ran out.
"""

from __future__ import annotations

import ctypes
import marshal
import os
import resource
import struct
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

UNAVAILABLE = 97
OUT_OF_MEMORY = 98
PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 1, 22, 38, 2
SIGKILL, SIGPIPE, SIGXFSZ, SIG_DFL = 9, 13, 25, 0

# New processes and threads (RLIMIT_NPROC does not hold root, and counts all processes of a user), leaving the process
# group, signals to others, new namespaces and mounts. System call numbers by name.
REFUSED = {
    "x86_64": {
        "clone": 56, "fork": 57, "vfork": 58, "kill": 62, "setpgid": 109, "setsid": 112, "rt_sigqueueinfo": 129,
        "pivot_root": 155, "chroot": 161, "mount": 165, "umount2": 166, "tkill": 200, "tgkill": 234, "add_key": 248,
        "request_key": 249, "unshare": 272, "perf_event_open": 298, "open_by_handle_at": 304, "setns": 308,
        "pidfd_send_signal": 424, "open_tree": 428, "fsopen": 430, "pidfd_open": 434, "clone3": 435,
    },
    "aarch64": {
        "clone": 220, "kill": 129, "setpgid": 154, "setsid": 157, "rt_sigqueueinfo": 138, "pivot_root": 41,
        "chroot": 51, "mount": 40, "umount2": 39, "tkill": 130, "tgkill": 131, "add_key": 217, "request_key": 218,
        "unshare": 97, "perf_event_open": 241, "open_by_handle_at": 265, "setns": 268, "pidfd_send_signal": 424,
        "open_tree": 428, "fsopen": 430, "pidfd_open": 434, "clone3": 435,
    },
}  # fmt: skip
AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32 = 0x40000000


def set_limits(limits: dict[str, int]) -> None:
    wanted = (
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_DATA, limits["memory"]),
        (resource.RLIMIT_CPU, limits["seconds"]),
        (resource.RLIMIT_FSIZE, limits["output"]),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
    )
    for kind, limit in wanted:
        hard = resource.getrlimit(kind)[1]
        value = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(kind, (value, value))
    # Python ignores these two, and what is ignored stays ignored after exec: too much output has to end the process.
    libc = ctypes.CDLL(None)
    for number in (SIGXFSZ, SIGPIPE):
        libc.signal(number, ctypes.c_void_p(SIG_DFL))


def instruction(code: int, value: int, true: int = 0, false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, true, false, value)


def filter_program() -> bytes:
    """A seccomp filter: EPERM for each call of REFUSED, death for another architecture's calls."""
    machine = os.uname().machine
    numbers = sorted(REFUSED[machine].values())
    load, equal, at_least, answer = 0x20, 0x15, 0x35, 0x06
    kill, refuse, allow = 0x80000000, 0x00050001, 0x7FFF0000
    program = [
        instruction(load, 4),
        instruction(equal, AUDIT_ARCH[machine], 1, 0),
        instruction(answer, kill),
        instruction(load, 0),
        instruction(at_least, X32, 0, 1),
        instruction(answer, kill),
    ]
    for number in numbers:
        program += [instruction(equal, number, 0, 1), instruction(answer, refuse)]
    return b"".join([*program, instruction(answer, allow)])


def filter_calls() -> None:
    """Installs the filter. Raises OSError or KeyError (a machine that is not in REFUSED)."""
    code = filter_program()
    buffer = ctypes.create_string_buffer(code, len(code))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(code) // 8, ctypes.addressof(buffer)))
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(program))


def prctl(option: int, value: int, pointer: int = 0) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(pointer), ctypes.c_ulong(0), ctypes.c_ulong(0)) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}")


def confine(plan: dict[str, Any]) -> None:
    """Gives up all that the job does not need. Raises whatever the system answers."""
    if plan["parent"] is not None:
        prctl(PR_SET_PDEATHSIG, SIGKILL)
        if os.getppid() != plan["parent"]:
            raise OSError("the parent is gone")
    # Before the file system closes.
    sys.path.append(plan["engine"])
    import flowprotect_engine

    if plan["job"] != "exec":
        import json  # noqa: F401
        import mmap  # noqa: F401

    set_limits(plan["limits"])
    if plan["landlock"]:
        flowprotect_engine.restrict(plan["read"], [])
    filter_calls()


def execute(plan: dict[str, Any]) -> None:
    os.execve(plan["argv"][0], plan["argv"], plan["environment"])  # noqa: S606 - the point of this file


def verify(plan: dict[str, Any]) -> None:
    """Input: the object, `split` bytes of it, then the source it was made of, which may be empty."""
    import json

    import flowprotect_engine

    options = dict(plan["options"])
    data = sys.stdin.buffer.read()
    split = options.pop("split")
    source = data[split:].decode(errors="replace") or None
    report = flowprotect_engine.verify(data[:split], source=source, **options)
    print(json.dumps(report))


def replay(plan: dict[str, Any]) -> None:
    """Input: the object and the lists in JSON, whose bytes `split` counts, then the capture.

    Output: JSON; the annotated capture goes to `out`.
    """
    import flowprotect_engine

    answer_with(lambda elf, capture, **options: flowprotect_engine.replay(elf, capture, **options)[0], plan)


def trace(plan: dict[str, Any]) -> None:
    """Input as for `replay`. Output: JSON."""
    import flowprotect_engine

    answer_with(flowprotect_engine.trace, plan)


def answer_with(work: Callable[..., Any], plan: dict[str, Any]) -> None:
    """Does `work`; an engine's error is answered as {"refused": [code, message]}."""
    import json
    import mmap

    import flowprotect_engine

    options = dict(plan["options"])
    elf, named = options.pop("split")
    # Not read but mapped, as a capture is large: standard input is a file in memory that nobody writes to any more.
    data = memoryview(mmap.mmap(0, 0, access=mmap.ACCESS_READ))
    try:
        lists = json.loads(bytes(data[elf : elf + named]))
        answer = work(bytes(data[:elf]), data[elf + named :], lists=lists, **options)
    except flowprotect_engine.EngineError as error:
        answer = {"refused": list(error.args)}
    print(json.dumps(answer))


def probe(plan: dict[str, Any]) -> None:
    print("confined")


JOBS: dict[str, Callable[[dict[str, Any]], None]] = {
    "exec": execute,
    "verify": verify,
    "replay": replay,
    "trace": trace,
    "probe": probe,
}


def main() -> None:
    plan = marshal.loads(bytes.fromhex(sys.argv[1]))  # noqa: S302 - of the parent's making
    try:
        confine(plan)
    except Exception as error:
        print(f"sandbox: {error}", file=sys.stderr)
        sys.exit(UNAVAILABLE)
    try:
        JOBS[plan["job"]](plan)
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)


if __name__ == "__main__":
    main()
