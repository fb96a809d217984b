"""C to BPF with the pinned clang, in the sandbox.

The compiler sees a file system that holds our headers and nothing else (headers.yaml), so any other file is missing
to it whether it exists or not; the source comes on standard input, so that not even it can be included. The operators
that ask whether a file exists are undefined.
"""

import re
from dataclasses import dataclass, replace
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from toolchain.diagnostics import SOURCE_NAME, Diagnostic, from_clang
from toolchain.sandbox import Finished, Job, Limits, run

HERE = Path(__file__).resolve().parent
INCLUDE = HERE / "include"
OVERLAY = HERE / "headers.yaml"
HEADERS = frozenset(path.name for path in INCLUDE.glob("*.h"))
MAX_SOURCE = 256 * 1024
LIMITS = Limits(seconds=10, memory=2 << 30, output=16 << 20)
# The same date in every build, so that the same source makes the same object.
ENVIRONMENT = {"SOURCE_DATE_EPOCH": "0"}
CODE = (
    "-O2 -g -target bpf -ffreestanding -mcpu=v2 -mllvm -bpf-stack-size=8192 -mllvm -disable-lsr -mllvm -disable-lftr "
    # A loop that clang does not write out, though the kit asks for it, is not the author's fault.
    "-Wno-pass-failed "
    "-fno-crash-diagnostics -fno-color-diagnostics -fno-caret-diagnostics -fdiagnostics-print-source-range-info"
).split()
# Diagnostics ignore #line, which could point them at other files.
SOURCE = [
    *("-nostdinc", "-ivfsoverlay", str(OVERLAY)),
    *"-I /flowprotect -fdebug-compilation-dir=/flowprotect -ferror-limit=20 -Wno-builtin-macro-redefined".split(),
    *"-U__has_include -U__has_include_next -U__has_embed -Xclang -fno-diagnostics-use-presumed-location".split(),
    *f"-Xclang -main-file-name -Xclang {SOURCE_NAME} -x c -S -emit-llvm -Xclang -disable-llvm-passes".split(),
]
FIRST_LINE = f'# 1 "{SOURCE_NAME}"\n'
_INLINE_ASM = re.compile(r'^.*\b(?:call|callbr|invoke)\b.* asm (?:[a-z]+ )*"(?P<template>[^"]+)"(?P<rest>.*)$', re.M)
_FILE_ASM = re.compile(r"^module asm ", re.M)
_DEBUG = re.compile(r"!dbg !(\d+)")
_NOT_FOUND = re.compile(r"^'(?P<name>.*)' file not found$|^module '(?P<module>.*)' not found$|^header '.*' not found$")
_ASKED = re.compile(r"'(?P<operator>__has_include|__has_include_next|__has_embed)'")


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
    return Path(spec.origin).with_name("zig").resolve()


def _error(code: str, message: str, line: int | None = None, hint: str | None = None) -> Diagnostic:
    return Diagnostic(code.split(".")[0], "error", code, message, line, 1 if line else None, None, hint)


def _clang(stdin: bytes, *arguments: str) -> Finished:
    zig = _zig()
    argv = [str(zig), "clang", *CODE, *arguments, "-o", "-", "-"]
    job = Job("exec", read=[zig, OVERLAY, INCLUDE], argv=argv, environment=ENVIRONMENT)
    return run(job, stdin, LIMITS)


def _about_files(found: Diagnostic) -> Diagnostic:
    """One diagnostic for every way of asking for a file, whatever clang calls it."""
    if found.severity != "error":
        return found
    missing, asked = _NOT_FOUND.match(found.message), _ASKED.search(found.message)
    if missing:
        name = missing["name"] or missing["module"]
        message = (
            f"a program may not look at other files: '{name}'" if name else "a program may not look at other files"
        )
    elif asked:
        message = f"a program may not look at other files: {asked['operator']} is not available"
    elif found.message.startswith("unable to open output file"):
        message = "a program may not write files: modules are not available"
    elif found.message in ("empty filename", 'expected "FILENAME" or <FILENAME>'):
        message = f"a program may not look at other files: {found.message}"
    else:
        return found
    *some, last = sorted(HEADERS)
    hint = f"Only {', '.join(some)} and {last} may be included."
    return replace(found, stage="preprocess", code="preprocess.include", message=message, hint=hint)


def _assembly(ir: str) -> list[Diagnostic]:
    match = _INLINE_ASM.search(ir)
    if match is None and _FILE_ASM.search(ir) is None:
        return []
    hint = "Only `asm` with an empty template is allowed, as a barrier for the optimiser."
    place = _DEBUG.search(match["rest"]) if match else None
    found = re.search(rf"^!{place[1]} = .*DILocation\(line: (\d+)", ir, re.M) if place else None
    return [_error("compile.asm", "assembly is not allowed", int(found[1]) if found else None, hint)]


def _failure(finished: Finished, diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    if finished.out_of_time:
        return [_error("compile.timeout", f"the compiler took longer than {LIMITS.seconds:.0f} seconds")]
    if finished.too_much_output:
        return [_error("compile.too_large", f"the compiler wrote more than {LIMITS.output >> 20} MiB")]
    if any(diagnostic.severity == "error" for diagnostic in diagnostics):
        return diagnostics
    if "out of memory" in finished.stderr or "bad_alloc" in finished.stderr:
        return [_error("compile.memory", f"the compiler needed more than {LIMITS.memory >> 30} GiB of memory")]
    return [*diagnostics, _error("compile.failed", "the compiler gave up on this program")]


def _refused_unread(source: str, data: bytes) -> list[Diagnostic]:
    if len(data) > MAX_SOURCE:
        message = f"the source is larger than {MAX_SOURCE} bytes"
        return [_error("preprocess.source_too_large", message)]
    for sign, what in (("\0", "a NUL byte"), ("�", "a byte that is not UTF-8")):
        if sign in source:
            line = source[: source.index(sign)].count("\n") + 1
            return [_error("preprocess.source_encoding", f"the source holds {what}", line)]
    return []


def compile_source(source: str) -> Compiled:
    """Compiles one C file.

    Codes: `preprocess.source_too_large`, `preprocess.source_encoding`, `preprocess.include`, `preprocess.error`,
    `compile.error`, `compile.asm`, `compile.timeout`, `compile.memory`, `compile.too_large`, `compile.failed`. Raises
    SandboxError where it cannot be confined.
    """
    source = source.removeprefix("\ufeff")
    data = source.encode(errors="replace")
    refused = _refused_unread(source, data)
    if refused:
        return Compiled(None, refused)
    # To IR first: assembly is looked for before anything assembles it, as `.incbin` reads files.
    first = _clang(FIRST_LINE.encode() + data, *SOURCE)
    warnings = [_about_files(found) for found in from_clang(first.stderr, HEADERS, before=1)]
    if first.status != 0:
        return Compiled(None, _failure(first, warnings))
    refused = _assembly(first.stdout.decode(errors="replace"))
    if refused:
        return Compiled(None, refused)
    second = _clang(first.stdout, "-x", "ir", "-c")
    warnings += from_clang(second.stderr, HEADERS)
    if second.status != 0 or any(found.severity == "error" for found in warnings):
        return Compiled(None, _failure(second, warnings))
    return Compiled(second.stdout, warnings)
