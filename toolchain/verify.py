"""Verification in a process that can be ended: a program that makes the verifier spin gets a diagnostic."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from toolchain.diagnostics import Diagnostic

WORKER = Path(__file__).with_name("verify_worker.py")
DEADLINE = 6.0


@dataclass(frozen=True)
class Verified:
    """`instructions` is 0 where the object could not be loaded."""

    ok: bool
    instructions: int
    diagnostics: list[Diagnostic]


def verify_elf(elf: bytes) -> Verified:
    """Verifies an object file; code `verify.no_verdict` where the time or the memory did not suffice."""
    try:
        done = subprocess.run([sys.executable, "-I", str(WORKER)], input=elf, capture_output=True, timeout=DEADLINE)
        report = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        message = "the verifier reached no verdict within its limits of time and memory"
        hint = "Make loops simpler: count with one 64-bit integer against a constant."
        return Verified(False, 0, [Diagnostic("verify", "error", "verify.no_verdict", message, hint=hint)])
    return Verified(report["ok"], report["instructions"], [Diagnostic(**item) for item in report["diagnostics"]])
