"""IP lists in files, for replays: what the account's lists are to a node."""

import re
from pathlib import Path

MAX_FILE = 8 << 20
_NAME = re.compile(r"[^=]{1,64}")


class ListError(ValueError):
    """A list that cannot be read. `code` is `list.name` or `list.line`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def named_file(text: str) -> tuple[str, Path]:
    """NAME=FILE as an argument. Raises ListError (`list.name`)."""
    name, separator, file = text.partition("=")
    if not separator or not file or not _NAME.fullmatch(name) or len(name.encode(errors="replace")) > 64:
        raise ListError("list.name", f"{text} is not NAME=FILE with a name of 1 to 64 bytes")
    return name, Path(file)


def read_lines(data: bytes, shown: str) -> list[str]:
    """The entries of a file: a CIDR or CIDR=VALUE a line, `#` starts a comment. The engine checks each of them.

    Raises ListError (`list.line`) where the file is larger than MAX_FILE or not text.
    """
    if len(data) > MAX_FILE:
        raise ListError("list.line", f"{shown} is larger than {MAX_FILE >> 20} MiB")
    try:
        lines = data.decode().splitlines()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ListError("list.line", f"{shown} is not UTF-8: line {line}") from None
    entries = (line.partition("#")[0].strip() for line in lines)
    return [entry for entry in entries if entry]
