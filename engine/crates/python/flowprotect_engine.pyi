"""FlowProtect's engine. Errors are `EngineError`; `args` are (code, message)."""

from typing import Any, TypedDict

class Position(TypedDict):
    line: int
    column: int

class Diagnostic(TypedDict):
    stage: str
    severity: str
    code: str
    message: str
    line: int | None
    column: int | None
    end: Position | None
    hint: str | None

class VerifyReport(TypedDict):
    ok: bool
    instructions: int
    diagnostics: list[Diagnostic]

class EngineError(Exception):
    """`args` are (code, message); codes are `sandbox.unavailable`, `replay.program`, `capture.*`, `engine.report`."""

def verify(elf: bytes, deadline_ms: int = 5000) -> VerifyReport:
    """Verifies an object file. The GIL is released. The deadline is in milliseconds of wall-clock time."""

def replay(
    elf: bytes, capture: bytes, *, ip_offset: int | None = None, seed: int = 0, first: int = 1000, top: int = 20
) -> tuple[dict[str, Any], bytes]:
    """Runs a capture through a program on the capture's clock: (summary, annotated pcapng). The GIL is released."""

def restrict(read: list[str], write: list[str]) -> None:
    """Confines this process for good: `read` and `write` are the paths below which files may be opened.

    Files under `read` may be executed. New sockets, ptrace and io_uring are refused by seccomp with EPERM: Landlock
    does not stop UDP. Raises `EngineError("sandbox.unavailable", …)` where the kernel cannot enforce all of it.
    """
