"""The command `flowprotect` for C authors; needs no server. Exit 0 accepted, 1 rejected, 2 usage or environment."""

import argparse
import json
import shutil
import sys
from pathlib import Path

import flowprotect_engine

from toolchain.api import build
from toolchain.compile import HEADERS, INCLUDE, MAX_SOURCE
from toolchain.render import render
from toolchain.sandbox import SandboxError


def check(file: Path, as_json: bool) -> int:
    with file.open("rb") as stream:
        source = stream.read(MAX_SOURCE + 1).decode(errors="replace")
    result = build(source)
    if as_json:
        answer = {
            "ok": result.ok,
            "diagnostics": [diagnostic.to_json() for diagnostic in result.diagnostics],
            "instructions": result.instructions,
            "compiler": result.compiler,
            "timings_ms": result.timings_ms,
        }
        print(json.dumps(answer))
    else:
        for diagnostic in result.diagnostics:
            print(render(diagnostic, source, str(file)), file=sys.stderr)
        verdict = f"accepted, {result.instructions} instructions" if result.ok else "rejected"
        print(f"{file}: {verdict}")
    return 0 if result.ok else 1


MAX_CAPTURE = 64 << 20


def replay(file: Path, capture: Path, out: Path | None, as_json: bool) -> int:
    result = build(file.read_text(errors="replace"))
    if not result.ok or result.elf is None:
        return check(file, as_json)
    with capture.open("rb") as stream:
        data = stream.read(MAX_CAPTURE + 1)
    try:
        summary, annotated = flowprotect_engine.replay(result.elf, data)
    except flowprotect_engine.EngineError as error:
        code, message = error.args
        print(f"flowprotect: {capture}: {message} [{code}]", file=sys.stderr)
        return 2
    if out is not None:
        out.write_bytes(annotated)
    keys = ("packets", "passed", "dropped", "ignored", "challenges", "tags")
    if as_json:
        diagnostics = [diagnostic.to_json() for diagnostic in result.diagnostics]
        print(json.dumps({"ok": True, "diagnostics": diagnostics, **{key: summary[key] for key in keys}}))
    else:
        print("  ".join(f"{key} {summary[key]}" for key in keys))
    return 0


def headers(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    for name in sorted(HEADERS):
        shutil.copyfile(INCLUDE / name, folder / name)
        print(folder / name)
    return 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="flowprotect", description="Check FlowProtect packet filters.")
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("check", help="compile and verify a C file")
    one.add_argument("file", type=Path)
    one.add_argument("--json", action="store_true", help="print one JSON object")
    two = commands.add_parser("headers", help="write the C headers into a folder, for an editor")
    two.add_argument("dir", type=Path)
    three = commands.add_parser("replay", help="run a capture through a C file")
    three.add_argument("file", type=Path)
    three.add_argument("capture", type=Path)
    three.add_argument("-o", dest="out", type=Path, help="write the annotated capture (pcapng)")
    three.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.command == "check":
            return check(chosen.file, chosen.json)
        if chosen.command == "replay":
            return replay(chosen.file, chosen.capture, chosen.out, chosen.json)
        return headers(chosen.dir)
    except (OSError, SandboxError) as error:
        print(f"flowprotect: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
