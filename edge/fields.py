"""Strict typed reading of untrusted JSON: every function names the place of what it refuses."""

import base64
import binascii
import json
import re
from collections.abc import Callable
from typing import Any, NoReturn

from edge.errors import EdgeError

MAX_INTEGER = 2**63 - 1


class Reader:
    """Reads fields out of one JSON object. `fail` makes the typed error to raise from a sentence."""

    def __init__(self, value: Any, place: str, fail: Callable[[str], EdgeError]) -> None:
        self.place = place
        self.fail = fail
        if not isinstance(value, dict):
            self.refuse("must be an object")
        self.value: dict[str, Any] = value

    def refuse(self, why: str, key: str = "") -> NoReturn:
        """Raises the typed error for this object, or for its field `key`."""
        where = f"{self.place}.{key}" if key and self.place else key or self.place or "the message"
        raise self.fail(f"{where} {why}")

    def text(self, key: str, *, longest: int = 256, shortest: int = 1, pattern: str | None = None) -> str:
        value = self.value.get(key)
        if not isinstance(value, str):
            self.refuse("must be a string", key)
        if not shortest <= len(value) <= longest:
            self.refuse(f"must have {shortest} to {longest} characters", key)
        if pattern is not None and re.fullmatch(pattern, value) is None:
            self.refuse("has an invalid form", key)
        return value

    def choice(self, key: str, choices: tuple[str, ...]) -> str:
        value = self.value.get(key)
        if not isinstance(value, str) or value not in choices:
            self.refuse(f"must be one of {', '.join(choices)}", key)
        return value

    def integer(self, key: str, lowest: int = 0) -> int:
        value = self.value.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= MAX_INTEGER:
            self.refuse(f"must be a whole number from {lowest} up", key)
        return value

    def mapping(self, key: str, *, default: dict[str, Any] | None = None) -> dict[str, Any]:
        value = self.value.get(key, default)
        if not isinstance(value, dict):
            self.refuse("must be an object", key)
        return value

    def items(self, key: str, most: int) -> list[Any]:
        value = self.value.get(key)
        if not isinstance(value, list):
            self.refuse("must be a list", key)
        if len(value) > most:
            self.refuse(f"must have at most {most} entries", key)
        return value

    def binary(self, key: str, *, longest: int, exact: int | None = None) -> bytes:
        value = self.value.get(key)
        if not isinstance(value, str):
            self.refuse("must be base64 text", key)
        try:
            data = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            self.refuse("must be base64 text", key)
        if exact is not None and len(data) != exact:
            self.refuse(f"must hold {exact} bytes", key)
        if len(data) > longest:
            self.refuse(f"must hold at most {longest} bytes", key)
        return data

    def child(self, key: str) -> "Reader":
        place = f"{self.place}.{key}" if self.place else key
        return Reader(self.value.get(key), place, self.fail)


def parse_object(data: bytes | str, what: str, fail: Callable[[str], EdgeError]) -> Reader:
    """Parses JSON that must be one object. Whatever is wrong with it, the error is the one `fail` makes."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise fail(f"{what} is not valid JSON") from error
    if not isinstance(value, dict):
        raise fail(f"{what} must be a JSON object")
    return Reader(value, "", fail)
