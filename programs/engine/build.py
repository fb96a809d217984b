"""Compile and verify, step by step, with the milliseconds that each took."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, TypeVar

from programs.facts import keepable
from toolchain.compile import Compiled, compile_source, compiler
from toolchain.diagnostics import Diagnostic, printable
from toolchain.sandbox import SandboxError
from toolchain.verify import Verified, verify_elf

T = TypeVar("T")
__all__ = ["Checked", "SandboxError", "check", "compile_source", "compiler", "failure", "shown", "timed", "verify_elf"]


@dataclass(frozen=True)
class Checked:
    """What a compile and a verification found."""

    ok: bool
    diagnostics: list[dict[str, Any]]
    instructions: int | None
    timings_ms: dict[str, float]
    verdict: str = ""
    facts: dict[str, Any] | None = None


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """The result and the milliseconds."""
    start = time.perf_counter()
    result = work()
    return result, round(1000 * (time.perf_counter() - start), 1)


def check(source: str, lists: Collection[str] = (), *, portable: bool = False) -> Checked:
    """Compiles and verifies without keeping anything, for an account with these IP lists.

    With `portable` only that verdict is ok. Raises SandboxError where it cannot be confined.
    """
    compiled, compile_ms = timed(lambda: compile_source(source))
    if compiled.elf is None:
        return Checked(False, shown(compiled), None, {"compile": compile_ms})
    elf = compiled.elf
    verified, verify_ms = timed(lambda: verify_elf(elf, source=source, portable=portable))
    timings = {"compile": compile_ms, "verify": verify_ms}
    found, instructions = shown(compiled, verified, lists), verified.instructions or None
    return Checked(verified.ok, found, instructions, timings, verified.verdict or "", keepable(verified.facts))


def shown(compiled: Compiled, verified: Verified | None = None, lists: Collection[str] = ()) -> list[dict[str, Any]]:
    """Diagnostics as JSON, those that stopped the build first. `lists` are the names of the account's IP lists."""
    found = [*verified.diagnostics, *unknown_lists(verified, lists)] if verified else []
    return [one.to_json() for one in [*found, *compiled.diagnostics]]


def unknown_lists(verified: Verified, lists: Collection[str]) -> list[Diagnostic]:
    """A warning (`list.unknown`) for each list that the program names and the account does not have."""
    named = (verified.facts or {}).get("lists", [])
    hint = "Make it under IP lists, or correct the name: a list that is made later is found without a new build."
    return [
        Diagnostic(
            "verify",
            "warning",
            "list.unknown",
            f"the account has no IP list {printable(use['name'])}: looking into it gives -5",
            line=next(iter(use["lines"]), None),
            column=1 if use["lines"] else None,
            hint=hint,
        )
        for use in named
        if use["name"] not in lists
    ]


def failure(stage: str, code: str, message: str, severity: str = "error", hint: str | None = None) -> dict[str, Any]:
    """A diagnostic of our own, as JSON."""
    return Diagnostic(stage, severity, code, message, hint=hint).to_json()
