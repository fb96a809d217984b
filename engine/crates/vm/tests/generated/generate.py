"""Random C programs, compiled as the product would: clang makes other code of C than a generator of bytecode makes.

    generate.py FOLDER COUNT [FIRST]

writes COUNT objects, of the seeds from FIRST on, into FOLDER (and the C beside them with `--keep-source`); the example
`objects_diff` runs them in both engines. The 32 objects beside this file were made by `generate.py . 32 --keep-small`,
which leaves out what is larger than ten kilobytes.
"""

import argparse
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[4]))

from toolchain.compile import compile_source  # noqa: E402

T = TypeVar("T")
SMALL = 10_000
TYPES = ["uint8_t", "uint16_t", "uint32_t", "uint64_t", "int8_t", "int16_t", "int32_t", "int64_t"]
WIDE = ["uint32_t", "uint64_t", "int32_t", "int64_t"]
HEAD = """#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#define NOINLINE static __attribute__((noinline))
"""


class Program:
    """One program by `seed`: variables a to h of random types, tables, functions and a body of statements."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.tables: list[tuple[str, int]] = []
        self.functions: list[str] = []
        self.counters = 0
        self.variables: list[str] = []
        # Programs without packet memory in reach (a function's) make expressions of their variables only.
        self.packet = False

    def pick(self, of: Sequence[T]) -> T:
        """One of `of`."""
        return self.random.choice(of)

    def number(self) -> str:
        """A constant, often one at an edge."""
        edges = [0, 1, 2, 7, 8, 31, 32, 63, 127, 128, 255, 256, 32767, 65535, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1]
        value = (
            self.pick(edges) if self.random.random() < 0.6 else self.random.getrandbits(self.pick([4, 8, 16, 32, 64]))
        )
        return f"{value}ull" if value >= 2**31 else str(value)

    def expression(self, depth: int = 0) -> str:
        """An expression without undefined behaviour: unsigned or cast, shifts masked, divisors not zero."""
        roll = self.random.random()
        if depth > 3 or roll < 0.25:
            return self.pick(self.variables)
        if roll < 0.35:
            return self.number()
        inner = self.expression(depth + 1)
        if roll < 0.45:
            return f"(({self.pick(TYPES)})({inner}))"
        if roll < 0.55 and self.packet:
            return self.load(inner)
        if roll < 0.6 and self.tables:
            name, size = self.pick(self.tables)
            return f"{name}[({inner}) & {size - 1}]"
        other = self.expression(depth + 1)
        if roll < 0.67:
            compare = self.pick(["<", "<=", "==", "!=", ">", ">="])
            return f"(({inner}) {compare} ({other}) ? ({self.pick(self.variables)}) : {self.number()})"
        if roll < 0.72:
            return f"(({self.pick(WIDE)})({inner}) {self.pick(['<', '>'])} ({self.pick(WIDE)})({other}))"
        if roll < 0.8:
            kind, bits = self.pick([("uint32_t", 31), ("uint64_t", 63)])
            return f"((({kind})({inner})) {self.pick(['<<', '>>'])} (({other}) & {bits}))"
        if roll < 0.84:
            kind, bits = self.pick([("int32_t", 31), ("int64_t", 63)])
            return f"((({kind})({inner})) >> (({other}) & {bits}))"
        if roll < 0.9:
            kind = self.pick(["uint32_t", "uint64_t"])
            return f"((({kind})({inner})) {self.pick(['/', '%'])} (({kind})({other}) | 1))"
        if roll < 0.93:
            return f"{self.pick(['ntohs', 'ntohl', 'ntohll'])}({inner})"
        kind = self.pick(["uint32_t", "uint64_t"])
        return f"((({kind})({inner})) {self.pick(['+', '-', '*', '&', '|', '^'])} (({kind})({other})))"

    def load(self, index: str) -> str:
        """A read of the packet's buffer at any alignment; 1,023 and 8 bytes lie inside."""
        if self.random.random() < 0.5:
            return f"packet->packet_buffer[({index}) & 1023]"
        kind = self.pick(TYPES)
        return f"(*(const {kind} *)(packet->packet_buffer + (({index}) & 1023)))"

    def block(self, depth: int) -> str:
        """A few statements."""
        return "\n".join(self.statement(depth) for _ in range(self.random.randint(1, 4)))

    def statement(self, depth: int) -> str:
        """One statement, with less below it the deeper it is."""
        roll = self.random.random()
        variable = self.pick(self.variables)
        if roll < 0.4 or depth > 2:
            return f"{variable} {self.pick(['=', '+=', '^=', '-=', '|=', '&='])} {self.expression()};"
        if roll < 0.55:
            other = f" else {{ {self.block(depth + 1)} }}" if self.random.random() < 0.5 else ""
            return f"if ({self.expression()}) {{ {self.block(depth + 1)} }}{other}"
        if roll < 0.68:
            return self.loop(depth)
        if roll < 0.76:
            return self.switch(depth)
        if roll < 0.82 and self.functions:
            return f"{variable} = {self.pick(self.functions)}({self.expression()}, {self.expression()});"
        if not self.packet:
            return f"{variable} ^= {self.expression()};"
        if roll < 0.9:
            write = f"array[({self.expression()}) & 31] = {self.expression()};"
            return f"{write}\n{variable} += array[({self.expression()}) & 31];"
        return self.helper(variable)

    def loop(self, depth: int) -> str:
        """A loop that ends, sometimes early."""
        self.counters += 1
        counter, rounds = f"i{self.counters}", self.random.randint(1, 12)
        hide = f'asm volatile("" : "+r"({counter}));' if self.random.random() < 0.5 else ""
        leave = (
            f"if ({self.expression()} == {self.number()}) {self.pick(['break', 'continue'])};"
            if self.random.random() < 0.4
            else ""
        )
        head = f"for (uint32_t {counter} = 0; {counter} < {rounds}; {counter}++)"
        return f"{head} {{ {hide} {self.block(depth + 1)} {leave} }}"

    def switch(self, depth: int) -> str:
        """A switch of up to eight cases, some of which fall through."""
        cases = self.random.sample(range(20), self.random.randint(2, 8))
        body = "\n".join(
            f"case {case}: {self.block(depth + 1)} {self.pick(['break;', 'break;', ''])}" for case in cases
        )
        return f"switch (({self.expression()}) & 15) {{ {body}\ndefault: {self.block(depth + 1)} }}"

    def helper(self, variable: str) -> str:
        """A call of a helper, whose result or output counts."""
        start, size = self.random.randint(0, 900), self.pick([1, 4, 16, 20, 64, 100])
        name, room = self.pick(
            [("hash_md5", 16), ("hash_sha256", 32), ("hash_sha512", 64), ("hmac_sha256", 32), ("hmac_sha512", 64)]
        )
        value = self.expression(2)
        return self.pick(
            [
                f"{name}(packet->packet_buffer + {start}, {size}, array, {room}); "
                f"{variable} ^= array[{self.random.randint(0, 7)}];",
                f"hash_crc32(packet->packet_buffer + {start}, {size}, &word); {variable} += word;",
                f"{variable} += entropy(packet->packet_buffer + {start}, {size});",
                f"set_flow_data({value}); if (get_flow_data(&word) == 0) {variable} ^= word;",
                f"if (get_flow_data(&word) == 0) {variable} += word; set_flow_data({variable} + 1);",
                f"set_src_ip_data({value}); if (get_src_ip_data(&word) == 0) {variable} -= word;",
                f"set_src_ip_status(({value}) & 3, {self.number()}); "
                f"if (get_src_ip_status(&byte, &word) == 0) {variable} += byte;",
                f"set_network_analytics_tag({value});",
                f"if (({value}) & 1) set_challenge(array, {self.pick([0, 8, 60, 256])});",
                f"{variable} ^= rand();",
                f"{variable} += timestamp();",
            ]
        )

    def declare(self, names: str) -> str:
        """Declares a variable of a random type and value for each letter."""
        self.variables = list(names)
        lines = [f"{self.pick(TYPES)} {name} = {self.number()};" for name in names]
        return "\n".join(lines)

    def function(self, name: str) -> str:
        """A function that clang does not inline; it calls only earlier ones, so that calls are three deep at most."""
        head = self.declare("abcd")
        text = f"NOINLINE {self.pick(WIDE)} {name}({self.pick(WIDE)} x, {self.pick(WIDE)} y) {{\n{head}\n"
        self.variables += ["x", "y"]
        return f"{text}{self.block(1)}\nreturn {self.expression()};\n}}\n"

    def source(self) -> str:
        """The program's C."""
        parts = [HEAD]
        for at in range(self.random.randint(0, 2)):
            size = self.pick([4, 16, 64])
            values = ", ".join(self.number() for _ in range(size))
            parts.append(f"static const {self.pick(TYPES)} table{at}[{size}] = {{{values}}};\n")
            self.tables.append((f"table{at}", size))
        for at in range(self.random.randint(0, 2)):
            parts.append(self.function(f"function{at}"))
            self.functions.append(f"function{at}")
        self.packet = True
        parts.append(
            "uint64_t cf_ebpf_main(void *state) {\nstruct cf_ebpf_packet_data *packet;\n"
            "struct cf_ebpf_parsed_headers headers;\n"
            "if (parse_packet_data(state, &packet, &headers) != 0)\nreturn CF_EBPF_DROP;\n"
            "uint64_t array[32] = {0};\nuint64_t word = 0;\nuint8_t byte = 0;\n"
        )
        parts.append(self.declare("abcdefgh"))
        body = "\n".join(self.statement(0) for _ in range(self.random.randint(3, 9)))
        total = " ^ ".join(f"(uint64_t){name}" for name in "abcdefgh")
        parts.append(
            f"\n{body}\nuint64_t all = {total} ^ word ^ byte;\nset_network_analytics_tag(all);\nreturn all & 1;\n}}\n"
        )
        return "".join(parts)


def main() -> int:
    """Writes objects. 1 where clang refuses a program, which is a mistake of this file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("first", type=int, nargs="?", default=0)
    parser.add_argument("--keep-source", action="store_true")
    parser.add_argument("--keep-small", action="store_true")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    seed = arguments.first
    written = 0
    while written < arguments.count:
        source = Program(seed).source()
        compiled = compile_source(source)
        if compiled.elf is None:
            print(seed, *compiled.diagnostics, source, sep="\n", file=sys.stderr)
            return 1
        elf = compiled.elf
        if not arguments.keep_small or len(elf) <= SMALL:
            arguments.folder.joinpath(f"{seed:06}.o").write_bytes(elf)
            if arguments.keep_source:
                arguments.folder.joinpath(f"{seed:06}.c").write_text(source)
            written += 1
        seed += 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
