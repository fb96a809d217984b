"""The command: exit statuses, one sentence or one JSON object for every mistake, and how diagnostics look."""

import io
import json
import sys
from pathlib import Path

import pytest

from toolchain.cli import coloured, main
from toolchain.diagnostics import Diagnostic, from_clang
from toolchain.render import render

PASS = '#include "cf_ebpf_helper.h"\nuint64_t cf_ebpf_main(void *state) { return CF_EBPF_PASS; }\n'
Capsys = pytest.CaptureFixture[str]


def answer(capsys: Capsys) -> dict[str, object]:
    captured = capsys.readouterr()
    assert captured.err == ""
    value = json.loads(captured.out)
    assert isinstance(value, dict)
    return value


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda path: None, "file.missing"),
        (lambda path: path.mkdir(), "file.directory"),
        (lambda path: path.write_bytes(b"\x7fELF\0\0"), "file.binary"),
        (lambda path: path.write_bytes(b"int a;\n// \xff\n"), "file.encoding"),
        (lambda path: path.symlink_to("/dev/zero"), "file.kind"),
    ],
)
def test_files_that_are_not_programs(tmp_path: Path, capsys: Capsys, make, code: str) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "program.c"
    make(path)
    assert main(["check", str(path)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"[{code}]" in said
    assert main(["check", str(path), "--json"]) == 2
    told = answer(capsys)
    assert told["ok"] is False
    assert [item["code"] for item in told["diagnostics"]] == [code]  # type: ignore[attr-defined]


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["check"], ["check", "a.c", "--nonsense"], ["replay", "a.c"]])
def test_wrong_usage(capsys: Capsys, arguments: list[str]) -> None:
    assert main(arguments) == 2
    assert "[usage]" in capsys.readouterr().err
    assert main([*arguments, "--json"]) == 2
    assert answer(capsys)["ok"] is False


def test_numbers_out_of_range_are_usage(capsys: Capsys) -> None:
    for number in ("-1", "x", str(1 << 64)):
        assert main(["replay", "a.c", "b.pcap", f"--seed={number}"]) == 2
        assert "[usage]" in capsys.readouterr().err


def test_a_source_that_is_too_large_is_rejected(tmp_path: Path, capsys: Capsys) -> None:
    path = tmp_path / "large.c"
    path.write_text("é" * (256 << 10))
    assert main(["check", str(path), "--json"]) == 1
    assert answer(capsys)["ok"] is False


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: Capsys) -> None:
    for source, status in ((PASS, 0), ("int x", 1)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(source.encode())))
        assert main(["check", "-"]) == status
    captured = capsys.readouterr()
    assert "<stdin>: accepted" in captured.out
    assert "<stdin>:1:6: error:" in captured.err


def test_headers_of_others_stay(tmp_path: Path, capsys: Capsys) -> None:
    path = tmp_path / "cf_ebpf_defs.h"
    path.write_text("/* mine */\n")
    assert main(["headers", str(tmp_path)]) == 2
    assert "left as it is" in capsys.readouterr().err
    assert path.read_text() == "/* mine */\n"
    assert main(["headers", str(tmp_path), "--force"]) == 0
    assert "not ours" in capsys.readouterr().out
    path.write_text(path.read_text() + "/* an older version */\n")
    assert main(["headers", str(tmp_path)]) == 0
    assert "older" not in path.read_text()


def test_ranges_tabs_and_wide_signs() -> None:
    source = "\tint é = abc + 1;\n"
    found = Diagnostic("compile", "error", "compile.error", "no abc", 1, 11, {"line": 1, "column": 14})
    lines = render(found, source, "a.c").split("\n")
    assert lines[0] == "a.c:1:11: error: no abc [compile.error]"
    assert lines[1] == "  " + " " * 8 + "int é = abc + 1;"
    assert lines[2] == "  " + " " * 16 + "^~~"
    point = Diagnostic("compile", "error", "c", "m", 1, 2)
    assert render(point, source, "a.c").split("\n")[2] == "  " + " " * 8 + "^"
    beyond = Diagnostic("compile", "error", "c", "m", 1, 900, {"line": 3, "column": 1})
    assert render(beyond, source, "a.c").endswith("^")


def test_a_source_cannot_command_the_terminal() -> None:
    found = from_clang("<stdin>:2:1: error: \x1b[2Jgone", [], before=1)[0]
    text = render(found, "\x1b[31mred\x9b\u202e\n", "a\x1b.c")
    assert not set(text) & set("\x1b\x9b\u202e")


def test_colours_when_it_is_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert coloured(Terminal())
    assert not coloured(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not coloured(Terminal())
    found = Diagnostic("compile", "error", "c", "m", 1, 1)
    assert "\x1b[1;31merror:" in render(found, "int\n", "a.c", colour=True)


def test_a_place_in_a_header_is_the_line_that_includes_it() -> None:
    output = "In file included from <stdin>:4:\n/flowprotect/cf_ebpf_defs.h:5:9: error: bad\n<built-in>:1:1: note: x\n"
    found = from_clang(output, ["cf_ebpf_defs.h"], before=1)
    assert [(one.line, one.message) for one in found] == [(3, "in cf_ebpf_defs.h, line 5: bad")]
