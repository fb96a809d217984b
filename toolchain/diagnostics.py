"""One diagnostic type for every stage: preprocess, compile, load, verify."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

from toolchain.backend import words

SOURCE_NAME = "program.c"
_CLANG = re.compile(
    r"^(?:(?P<file>[^:\n]+):(?P<line>\d+):(?P<column>\d+):(?:\{[\d:]+-(?P<eline>\d+):(?P<ecolumn>\d+)\}\S*:)? )?"
    r"(?P<severity>fatal error|error|warning|note): (?P<message>.*)$"
)
_BACKEND = re.compile(rf"^(?:{re.escape(SOURCE_NAME)}|<unknown>):(?P<line>\d+):(?P<column>\d+): (?P<message>.*)$")
_INCLUDED = re.compile(r"^In file included from <stdin>:(?P<line>\d+):$")
_SEVERITIES = frozenset({"error", "warning", "note"})
MAX_DIAGNOSTICS = 50
MAX_MESSAGE = 1000


@dataclass(frozen=True)
class Diagnostic:
    """`line` and `column` count from 1; `end` is the first position after the range, `{"line", "column"}`."""

    stage: str
    severity: str
    code: str
    message: str
    line: int | None = None
    column: int | None = None
    end: dict[str, int] | None = None
    hint: str | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, item: dict[str, Any]) -> "Diagnostic":
        """Raises TypeError or KeyError where `item` is not a diagnostic; unknown keys are left out."""
        if item["severity"] not in _SEVERITIES:
            raise TypeError("not a severity")
        return cls(**{key: item[key] for key in cls.__dataclass_fields__ if key in item})


def printable(text: str) -> str:
    """`text` without control characters: a message may quote a source that holds a terminal's commands."""
    return "".join("?" if unicodedata.category(sign) in ("Cc", "Cf", "Cs") else sign for sign in text)


def from_clang(output: str, headers: Collection[str], before: int = 0) -> list[Diagnostic]:
    """The first diagnostics in clang's output; places in a header are moved to the line that includes it.

    `before` is how many lines precede the customer's in what clang read.
    """
    found: list[Diagnostic] = []
    included: int | None = None
    for text in output.splitlines():
        chain = _INCLUDED.match(text)
        if chain:
            included = int(chain["line"])
        match = _CLANG.match(text)
        if match is None or len(found) >= MAX_DIAGNOSTICS:
            continue
        one = _diagnostic(match, headers, before, included)
        # One cause of the back end's has many followers: each instruction of a calculation fails alike.
        if one is not None and (one.hint is None or all(one.code != earlier.code for earlier in found)):
            found.append(one)
        if match["severity"] != "note":
            included = None
    return found


def _diagnostic(match: re.Match[str], headers: Collection[str], before: int, included: int | None) -> Diagnostic | None:
    severity, message = match["severity"], match["message"]
    line, column = int(match["line"] or 0) - before, int(match["column"] or 0)
    end = {"line": int(match["eline"]) - before, "column": int(match["ecolumn"])} if match["eline"] else None
    in_header, clearer = False, None
    if match["file"] is None:
        backend = _BACKEND.match(message)
        if backend:
            line, column, message = int(backend["line"]), int(backend["column"]), backend["message"]
        clearer = words(message)
    elif match["file"] not in ("<stdin>", SOURCE_NAME):
        name = match["file"].rpartition("/")[2]
        if name not in headers:
            # clang's own scratch space and built-in lines: only an error there is worth telling.
            if severity in ("note", "warning"):
                return None
        else:
            message = f"in {name}, line {match['line']}: {message}"
        in_header = True
        line, column, end = (included - before if included else 0), 1, None
    fatal = severity == "fatal error"
    known = line >= 1
    code = "preprocess.error" if fatal and match["file"] else "compile." + severity.removeprefix("fatal ")
    return Diagnostic(
        stage="preprocess" if fatal and match["file"] else "compile",
        severity="error" if fatal else severity,
        code=clearer.code if clearer else code,
        message=clearer.message if clearer else printable(message)[:MAX_MESSAGE],
        line=line if known else None,
        column=max(column, 1) if known else None,
        end=end if known and not in_header else None,
        hint=clearer.hint if clearer else None,
    )
