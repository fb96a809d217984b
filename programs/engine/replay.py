"""Replays, each in a confined process with a deadline: a program may spend its whole budget on every packet."""

from typing import Any

from toolchain import api as toolchain
from toolchain.api import ReplayError, SandboxError

__all__ = ["ReplayError", "SandboxError", "replay", "trace"]
# Shorter than the time after which a step counts as stuck.
SECONDS = 30
# Somebody waits for the answer.
TRACE_SECONDS = 15


def replay(
    elf: bytes,
    capture: bytes,
    ip_offset: int | None = None,
    seconds: float = SECONDS,
    **options: Any,
) -> tuple[dict[str, Any], bytes]:
    """The summary and the annotated capture; `options` are `lists` and `fuel`. Raises ReplayError, SandboxError."""
    summary, annotated = toolchain.replay(elf, capture, ip_offset=ip_offset, deadline=seconds, **options)
    for row in summary["first"]:
        # PostgreSQL keeps no NUL characters in JSON, and a program may print one.
        row["printed"] = [line.replace("\0", "\N{REPLACEMENT CHARACTER}") for line in row["printed"]]
    return summary, annotated


def trace(
    elf: bytes, capture: bytes, number: int, ip_offset: int | None, source: str, **options: Any
) -> dict[str, Any]:
    """What the program does with packet `number` of the same replay. Raises ReplayError, SandboxError."""
    options |= {"ip_offset": ip_offset, "source": source, "deadline": TRACE_SECONDS}
    return toolchain.trace(elf, capture, number, **options)
