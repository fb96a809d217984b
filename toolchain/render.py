"""Diagnostics as text for a terminal, as clang shows them."""

from toolchain.diagnostics import Diagnostic, printable

TAB = 8
COLOURS = {"error": "\x1b[1;31m", "warning": "\x1b[1;35m", "note": "\x1b[1;36m", "caret": "\x1b[1;32m"}
BOLD, PLAIN = "\x1b[1m", "\x1b[0m"


def render(diagnostic: Diagnostic, source: str, name: str, *, colour: bool = False) -> str:
    """The diagnostic with its source line, and `^~~~` below the place it is about."""

    def paint(style: str, text: str) -> str:
        return f"{style}{text}{PLAIN}" if colour and text else text

    name = printable(name)
    where = f"{name}:{diagnostic.line}:{diagnostic.column or 1}:" if diagnostic.line else f"{name}:"
    severity = paint(COLOURS.get(diagnostic.severity, BOLD), f"{diagnostic.severity}:")
    message = paint(BOLD, printable(diagnostic.message))
    text = f"{paint(BOLD, where)} {severity} {message} [{diagnostic.code}]"
    # Not splitlines(): clang counts line feeds only, and that is what the numbers mean.
    lines = source.removeprefix("\ufeff").split("\n")
    if diagnostic.line and diagnostic.line <= len(lines):
        line = lines[diagnostic.line - 1].rstrip("\r")
        shown, marks = _marks(line, diagnostic)
        text += f"\n  {shown}\n  {marks[: len(marks) - len(marks.lstrip())]}{paint(COLOURS['caret'], marks.lstrip())}"
    if diagnostic.hint:
        text += f"\n  hint: {printable(diagnostic.hint)}"
    return text


def _marks(line: str, diagnostic: Diagnostic) -> tuple[str, str]:
    """The line with its tabs as spaces, and the marks below it. Columns count bytes of UTF-8, as clang's do."""
    data = line.encode(errors="replace")
    start = min(max((diagnostic.column or 1) - 1, 0), len(data))
    stop = start + 1
    if diagnostic.end and diagnostic.line:
        stop = diagnostic.end["column"] - 1 if diagnostic.end["line"] == diagnostic.line else len(data)
    shown = _expand(line)
    before = len(_expand(data[:start].decode(errors="ignore")))
    length = len(_expand(data[: max(stop, start + 1)].decode(errors="ignore"))) - before
    return shown, " " * before + "^" + "~" * max(length - 1, 0)


def _expand(text: str) -> str:
    out = ""
    for sign in text:
        out += " " * (TAB - len(out) % TAB) if sign == "\t" else printable(sign)
    return out
