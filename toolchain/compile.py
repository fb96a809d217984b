"""C to BPF with the pinned clang, in the sandbox."""

import re
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from toolchain.diagnostics import Diagnostic, from_clang
from toolchain.sandbox import Finished, Limits, run

INCLUDE = Path(__file__).with_name("include")
HEADERS = frozenset(path.name for path in INCLUDE.glob("*.h"))
NAME = "program.c"
MAX_SOURCE = 256 * 1024
FLAGS = (
    "-O2 -g -target bpf -ffreestanding -nostdinc -mcpu=v2 -mllvm -bpf-stack-size=8192 -mllvm -disable-lsr "
    "-mllvm -disable-lftr -fno-crash-diagnostics -fno-color-diagnostics -fno-caret-diagnostics "
    "-fdiagnostics-print-source-range-info -fdebug-prefix-map=.=. -ferror-limit=20"
).split()
_INLINE_ASM = re.compile(r'^.*\b(?:call|callbr|invoke)\b.* asm (?:[a-z]+ )*"(?P<template>[^"]+)"', re.M)
_FILE_ASM = re.compile(r"^module asm ", re.M)


@dataclass(frozen=True)
class Compiled:
    """`elf` is None exactly where a diagnostic is an error."""

    elf: bytes | None
    diagnostics: list[Diagnostic]


def compiler() -> str:
    """The compiler's name and version, which every build records."""
    return f"clang 19.1.7 (ziglang {version('ziglang')})"


def _zig() -> Path:
    spec = find_spec("ziglang")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the ziglang package is not installed")
    return Path(spec.origin).with_name("zig")


def _error(code: str, message: str, line: int | None = None, hint: str | None = None) -> Diagnostic:
    return Diagnostic(code.split(".")[0], "error", code, message, line, 1 if line else None, None, hint)


def _line_of(source: str, text: str) -> int | None:
    return next((number for number, line in enumerate(source.splitlines(), 1) if text in line), None)


def _clang(folder: Path, source: Path, *arguments: str) -> Finished:
    zig = _zig()
    argv = [str(zig), "clang", *FLAGS, "-I", str(INCLUDE), *arguments, source.name]
    return run(argv, read=[zig, INCLUDE], write=[folder], cwd=folder, limits=Limits())


def _opened(folder: Path) -> list[str]:
    """The files clang itself says it looked at, from its dependency output."""
    depend = folder / "program.d"
    if not depend.exists():
        return []
    text = depend.read_text(errors="replace").replace("\\\n", " ")
    names = text.partition(":")[2].replace("\\ ", "\0").split()
    return [name.replace("\0", " ") for name in names]


def _foreign(source: str, folder: Path) -> list[Diagnostic]:
    found = []
    for name in _opened(folder):
        path = Path(name)
        if name == NAME or (path.parent == INCLUDE and path.name in HEADERS):
            continue
        hint = f"Only {' and '.join(sorted(HEADERS))} may be included."
        line = _line_of(source, name) or _line_of(source, path.name)
        found.append(_error("preprocess.include", "a program may not look at other files", line, hint))
    return found


def _assembly(source: str, ir: str) -> list[Diagnostic]:
    if _FILE_ASM.search(ir) or _INLINE_ASM.search(ir):
        hint = "Only `asm` with an empty template is allowed, as a barrier for the optimiser."
        return [_error("compile.asm", "assembly is not allowed", _line_of(source, "asm"), hint)]
    return []


def _failure(finished: Finished) -> list[Diagnostic]:
    diagnostics = from_clang(finished.stderr, NAME)
    if any(diagnostic.severity == "error" for diagnostic in diagnostics):
        return diagnostics
    if finished.timed_out or finished.status == -24:
        return [_error("compile.timeout", "the compiler took longer than 10 seconds")]
    return [*diagnostics, _error("compile.failed", "the compiler gave up on this program")]


def compile_source(source: str) -> Compiled:
    """Compiles one C file.

    Codes: `preprocess.source_too_large`, `preprocess.source_encoding`, `preprocess.include`, `preprocess.error`,
    `compile.error`, `compile.asm`, `compile.timeout`, `compile.failed`. Raises SandboxError where it cannot be confined.
    """
    data = source.encode(errors="surrogatepass")
    if len(data) > MAX_SOURCE:
        message = f"the source has {len(data)} bytes, {MAX_SOURCE} are allowed"
        return Compiled(None, [_error("preprocess.source_too_large", message)])
    if b"\0" in data:
        line = source[: source.index("\0")].count("\n") + 1
        return Compiled(None, [_error("preprocess.source_encoding", "the source holds a NUL byte", line)])
    with tempfile.TemporaryDirectory(prefix="flowprotect-") as name:
        folder = Path(name).resolve()
        file = folder / NAME
        file.write_bytes(data)
        # Assembly is looked for before anything assembles it: `.incbin` reads files.
        first = _clang(folder, file, "-S", "-emit-llvm", "-MD", "-MF", "program.d", "-o", "program.ll")
        refused = _foreign(source, folder)
        if refused:
            return Compiled(None, refused)
        if first.status != 0:
            return Compiled(None, _failure(first))
        warnings = from_clang(first.stderr, NAME)
        refused = _assembly(source, (folder / "program.ll").read_text(errors="replace"))
        if refused:
            return Compiled(None, refused)
        second = _clang(folder, file, "-c", "-o", "program.o")
        if second.status != 0:
            return Compiled(None, _failure(second))
        return Compiled((folder / "program.o").read_bytes(), warnings)
