"""`flowprotect replay --list`: a program that decides by a list, and lists that are none."""

import json
from pathlib import Path

import pytest

from toolchain.cli import main
from toolchain.tests.test_replay import ip, pcap

PROGRAM = """#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#include "flowprotect_abi.h"
uint64_t cf_ebpf_main(void *state) {
    int64_t found = fp_list_source("trusted");
    set_network_analytics_tag((uint64_t)(found < 0 ? 99 : found));
    return found > 0 ? CF_EBPF_PASS : CF_EBPF_DROP;
}
"""
Capsys = pytest.CaptureFixture[str]


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """The arguments: a program, and a capture with one packet of 127.1.0.1."""
    program, capture = tmp_path / "list.c", tmp_path / "in.pcap"
    program.write_text(PROGRAM)
    capture.write_bytes(pcap([ip(b"hello")]))
    return ["replay", str(program), str(capture)]


@pytest.mark.parametrize(
    ("text", "dropped", "tag"),
    [
        ("# ours\n127.1.0.0/16 # the office\n", 0, "1"),
        ("\n127.0.0.0/8=41\n::1\n", 0, "42"),
        ("10.0.0.0/8\n", 1, "0"),
        ("", 1, "0"),
    ],
)
def test_it_works(files: list[str], tmp_path: Path, capsys: Capsys, text: str, dropped: int, tag: str) -> None:
    path = tmp_path / "trusted.txt"
    path.write_text(text)
    assert main([*files, "--list", f"trusted={path}", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["dropped"], answer["tags"]) == (dropped, {tag: 1})


def test_a_list_that_is_not_given_is_said(files: list[str], capsys: Capsys) -> None:
    assert main(files) == 0
    said = capsys.readouterr()
    assert "no --list trusted" in said.err
    assert "99: 1" in said.out


@pytest.mark.parametrize(
    ("content", "argument", "code"),
    [
        (b"127.0.0.0/33\n", "trusted={}", "config.list"),
        (b"127.0.0.0/8=x\n", "trusted={}", "config.list"),
        (b"hello\n", "trusted={}", "config.list"),
        (b"\xff\n", "trusted={}", "list.line"),
        (b"", "{}", "list.name"),
        (b"", "={}", "list.name"),
        (b"", "trusted=", "list.name"),
        (b"", "trusted={}.missing", "file.missing"),
    ],
)
def test_rubbish(files: list[str], tmp_path: Path, capsys: Capsys, content: bytes, argument: str, code: str) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(content)
    assert main([*files, "--list", argument.format(path), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["diagnostics"][0]["code"] == code


def test_a_list_twice(files: list[str], tmp_path: Path, capsys: Capsys) -> None:
    path = tmp_path / "list.txt"
    path.write_text("")
    assert main([*files, "--list", f"a={path}", "--list", f"a={path}"]) == 2
    assert "given twice" in capsys.readouterr().err


def test_flows_that_were_declared_good_are_counted(tmp_path: Path, capsys: Capsys) -> None:
    program, capture = tmp_path / "good.c", tmp_path / "in.pcap"
    program.write_text(PROGRAM.replace('fp_list_source("trusted")', "fp_pass_flow(10) + 1"))
    capture.write_bytes(pcap([ip(b"1"), ip(b"2"), ip(b"3")]))
    assert main(["replay", str(program), str(capture)]) == 0
    said = capsys.readouterr().out
    assert "passed 3" in said
    assert "skipped 2: passed without the program" in said
