"""`flowprotect check` on programs that are right, wrong and hostile. All run in the real sandbox."""

import json
import sys
from pathlib import Path

import pytest

from toolchain.api import build
from toolchain.cli import main
from toolchain.sandbox import Job, SandboxError, run

ROOT = Path(__file__).resolve().parents[2]
HEAD = '#define CF_EBPF_HELPER_V0\n#include "cf_ebpf_helper.h"\n'
PASS = "uint64_t cf_ebpf_main(void *state) { return CF_EBPF_PASS; }\n"


def codes(source: str) -> list[str]:
    result = build(source)
    assert not result.ok
    return [diagnostic.code for diagnostic in result.diagnostics]


@pytest.mark.parametrize("required", ["0", "1"])
def test_the_demo_program_is_accepted(required: str) -> None:
    source = (ROOT / "demo/program/cookie_guard.c").read_text()
    result = build(source.replace("REQUIRE_COOKIE 0", f"REQUIRE_COOKIE {required}"))
    assert result.ok, result.diagnostics
    assert result.instructions
    assert result.elf


def test_a_syntax_error_has_its_line() -> None:
    result = build(HEAD + "uint64_t cf_ebpf_main(void *state) { return 0 }\n")
    assert [(d.stage, d.line) for d in result.diagnostics] == [("compile", 3)]


def test_a_missing_bound_has_its_line_and_a_hint() -> None:
    body = "uint64_t cf_ebpf_main(struct cf_ebpf_generic_ctx *c) {\n  return ((uint8_t *)c->data)[2] & 1;\n}\n"
    finding = build(HEAD + body).diagnostics[0]
    assert (finding.stage, finding.code, finding.line) == ("verify", "verify.packet_bounds", 4)
    assert finding.hint


@pytest.mark.parametrize("line", ['#include "/etc/passwd"', "#include <stdio.h>", '#include "../compile.py"'])
def test_other_files_are_refused_and_never_shown(line: str) -> None:
    result = build(HEAD + line + "\n" + PASS)
    assert not result.ok
    assert result.diagnostics[0].stage == "preprocess"
    assert result.diagnostics[0].line == 3
    assert "root:" not in str(result)


def test_asking_for_a_file_is_refused() -> None:
    result = build(HEAD + '#if __has_include("/etc/passwd")\n#endif\n' + PASS)
    assert not result.ok
    assert (result.diagnostics[0].stage, result.diagnostics[0].line) == ("preprocess", 3)


def test_embed_reads_nothing() -> None:
    result = build(HEAD + 'static const char x[] = {\n#embed "/etc/passwd"\n};\n' + PASS)
    assert not result.ok
    assert "root:" not in str(result)


def test_assembly_is_refused_and_the_barrier_is_not() -> None:
    assert codes(HEAD + '__asm__(".incbin \\"/etc/passwd\\"");\n' + PASS) == ["compile.asm"]
    inline = 'uint64_t cf_ebpf_main(void *s) { asm volatile("r0 = 0"); return 0; }\n'
    assert codes(HEAD + inline) == ["compile.asm"]
    barrier = 'uint64_t cf_ebpf_main(void *s) { uint64_t i = 0; asm volatile("" : "+r"(i)); return i & 1; }\n'
    assert build(HEAD + barrier).ok


def test_rubbish_and_size_are_said() -> None:
    assert codes("\0") == ["preprocess.source_encoding"]
    assert codes("/" * (256 * 1024 + 1)) == ["preprocess.source_too_large"]
    assert codes("int x;")
    assert not build("\x01\x02 not C ￿").ok


def test_the_sandbox_has_no_network_and_no_files() -> None:
    code = "import socket\ntry:\n socket.socket()\nexcept PermissionError: print('no socket')\n"
    code += "try:\n open('/etc/passwd')\nexcept PermissionError: print('no file')\n"
    prefix = Path(sys.base_prefix)
    read = [prefix, Path("/lib"), Path("/usr/lib"), *(p for p in [Path("/lib64")] if p.exists())]
    python = Path(sys.executable).resolve()
    done = run(Job("exec", read=read, argv=[str(python), "-I", "-c", code]))
    assert done.stdout.split(b"\n")[:2] == [b"no socket", b"no file"], done.stderr


