"""The command `flowprotect` for C authors; only `off` needs a server.

Exit 0 accepted (or switched off), 1 rejected (or refused by the server), 2 usage or environment.
"""

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn, TextIO

from toolchain import off
from toolchain.api import BuildResult, build, replay_saved, trace
from toolchain.compile import HEADERS, INCLUDE, MAX_SOURCE
from toolchain.diagnostics import Diagnostic, printable
from toolchain.explain import close, explanations, index, text
from toolchain.lists import MAX_FILE as MAX_LIST
from toolchain.lists import ListError, named_file, read_lines
from toolchain.render import render
from toolchain.replay import MAX_CAPTURE, ReplayError
from toolchain.sandbox import SandboxError
from toolchain.steps import steps
from toolchain.tables import packets, totals


class Refused(Exception):
    """What the person asked for cannot be done: exit status 2. `code` names why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Parser(argparse.ArgumentParser):
    """Raises Refused (`usage`) instead of leaving, so that `--json` can answer in JSON."""

    def error(self, message: str) -> NoReturn:
        raise Refused("usage", f"{message} (see {self.prog} --help)")


def whole(text: str) -> int:
    """A whole number from 0 to 2^64 - 1 as an argument."""
    value = int(text, 0)
    if not 0 <= value < 1 << 64:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 2^64 - 1")
    return value


def parser() -> Parser:
    top = Parser(prog="flowprotect", description="Check FlowProtect packet filters.")
    commands = top.add_subparsers(dest="command", required=True)
    one = commands.add_parser("check", help="compile and verify a C file")
    one.add_argument("file", help="the program, or - for standard input")
    one.add_argument("--portable", action="store_true", help="accept only what Cloudflare's verifier takes as well")
    one.add_argument("--json", action="store_true", help="print one JSON object")
    two = commands.add_parser("replay", help="run a capture through a C file")
    two.add_argument("file", help="the program, or - for standard input")
    two.add_argument("capture", type=Path, help="a pcap or pcapng file")
    two.add_argument("-o", dest="out", type=Path, help="write the annotated capture (pcapng)")
    two.add_argument("--ip-offset", type=whole, metavar="N", help="where the IP header starts in each packet")
    two.add_argument("--seed", type=whole, default=0, metavar="N", help="what the program's rand starts from")
    two.add_argument("--packets", type=whole, default=0, metavar="N", help="show the first N packets")
    two.add_argument("--trace", type=whole, metavar="N", help="show what the program does with packet N, from 1")
    two.add_argument(
        "--list",
        dest="lists",
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="an IP list that the program looks into: a CIDR or CIDR=VALUE a line, # for comments; repeatable",
    )
    two.add_argument("--json", action="store_true", help="print one JSON object")
    three = commands.add_parser("headers", help="write the C headers into a folder, for an editor")
    three.add_argument("dir", type=Path)
    three.add_argument("--force", action="store_true", help="replace files that are not ours, too")
    four = commands.add_parser("explain", help="say what the code of a diagnostic means")
    four.add_argument("code", nargs="?", help="such as verify.loop; without one, all are listed")
    four.add_argument("--json", action="store_true", help="print JSON")
    off.add_arguments(commands.add_parser("off", help="switch rules off on a server, at once"))
    return top


def read_file(path: Path, limit: int, what: str) -> bytes:
    """The file, or `limit` + 1 bytes of a larger one. Raises Refused (`file.*`) in one sentence."""
    try:
        if path.is_dir():
            raise Refused("file.directory", f"{path} is a folder, not {what}")
        if path.exists() and not path.is_file() and not path.is_fifo():
            raise Refused("file.kind", f"{path} is not a file")
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except FileNotFoundError:
        raise Refused("file.missing", f"{path} does not exist") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise Refused("file.unreadable", f"{path} cannot be read: {reason}") from None
    return data


def read_source(name: str) -> str:
    if name == "-":
        data = sys.stdin.buffer.read(MAX_SOURCE + 1)
    else:
        data = read_file(Path(name), MAX_SOURCE, "a C file")
    shown = "standard input" if name == "-" else name
    if b"\0" in data:
        raise Refused("file.binary", f"{shown} is a binary file, not C source")
    try:
        # One that is too large is cut, maybe within a sign; the build refuses it for its size.
        return data.decode(errors="replace" if len(data) > MAX_SOURCE else "strict")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Refused("file.encoding", f"{shown} is not UTF-8: line {line} has a byte that does not belong") from None


def coloured(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def built(result: BuildResult) -> dict[str, Any]:
    return {
        "ok": result.ok,
        "verdict": result.verdict,
        "diagnostics": [diagnostic.to_json() for diagnostic in result.diagnostics],
        "instructions": result.instructions,
        "compiler": result.compiler,
        "timings_ms": result.timings_ms,
        "facts": result.facts,
    }


def show(result: BuildResult, source: str, name: str) -> None:
    for diagnostic in result.diagnostics:
        print(render(diagnostic, source, name, colour=coloured(sys.stderr)), file=sys.stderr)


def verdict(result: BuildResult, *, portable: bool) -> str:
    """The verdict in words; `portable` is whether only that one counted."""
    if not result.ok:
        return "rejected (--portable: only what Cloudflare's verifier takes counts)" if portable else "rejected"
    fuel = result.facts and result.facts.get("worst_case_fuel")
    cost = f", at most {fuel:,} fuel a packet" if isinstance(fuel, int) else ""
    return f"accepted ({result.verdict}), {result.instructions} instructions{cost}"


def check(chosen: argparse.Namespace) -> int:
    source = read_source(chosen.file)
    name = "<stdin>" if chosen.file == "-" else chosen.file
    result = build(source, portable=chosen.portable)
    if chosen.json:
        print(json.dumps({**built(result), "portable": chosen.portable}))
    else:
        show(result, source, name)
        print(f"{printable(name)}: {verdict(result, portable=chosen.portable)}")
    return 0 if result.ok else 1


def read_lists(given: list[str]) -> dict[str, list[str]]:
    """The lists of NAME=FILE arguments. Raises Refused (`list.*`, `file.*`)."""
    lists: dict[str, list[str]] = {}
    for argument in given:
        try:
            name, path = named_file(argument)
            if name in lists:
                raise Refused("list.name", f"the list {name} is given twice")
            lists[name] = read_lines(read_file(path, MAX_LIST, "a list"), str(path))
        except ListError as error:
            raise Refused(error.code, str(error)) from None
    return lists


def missing_lists(result: BuildResult, lists: dict[str, list[str]]) -> list[str]:
    """The lists that the program names and that are not given."""
    named = [use["name"] for use in (result.facts or {}).get("lists", [])]
    return [name for name in named if name not in lists]


def replay_file(chosen: argparse.Namespace) -> int:
    source = read_source(chosen.file)
    name = "<stdin>" if chosen.file == "-" else chosen.file
    capture = read_file(chosen.capture, MAX_CAPTURE, "a capture")
    lists = read_lists(chosen.lists)
    result = build(source)
    if not chosen.json:
        show(result, source, name)
        for missing in missing_lists(result, lists):
            print(f"{printable(name)}: no --list {printable(missing)}: looking into it gives -5", file=sys.stderr)
    if not result.ok or result.elf is None:
        print(json.dumps(built(result)) if chosen.json else f"{printable(name)}: rejected")
        return 1
    try:
        if chosen.trace is not None:
            return trace_packet(chosen, result, source, capture, lists)
        summary = replay_saved(
            chosen.out.write_bytes if chosen.out is not None else None,
            result.elf,
            capture,
            ip_offset=chosen.ip_offset,
            seed=chosen.seed,
            first=max(chosen.packets, 0),
            lists=lists,
        )
    except ReplayError as error:
        place = "--list" if error.code == "config.list" else chosen.capture
        raise Refused(error.code, f"{place}: {error.message}") from None
    if chosen.json:
        print(json.dumps({**built(result), **summary}))
        return 0
    for line in [*packets(summary, chosen.packets), *totals(summary)]:
        print(printable(line))
    return 0


def trace_packet(
    chosen: argparse.Namespace, result: BuildResult, source: str, capture: bytes, lists: dict[str, list[str]]
) -> int:
    """One packet, line by line. Raises ReplayError, and Refused (`usage`) where more was asked for."""
    if chosen.out is not None or chosen.packets:
        raise Refused("usage", "--trace shows one packet: -o and --packets do not go with it")
    traced = trace(
        result.elf or b"",
        capture,
        chosen.trace,
        ip_offset=chosen.ip_offset,
        seed=chosen.seed,
        source=source,
        lists=lists,
    )
    if chosen.json:
        print(json.dumps({**built(result), "trace": traced}))
        return 0
    for line in steps(traced):
        print(printable(line))
    return 0


def headers(chosen: argparse.Namespace) -> int:
    """Writes the headers; a file of that name that is not one of ours stays, unless it is forced."""
    folder: Path = chosen.dir
    folder.mkdir(parents=True, exist_ok=True)
    for name in sorted(HEADERS):
        target, content = folder / name, (INCLUDE / name).read_bytes()
        if target.is_symlink() or (target.exists() and not target.is_file()):
            raise Refused("headers.foreign", f"{target} is not a plain file; it was left as it is")
        foreign = target.exists() and not target.read_bytes().startswith(_mark(content))
        if foreign and not chosen.force:
            raise Refused("headers.foreign", f"{target} is not FlowProtect's; it was left as it is (--force replaces)")
        target.write_bytes(content)
        print(f"{target} (replaced a file that was not ours)" if foreign else target)
    return 0


def _mark(content: bytes) -> bytes:
    """How our own versions of a header start: the first words of its first line."""
    return b" ".join(content.split(b" ", 6)[:6])


def explain(chosen: argparse.Namespace) -> int:
    """One code, or all of them."""
    known = explanations()
    if chosen.code is None:
        if chosen.json:
            print(json.dumps([asdict(one) for one in known.values()]))
        else:
            print("\n".join(index()))
        return 0
    if chosen.code not in known:
        near = close(chosen.code)
        hint = f"did you mean {' or '.join(near)}?" if near else "`flowprotect explain` lists all"
        raise Refused("explain.unknown", f"there is no code {chosen.code}: {hint}")
    one = known[chosen.code]
    print(json.dumps(asdict(one)) if chosen.json else text(one))
    return 0


COMMANDS = {"check": check, "replay": replay_file, "headers": headers, "explain": explain, "off": off.run}


def fail(code: str, message: str, as_json: bool, status: int = 2) -> int:
    if as_json:
        stage = "usage" if code == "usage" else code.partition(".")[0]
        print(json.dumps({"ok": False, "diagnostics": [Diagnostic(stage, "error", code, message).to_json()]}))
    else:
        print(f"flowprotect: {printable(message)} [{code}]", file=sys.stderr)
    return status


def main(arguments: list[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    as_json = "--json" in given
    try:
        chosen = parser().parse_args(given)
        return COMMANDS[chosen.command](chosen)
    except (Refused, SandboxError) as error:
        return fail(error.code, str(error), as_json)
    except off.OffError as error:
        return fail(error.code, str(error), as_json, error.status)
    except BrokenPipeError:
        # Whoever read our output has left (`| head`); what is still buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return fail("file.unwritable", f"{where}{error.strerror or error}", as_json)


if __name__ == "__main__":
    sys.exit(main())
