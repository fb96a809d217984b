"""Programs that try to see other files, or to keep the verifier busy. The first line of each in hostile/ says what has
to come of it.

`// expect: CODE LINE` is the first error (`*`: any line), or `// expect: accepted`, or `// expect: any`: an answer in
time, whatever it is. Mutants of all the programs that the tests keep are given the same way.
"""

import random
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from toolchain.api import BuildResult, build
from toolchain.compile import CODE, HEADERS, OVERLAY, SOURCE, _zig

FILES = sorted(Path(__file__).with_name("hostile").glob("*.c"))
PASS = "uint64_t cf_ebpf_main(void *state) { return CF_EBPF_PASS; }\n"
ASKING = {
    "include": '#include "{}"\n',
    "import": '#import "{}"\n',
    "next": '#include_next "{}"\n',
    "has_include": '#if __has_include("{}")\nint a;\n#endif\n',
    "embed": 'const char a[] = {{\n#embed "{}"\n}};\n',
    "has_embed": '#if __has_embed("{}")\nint a;\n#endif\n',
    "dependency": '#pragma GCC dependency "{}"\n',
    "module": '#pragma clang module build m\nmodule m {{ header "{}" }}\n#pragma clang module endbuild\n',
}
# There and not, readable and not, files, folders and devices.
PATHS = ("/etc/shadow", "/etc/shadoe", "/root/.prof", "/etc", "/dev/stdin", "/proc/self/maps", "/etc/passwd/x")
SEEDS = sorted(Path(__file__).with_name("mistakes").glob("*.c"))
WORDS = re.compile(r"\w+|\s+|[^\w\s]")
# What a mutant is given in place of a word.
NASTY = (
    *("0", "-1", "1 << 63", "0xffffffffffffffff", "65536", "1500", "state", "payload", "&p", "*p", "headers.data_end"),
    *("(void *)1", "NULL", "rand()", "while (1)", "for (;;)", "goto x; x:", "return", "break;", "continue;", "if (0)"),
    *("volatile", "static", "const", "__attribute__((noinline))", "float", "[", "]", "{", "}", "(", ")", ";", "\\\n"),
    *('#include "/etc/passwd"\n', "\n#define i\n", '"text"', "'\\0'", "\\x00", "/*", "é", "sizeof(p)", "->", "<<", "%"),
)


def mutant(source: str, chance: random.Random) -> str:
    """`source` with one to four of its words replaced, removed, repeated or exchanged."""
    words = WORDS.findall(source)
    start = next(i for i, word in enumerate(words) if word == "cf_ebpf_main")
    for _ in range(chance.randint(1, 4)):
        at, other = chance.randrange(start, len(words)), chance.randrange(start, len(words))
        match chance.randrange(4):
            case 0:
                words[at] = chance.choice(NASTY)
            case 1:
                words[at] = ""
            case 2:
                words[at] = words[at] * chance.choice((2, 50))
            case _:
                words[at], words[other] = words[other], words[at]
    return "".join(words)


def answer(source: str) -> BuildResult:
    """The build, which ends in time and whose words can be acted on and tell of no file."""
    start = time.monotonic()
    result = build(source)
    assert time.monotonic() - start < 25
    assert "root:" not in str(result.diagnostics)
    assert result.ok is (result.verdict is not None)
    errors = [found for found in result.diagnostics if found.severity == "error"]
    assert result.ok is not bool(errors), errors
    return result


def test_the_corpus_is_there() -> None:
    assert len(FILES) >= 90


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_hostile(file: Path) -> None:
    source = file.read_text()
    expected = source.split("\n", 1)[0].removeprefix("// expect: ").split()
    result = answer(source)
    if expected == ["any"]:
        return
    if expected == ["accepted"]:
        assert result.ok, result.diagnostics
        return
    errors = [found for found in result.diagnostics if found.severity == "error"]
    assert not result.ok
    assert errors[0].code == expected[0], errors
    if expected[1] != "*":
        assert errors[0].line == int(expected[1]), errors


@pytest.mark.parametrize("seed", range(60))
def test_mutants(seed: int) -> None:
    chance = random.Random(seed)
    answer(mutant(chance.choice(SEEDS).read_text(), chance))


@pytest.mark.parametrize("way", ASKING)
def test_nothing_tells_a_file_from_a_missing_one(way: str) -> None:
    answers = set()
    for path in PATHS:
        result = build('#include "cf_ebpf_helper.h"\n' + ASKING[way].format(path) + PASS)
        answers.add(str([(d.code, d.message, d.line, d.column) for d in result.diagnostics]).replace(path, "PATH"))
    assert len(answers) == 1


def test_the_compiler_sees_all_our_headers() -> None:
    text = OVERLAY.read_text()
    assert all(f'"include/{name}"' in text for name in HEADERS)
    assert text.count("external-contents") == len(HEADERS)


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_the_compiler_asks_the_system_for_no_other_file(tmp_path: Path) -> None:
    """Traces clang itself, without the sandbox: not even a `stat` for a path of the program's."""
    clang = [str(_zig()), "clang", *CODE, *SOURCE, "-o", "-", "-"]
    log = tmp_path / "log"
    for way, text in ASKING.items():
        source = text.format("/etc/hostname-of-the-test")
        command = ["strace", "-f", "-e", "trace=file", "-o", str(log), *clang]
        subprocess.run(command, input=source.encode(), cwd="/", capture_output=True, env={})
        lines = log.read_text()
        assert "headers.yaml" in lines
        assert "hostname-of-the-test" not in lines, way