def test_without_a_sandbox_nothing_runs() -> None:
    with pytest.raises(SandboxError):
        run(Job("exec", read=[Path("/nonexistent-path")], argv=["/bin/true"]))


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good.c", tmp_path / "bad.c"
    good.write_text(HEAD + PASS)
    bad.write_text(HEAD + "uint64_t cf_ebpf_main(void *s) { return rand(); }\n")
    assert main(["check", str(good), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    keys = {"ok", "verdict", "portable", "diagnostics", "instructions", "compiler", "timings_ms", "facts"}
    assert set(answer) == keys
    assert main(["check", str(bad)]) == 1
    assert "verify.return_value" in capsys.readouterr().err
    assert main(["check", str(tmp_path / "missing.c")]) == 2
    assert main(["headers", str(tmp_path / "include")]) == 0
    assert (tmp_path / "include/cf_ebpf_defs.h").exists()


def test_the_two_verdicts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    waits = tmp_path / "waits.c"
    waits.write_text(HEAD + "uint64_t cf_ebpf_main(void *s) {\n  while (rand() != 3)\n    ;\n  return 0;\n}\n")
    assert main(["check", str(waits), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["verdict"], answer["portable"], answer["facts"]["worst_case_fuel"]) == ("safe", False, None)
    assert [(d["severity"], d["code"], d["line"]) for d in answer["diagnostics"]] == [
        ("warning", "verify.unproven_loop", 4)
    ]
    assert main(["check", str(waits), "--portable"]) == 1
    said = capsys.readouterr()
    assert "verify.loop" in said.err
    assert "--portable" in said.out


def test_portable_refuses_constant_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "table.c"
    body = "static const char t[4] = {1, 2, 3, 4};\nuint64_t cf_ebpf_main(void *s) { return t[rand() & 3] & 1; }\n"
    table.write_text(HEAD + body)
    assert main(["check", str(table), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "safe"
    assert main(["check", str(table), "--portable", "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert (answer["verdict"], answer["diagnostics"][0]["code"]) == (None, "verify.not_portable")
    assert answer["diagnostics"][0]["line"] == 4


def test_portable_refuses_helpers_of_our_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "own.c"
    body = (
        "uint64_t cf_ebpf_main(void *s) {\n  if (fp_nanos() & 1)\n    return 0;\n  return fp_check_cookie(7) & 1;\n}\n"
    )
    own.write_text(HEAD + '#include "flowprotect_abi.h"\n' + body)
    assert main(["check", str(own), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["verdict"], answer["diagnostics"]) == ("safe", [])
    assert answer["facts"]["helpers"] == [{"name": "fp_nanos", "lines": [5]}, {"name": "fp_check_cookie", "lines": [7]}]
    assert main(["check", str(own), "--portable", "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    said = [(one["code"], one["message"].split()[0], one["line"]) for one in answer["diagnostics"]]
    assert said == [("verify.not_portable", "fp_nanos", 5), ("verify.not_portable", "fp_check_cookie", 7)]


def test_the_facts() -> None:
    body = """uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *p;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &p, &headers) != 0)
        return CF_EBPF_DROP;
    uint64_t key[2] = {p->packet_buffer[40], 0}, sum = 0;
    hash_crc32(key, sizeof(key), &sum);
    return sum & 1;
}
"""
    result = build(HEAD + body)
    assert result.verdict == "portable"
    assert result.facts is not None
    assert 200 < result.facts["worst_case_fuel"] < 400
    assert [(one["line"], one["bytes"]) for one in result.facts["stack"]] == [(3, 24)]
    assert result.facts["helpers"] == [{"name": "hash_crc32", "lines": [9]}]
    assert result.facts["lists"] == []
    assert {"line": 8, "from": 40, "to": 41} in result.facts["reads"]
    assert result.facts["unreachable"] == []
    assert result.facts["ignores_packet"] is False
    nothing = build(HEAD + PASS).facts
    assert nothing is not None
    assert nothing["ignores_packet"] is True
