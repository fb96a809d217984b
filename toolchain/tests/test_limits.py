"""Limits of the sandbox: bombs end with a diagnostic, and nothing is left behind."""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from toolchain import compile as compiling
from toolchain import sandbox
from toolchain.api import build
from toolchain.sandbox import Finished, Job, Limits, SandboxError, run

HEAD = '#include "cf_ebpf_helper.h"\n'
PASS = "uint64_t cf_ebpf_main(void *state) { return CF_EBPF_PASS; }\n"
PYTHON = Path(sys.executable).resolve()
SYSTEM = [path for path in map(Path, ("/lib", "/usr/lib", "/lib64")) if path.exists()]
doubling = "#define M0 1,1,1,1,1,1,1,1\n" + "".join(f"#define M{n} M{n - 1},M{n - 1}\n" for n in range(1, 40))
quick = Limits(seconds=1.5, memory=2 << 30, output=16 << 20)

BOMBS = {
    "macros": doubling + "static const int a[] = { M39 };\n",
    "nested_macros": "#define F(x) x x\n" + "#define T(a) F(F(F(F(F(F(F(F(a))))))))\n" + "int a = T(T(T(T(1))));\n",
    "itself": '#include "program.c"\n#include "program.c"\n',
    "parentheses": "int a = " + "(" * 200_000 + "1" + ")" * 50_000 + ";\n",
    "braces": "int a = " + "{" * 250_000 + ";\n",
    "blocks": "void f(void) " + "{" * 240_000 + "\n",
    "minus": "int a = " + "- " * 120_000 + "1;\n",
    "pointers": "int " + "*" * 250_000 + "a;\n",
    "errors": "".join(f"x{n};\n" for n in range(25_000)),
    "pragma_messages": "".join('#pragma message("' + "m" * 60 + '")\n' for _ in range(3000)),
    "read_only_data": "const char a[1ull << 34] = {1};\n",
    "read_only_data_of_20_MiB": "const char a[20 << 20] = {1};\nuint64_t f(int i) { return a[i]; }\n",
    "zeroed_data": "char a[1ull << 40];\n",
    "unrolled": "void g(int);\nvoid f(void) {\n#pragma unroll\nfor (int i = 0; i < 10000000; i++) g(i); }\n",
    "long_line": "int " + "a" * 250_000 + ";\n",
}


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    before, others = set(os.listdir(tempfile.gettempdir())), children()
    yield
    left = set(os.listdir(tempfile.gettempdir())) - before
    assert not {name for name in left if name.startswith(("flowprotect", "program", "m-"))}
    assert children() <= others


def children() -> set[int]:
    """Processes whose parent is this one."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == os.getpid():
                found.add(int(entry.name))
    return found


def python(code: str, limits: Limits | None = None) -> Finished:
    read = [Path(sys.base_prefix), *SYSTEM]
    return run(Job("exec", read=read, argv=[str(PYTHON), "-I", "-S", "-c", code]), limits=limits)


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_ends(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "LIMITS", quick)
    start = time.monotonic()
    result = build(HEAD + BOMBS[name] + PASS)
    assert time.monotonic() - start < 8
    assert not result.ok or name in ("pragma_messages",)
    assert result.diagnostics
    assert len(str(result.diagnostics)) < 200_000


def test_ten_seconds_are_the_limit() -> None:
    assert compiling.LIMITS.seconds == 10
    limits = replace(quick, seconds=0.5)
    start = time.monotonic()
    finished = python("import time\ntime.sleep(60)", limits)
    assert finished.timed_out
    assert finished.out_of_time
    assert time.monotonic() - start < 3


def test_output_is_bounded() -> None:
    for stream in ("stdout", "stderr"):
        code = f"import sys\nwhile True: sys.{stream}.write('x' * 65536)"
        finished = python("import signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_DFL)\n" + code)
        assert finished.too_much_output
        assert len(finished.stdout) <= 16 << 20
        assert len(finished.stderr) <= 256 << 10


def test_limits_are_set() -> None:
    code = "import resource as r\nfor k in 'AS DATA CPU FSIZE NOFILE NPROC CORE'.split(): "
    finished = python(code + "print(k, *r.getrlimit(getattr(r, 'RLIMIT_' + k)))")
    soft = {line.split()[0]: int(line.split()[1]) for line in finished.stdout.decode().splitlines()}
    expected = {"AS": 2 << 30, "DATA": 2 << 30, "FSIZE": 16 << 20, "NOFILE": 64, "NPROC": 0, "CORE": 0}
    assert {key: soft[key] for key in expected} == expected
    assert 10 <= soft["CPU"] <= 11


def test_memory_is_bounded() -> None:
    assert "MemoryError" in python("x = bytearray(3 << 30)").stderr


@pytest.mark.parametrize(
    "call",
    [
        "os.fork()",
        "__import__('_thread').start_new_thread(print, ())",
        "os.kill(os.getppid(), 0)",
        "os.setsid()",
        "os.setpgid(0, 0)",
        "os.open('/tmp/flowprotect-left', os.O_CREAT | os.O_WRONLY)",
        "os.listdir('/etc')",
        "__import__('_socket').socket()",
    ],
)
def test_calls_are_refused(call: str) -> None:
    finished = python(f"import os\ntry:\n {call}\nexcept (OSError, RuntimeError): print('refused')")
    assert finished.stdout == b"refused\n", finished.stderr


def test_the_environment_is_empty_and_the_input_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWPROTECT_TEST_SECRET", "secret")
    code = "import os, sys\nprint(sys.stdin.read(), os.getcwd(), sorted(k for k in os.environ if k != 'LC_CTYPE'))"
    assert python(code).stdout == b" / []\n"


def test_the_same_source_makes_the_same_object() -> None:
    source = HEAD + "uint64_t cf_ebpf_main(void *s) { return (__DATE__ __TIME__ __TIMESTAMP__)[3] & 1; }\n"
    first = build(source)
    time.sleep(1.1)
    assert first.elf is not None
    assert first.elf == build(source).elf


def test_where_nothing_confines_nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "_landlock", lambda: False)
    monkeypatch.setattr(sandbox, "_bubblewrap", lambda: None)
    with pytest.raises(SandboxError) as caught:
        build(HEAD + PASS)
    assert caught.value.code == "sandbox.unavailable"


def test_bubblewrap_where_there_is_no_landlock(monkeypatch: pytest.MonkeyPatch) -> None:
    if sandbox._bubblewrap() is None:
        pytest.skip("bubblewrap is not installed, or may not make namespaces")
    monkeypatch.setattr(sandbox, "_landlock", lambda: False)
    assert build(HEAD + PASS).ok
    assert python("import os\nprint(os.path.exists('/etc/passwd'))").stdout == b"False\n"
