"""Replay in a process that can be ended: neither a program nor a capture can hold or harm the one who asks."""

import json
from typing import Any

from toolchain.sandbox import OUT_OF_MEMORY, Job, Limits, run

MEMORY = 2 << 30
MAX_OUTPUT = 256 << 20
MAX_CAPTURE = 64 << 20


class ReplayError(Exception):
    """A replay that gave no result.

    Codes: `replay.timeout`, `replay.memory`, `replay.too_large` (of the result), `replay.failed`, `replay.program` (the
    object cannot be loaded), and `capture.*` (the capture cannot be read; `capture.too_large` above 64 MiB).
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return self.message


def replay(
    elf: bytes,
    capture: bytes,
    *,
    ip_offset: int | None = None,
    seed: int = 0,
    first: int = 1000,
    top: int = 20,
    deadline: float = 10.0,
) -> tuple[dict[str, Any], bytes]:
    """Runs a capture through a program: (summary, annotated pcapng). `deadline` is in seconds.

    Raises ReplayError, and SandboxError where the replay cannot be confined.
    """
    if len(capture) > MAX_CAPTURE:
        raise ReplayError("capture.too_large", f"the capture is larger than {MAX_CAPTURE >> 20} MiB")
    options = {"ip_offset": ip_offset, "seed": seed, "first": first, "top": top, "split": len(elf)}
    finished = run(Job("replay", options=options), elf + capture, Limits(deadline, MEMORY, MAX_OUTPUT))
    if finished.out_of_time:
        raise ReplayError("replay.timeout", f"the replay took longer than {deadline:g} seconds")
    if finished.too_much_output:
        raise ReplayError("replay.too_large", f"the annotated capture is larger than {MAX_OUTPUT >> 20} MiB")
    if finished.status == OUT_OF_MEMORY or "memory allocation" in finished.stderr:
        raise ReplayError("replay.memory", f"the replay needed more than {MEMORY >> 30} GiB of memory")
    head, separator, annotated = finished.stdout.partition(b"\n")
    try:
        summary = json.loads(head)
    except ValueError:
        summary = None
    if finished.status != 0 or not separator or not isinstance(summary, dict):
        raise ReplayError("replay.failed", "the replay ended without a result")
    if "error" in summary:
        code, message = summary["error"][:2]
        raise ReplayError(str(code), str(message))
    return summary, annotated
