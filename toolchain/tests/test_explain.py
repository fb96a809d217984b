"""`flowprotect explain`: every code of the project is explained, and the examples do what they say."""

import json
import re
from pathlib import Path

import pytest

from toolchain.api import build
from toolchain.cli import main
from toolchain.explain import explanations, program

ROOT = Path(__file__).resolve().parents[2]
# Codes that no C program of a few lines shows.
WITHOUT = {
    "preprocess.source_encoding", "preprocess.source_too_large", "compile.warning", "compile.note", "compile.timeout",
    "compile.memory", "compile.too_large", "compile.failed", "load.instructions", "load.maps", "load.elf",
    "load.section", "load.jump", "load.instruction", "load.too_large", "verify.uninitialised", "verify.type",
    "verify.control_flow", "verify.unsafe", "verify.no_verdict", "verify.unproven_loop", "verify.not_portable",
    "compile.floating_point", "compile.wide_integer", "compile.memory_function", "compile.struct_by_value",
    "compile.too_many_arguments",
}  # fmt: skip
WITH = [code for code in explanations() if code not in WITHOUT]
Capsys = pytest.CaptureFixture[str]


def test_every_code_is_explained() -> None:
    used = {"compile.warning", "compile.note", "compile.error"}
    for path in [*ROOT.glob("engine/crates/vm/src/**/*.rs"), *ROOT.glob("toolchain/*.py")]:
        code = path.read_text().partition("#[cfg(test)]")[0]
        used |= set(re.findall(r'"((?:preprocess|compile|load|verify)\.[a-z_]+)"', code))
    assert used == set(explanations())
    assert all(one.meaning for one in explanations().values())


def test_the_others_have_examples() -> None:
    assert {code for code, one in explanations().items() if one.refused is None} == WITHOUT


@pytest.mark.parametrize("code", WITH)
def test_the_refused_example_has_the_code_and_the_accepted_one_none(code: str) -> None:
    one = explanations()[code]
    assert one.refused and one.accepted
    refused = build(program(one.refused))
    assert not refused.ok
    assert {found.code for found in refused.diagnostics if found.severity == "error"} == {code}
    accepted = build(program(one.accepted))
    assert accepted.ok, accepted.diagnostics


def test_one_code(capsys: Capsys) -> None:
    assert main(["explain", "verify.division"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("verify.division\n\nThe divisor may be zero.\n")
    assert "Refused:" in said and "Accepted:" in said
    assert main(["explain", "verify.division", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told) == {"code", "meaning", "refused", "accepted"}


def test_all_codes(capsys: Capsys) -> None:
    assert main(["explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(explanations())
    assert main(["explain", "--json"]) == 0
    assert [one["code"] for one in json.loads(capsys.readouterr().out)] == list(explanations())


@pytest.mark.parametrize(("wrong", "near"), [("division", "verify.division"), ("verify.stak", "verify.stack")])
def test_an_unknown_code(capsys: Capsys, wrong: str, near: str) -> None:
    assert main(["explain", wrong]) == 2
    said = capsys.readouterr().err
    assert near in said and "[explain.unknown]" in said
    assert main(["explain", "zzzz", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["diagnostics"][0]["code"] == "explain.unknown"
