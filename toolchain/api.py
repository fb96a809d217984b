"""What the rest of the house calls: build C into a verified object, and replay captures through it."""

import time
from dataclasses import dataclass, field
from typing import Any

from toolchain.compile import compile_source, compiler
from toolchain.diagnostics import Diagnostic
from toolchain.replay import ReplayError, replay, replay_saved, trace
from toolchain.sandbox import SandboxError
from toolchain.verify import Verdict, Verified, verify_elf

__all__ = [
    "BuildResult", "Diagnostic", "ReplayError", "SandboxError", "Verified", "build", "replay", "replay_saved",
    "trace", "verify_elf",
]  # fmt: skip


@dataclass(frozen=True)
class BuildResult:
    """`ok` means compiled and verified; `timings_ms` has `compile` and `verify`; `verdict`, `facts`: see Verified."""

    ok: bool
    elf: bytes | None
    diagnostics: list[Diagnostic]
    instructions: int | None
    compiler: str
    timings_ms: dict[str, float] = field(default_factory=dict)
    verdict: Verdict | None = None
    facts: dict[str, Any] | None = None


def build(source: str, *, portable: bool = False) -> BuildResult:
    """Compiles and verifies one C file; with `portable` only the portable verdict is ok.

    Raises SandboxError where it cannot be confined.
    """
    start = time.perf_counter()
    compiled = compile_source(source)
    timings = {"compile": round(1000 * (time.perf_counter() - start), 1)}
    if compiled.elf is None:
        return BuildResult(False, None, compiled.diagnostics, None, compiler(), timings)
    start = time.perf_counter()
    verified = verify_elf(compiled.elf, source=source, portable=portable)
    timings["verify"] = round(1000 * (time.perf_counter() - start), 1)
    diagnostics = [*verified.diagnostics, *compiled.diagnostics]
    instructions = verified.instructions or None
    return BuildResult(
        *(verified.ok, compiled.elf, diagnostics, instructions, compiler(), timings, verified.verdict, verified.facts)
    )
