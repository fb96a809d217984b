"""One diagnostic type for every stage: preprocess, compile, load, verify."""

import re
from dataclasses import asdict, dataclass
from typing import Any

_CLANG = re.compile(
    r"^(?P<file>[^:\n]+):(?P<line>\d+):(?P<column>\d+):(?:\{[\d:]+-(?P<eline>\d+):(?P<ecolumn>\d+)\}\S*:)? "
    r"(?P<severity>fatal error|error|warning|note): (?P<message>.*)$"
)
MAX_DIAGNOSTICS = 50


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


def from_clang(output: str, source_name: str) -> list[Diagnostic]:
    """The first diagnostics in clang's output that are about the customer's own file."""
    found: list[Diagnostic] = []
    for text in output.splitlines():
        match = _CLANG.match(text)
        if match is None or len(found) >= MAX_DIAGNOSTICS:
            continue
        own = match["file"] == source_name
        fatal = match["severity"] == "fatal error"
        end = {"line": int(match["eline"]), "column": int(match["ecolumn"])} if match["eline"] else None
        found.append(
            Diagnostic(
                stage="preprocess" if fatal else "compile",
                severity="error" if fatal else match["severity"],
                code="preprocess.error" if fatal else "compile." + match["severity"],
                message=match["message"],
                line=int(match["line"]) if own else None,
                column=int(match["column"]) if own else None,
                end=end if own else None,
            )
        )
    return found


def render(diagnostic: Diagnostic, source: str, name: str) -> str:
    """The diagnostic as clang would print it, with the source line and a caret."""
    where = f"{name}:{diagnostic.line}:{diagnostic.column or 1}: " if diagnostic.line else f"{name}: "
    text = f"{where}{diagnostic.severity}: {diagnostic.message} [{diagnostic.code}]"
    lines = source.splitlines()
    if diagnostic.line and diagnostic.line <= len(lines):
        line = lines[diagnostic.line - 1].replace("\t", " ")
        text += f"\n  {line}\n  {' ' * ((diagnostic.column or 1) - 1)}^"
    if diagnostic.hint:
        text += f"\n  hint: {diagnostic.hint}"
    return text
