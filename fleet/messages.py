"""Strict reading of JSON from sockets, shared by the consumers that talk to agents and browsers."""

import json
import time
from typing import Any


class BadMessage(Exception):
    """What arrived cannot be used. `code` is for programs; close code 4400 carries both as the reason."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    @property
    def reason(self) -> str:
        """At most 123 bytes, as a close frame allows."""
        return f"{self.code}: {self}".encode()[:123].decode(errors="ignore")


def read_object(text: str | None, limit: int) -> dict[str, Any]:
    """One JSON object of at most `limit` bytes.

    Raises BadMessage (`message.binary`, `message.too_large`, `message.json`, `message.shape`).
    """
    if text is None:
        raise BadMessage("message.binary", "Messages are JSON text.")
    if len(text) > limit or len(text.encode(errors="replace")) > limit:
        raise BadMessage("message.too_large", f"A message has at most {limit} bytes.")
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise BadMessage("message.json", "This is not JSON.") from error
    if not isinstance(value, dict):
        raise BadMessage("message.shape", "A message is a JSON object.")
    return value


def _refuse(name: str) -> None:
    raise ValueError(name)


class Allowance:
    """Lets `per_second` messages pass on average, and `burst` at once."""

    def __init__(self, per_second: float, burst: int) -> None:
        self.per_second, self.burst = per_second, burst
        self.left = float(burst)
        self.at = time.monotonic()

    def spend(self) -> None:
        """Counts one message. Raises BadMessage (`message.too_many`) when there are too many."""
        now = time.monotonic()
        self.left = min(self.burst, self.left + (now - self.at) * self.per_second)
        self.at = now
        if self.left < 1:
            raise BadMessage("message.too_many", "Too many messages.")
        self.left -= 1
