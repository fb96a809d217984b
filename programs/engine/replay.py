"""Replays, each in a confined process with a deadline: a program may spend its whole budget on every packet."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

WORKER = Path(__file__).with_name("replay_worker.py")
SECONDS = 30


class ReplayError(Exception):
    """The replay gave no result. Codes: `capture.*`, `replay.*`, `sandbox.unavailable`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def replay(
    elf: bytes, capture: bytes, ip_offset: int | None = None, seconds: float = SECONDS
) -> tuple[dict[str, Any], bytes]:
    """The summary and the annotated capture. Raises ReplayError."""
    head = json.dumps({"elf": len(elf), "ip_offset": ip_offset}).encode() + b"\n"
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(WORKER)],
            input=head + elf + capture,
            capture_output=True,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired as error:
        message = f"the replay took longer than {seconds:g} seconds"
        raise ReplayError("replay.timeout", message) from error
    line, _, annotated = done.stdout.partition(b"\n")
    try:
        answer = json.loads(line)
    except ValueError as error:
        raise ReplayError("replay.crashed", "the replay ended without a result") from error
    if "summary" not in answer:
        raise ReplayError(answer["code"], answer["message"])
    for row in answer["summary"]["first"]:
        # PostgreSQL keeps no NUL characters in JSON, and a program may print one.
        row["printed"] = [line.replace("\0", "\N{REPLACEMENT CHARACTER}") for line in row["printed"]]
    return answer["summary"], annotated
