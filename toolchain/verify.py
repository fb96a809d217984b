"""Verification in a process that can be ended: a program that makes the verifier spin gets a diagnostic."""

import json
from dataclasses import dataclass
from typing import Any, Literal

from toolchain.diagnostics import Diagnostic
from toolchain.sandbox import Job, Limits, run

DEADLINE_MS = 8000
LIMITS = Limits(seconds=9, memory=2 << 30, output=4 << 20)

Verdict = Literal["portable", "safe"]
VERDICTS: dict[str, Verdict] = {"portable": "portable", "safe": "safe"}


@dataclass(frozen=True)
class Verified:
    """`instructions` is 0 where the object could not be loaded; `verdict` is None exactly where it is not ok.

    `facts` is what the editor shows of a program that was analysed (docs/program-reference.md).
    """

    ok: bool
    instructions: int
    diagnostics: list[Diagnostic]
    verdict: Verdict | None = None
    facts: dict[str, Any] | None = None


def verify_elf(elf: bytes, *, source: str = "", portable: bool = False) -> Verified:
    """Verifies an object file; code `verify.no_verdict` where the time or the memory did not suffice.

    With `portable` only the portable verdict accepts; with `source` hints name the author's own expressions.

    Raises SandboxError where the verifier cannot be confined: the object may be anybody's.
    """
    options = {"deadline_ms": DEADLINE_MS, "portable": portable, "split": len(elf)}
    finished = run(Job("verify", options=options), elf + source.encode(errors="replace"), LIMITS)
    try:
        report: dict[str, Any] = json.loads(finished.stdout)
        diagnostics = [Diagnostic.from_json(item) for item in report["diagnostics"]]
        verdict = VERDICTS.get(report["verdict"] or "")
        facts = report["facts"] if isinstance(report["facts"], dict) else None
        return Verified(verdict is not None, int(report["instructions"]), diagnostics, verdict, facts)
    except (ValueError, TypeError, KeyError):
        message = "the verifier reached no verdict within its limits of time and memory"
        hint = "Make loops simpler: count with one 64-bit integer against a constant."
        return Verified(False, 0, [Diagnostic("verify", "error", "verify.no_verdict", message, hint=hint)])
