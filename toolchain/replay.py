"""Replay in a process that can be ended: neither a program nor a capture can hold or harm the one who asks."""

import json
import mmap
import os
from collections.abc import Callable
from typing import Any

from toolchain.sandbox import OUT_OF_MEMORY, Job, Limits, run

MEMORY = 2 << 30
# What an annotated capture may have more than the capture.
MAX_GROWTH = 256 << 20
MAX_CAPTURE = 256 << 20
# What one packet may cost a program unless its account has another limit.
FUEL = 1_000_000


class ReplayError(Exception):
    """A replay that gave no result.

    Codes: `replay.timeout`, `replay.memory`, `replay.too_large` (of the result), `replay.failed`, `replay.program` (the
    object cannot be loaded), `config.list` (a list that nodes would not take), `capture.*` (it cannot be read;
    `capture.too_large` above 256 MiB), `trace.packet` (the capture has no such packet).
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
    lists: dict[str, list[str]] | None = None,
    fuel: int = FUEL,
) -> tuple[dict[str, Any], bytes]:
    """Runs a capture through a program: (summary, annotated pcapng). `deadline` is in seconds.

    `lists` are the account's lists that the program may look into, by name: `CIDR` or `CIDR=VALUE`; `fuel` is what one
    packet may cost.

    Raises ReplayError, and SandboxError where the replay cannot be confined.
    """
    annotated: list[bytes] = []
    summary = replay_saved(
        lambda content: annotated.append(content[:]),
        *(elf, capture),
        ip_offset=ip_offset,
        seed=seed,
        first=first,
        top=top,
        deadline=deadline,
        lists=lists,
        fuel=fuel,
    )
    return summary, annotated[0]


def replay_saved(
    save: Callable[[mmap.mmap], object] | None,
    elf: bytes,
    capture: bytes,
    *,
    ip_offset: int | None = None,
    seed: int = 0,
    first: int = 1000,
    top: int = 20,
    deadline: float = 10.0,
    lists: dict[str, list[str]] | None = None,
    fuel: int = FUEL,
) -> dict[str, Any]:
    """`replay` without a copy of the annotated capture: `save` gets it; without `save` it is not made at all."""
    options = {"ip_offset": ip_offset, "seed": seed, "first": first, "top": top, "fuel": fuel}
    options["annotate"] = save is not None
    if save is None:
        return _confined("replay", elf, capture, options, deadline, lists)
    file = os.memfd_create("annotated", os.MFD_CLOEXEC)
    try:
        summary = _confined("replay", elf, capture, options, deadline, lists, file)
        save(mmap.mmap(file, 0, access=mmap.ACCESS_READ))
    finally:
        os.close(file)
    return summary


def trace(
    elf: bytes,
    capture: bytes,
    number: int,
    *,
    ip_offset: int | None = None,
    seed: int = 0,
    source: str | None = None,
    deadline: float = 10.0,
    lists: dict[str, list[str]] | None = None,
    fuel: int = FUEL,
) -> dict[str, Any]:
    """What the program does with packet `number`, from 1, when all before it have been replayed.

    With `source`, the C that the object was made of, each line has its `text`. Raises as `replay` does.
    """
    options = {"number": number, "ip_offset": ip_offset, "seed": seed, "fuel": fuel}
    traced = _confined("trace", elf, capture, options, deadline, lists)
    texts = (source or "").splitlines()
    for line in traced["lines"]:
        number = line["line"] or 0
        line["text"] = texts[number - 1].strip() if 0 < number <= len(texts) else None
    return traced


def _confined(
    kind: str,
    elf: bytes,
    capture: bytes,
    options: dict[str, Any],
    deadline: float,
    lists: dict[str, list[str]] | None,
    out: int | None = None,
) -> dict[str, Any]:
    """What a job answered; `out` is an open file for it to write to."""
    if len(capture) > MAX_CAPTURE:
        raise ReplayError("capture.too_large", f"the capture is larger than {MAX_CAPTURE >> 20} MiB")
    output = MAX_GROWTH + len(capture)
    # Not among the options: those are an argument of the process, and lists can be larger than one may be.
    named = json.dumps(lists or {}).encode()
    plan = {**options, "split": [len(elf), len(named)]}
    files = () if out is None else (out,)
    if out is not None:
        plan["out"] = out
    finished = run(Job(kind, options=plan, files=files), [elf, named, capture], Limits(deadline, MEMORY, output))
    if finished.out_of_time:
        raise ReplayError("replay.timeout", f"the replay took longer than {deadline:g} seconds")
    if finished.too_much_output:
        raise ReplayError("replay.too_large", f"the annotated capture is larger than {output >> 20} MiB")
    if finished.status == OUT_OF_MEMORY or "memory allocation" in finished.stderr:
        raise ReplayError("replay.memory", f"the replay needed more than {MEMORY >> 30} GiB of memory")
    try:
        answer = json.loads(finished.stdout)
    except ValueError:
        answer = None
    if finished.status != 0 or not isinstance(answer, dict):
        raise ReplayError("replay.failed", "the replay ended without a result")
    if isinstance(answer.get("refused"), list):
        code, message = answer["refused"][:2]
        raise ReplayError(str(code), str(message))
    return answer
