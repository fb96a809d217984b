"""Programs against each other: building and replaying, in turns so that a noisy machine hits all alike.

Numbers are medians; compare the ratios of one run, not runs with each other.
"""

import statistics
import time
from pathlib import Path

import flowprotect_engine

from demo.capture import supplied
from toolchain.api import build

ROUNDS = 15
SOURCE = (Path(__file__).parents[1] / "program" / "cookie_guard.c").read_text()
HEAD = '#define CF_EBPF_HELPER_V0\n#include "cf_ebpf_defs.h"\n#include "cf_ebpf_helper.h"\n'
PROGRAMS = {
    "pass everything": HEAD + "uint64_t cf_ebpf_main(void *state) { return CF_EBPF_PASS; }\n",
    "look at the protocol": SOURCE,
    "challenge with a cookie": SOURCE.replace("#define REQUIRE_COOKIE 0", "#define REQUIRE_COOKIE 1"),
}


def median_ms(times: list[float]) -> float:
    """The median of seconds, in milliseconds."""
    return 1000 * statistics.median(times)


def main() -> None:
    objects: dict[str, bytes] = {}
    compile_ms: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    verify_ms: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for _ in range(ROUNDS // 3):
        for name, source in PROGRAMS.items():
            result = build(source)
            if not result.ok or result.elf is None:
                raise SystemExit(f"{name}: {result.diagnostics}")
            objects[name] = result.elf
            compile_ms[name].append(result.timings_ms["compile"] / 1000)
            verify_ms[name].append(result.timings_ms["verify"] / 1000)
    capture = supplied()["demo: players under attack"]
    per_packet: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for _ in range(ROUNDS):
        for name, elf in objects.items():
            start = time.perf_counter()
            summary, _ = flowprotect_engine.replay(elf, capture, first=0)
            per_packet[name].append((time.perf_counter() - start) / summary["packets"])
    base = statistics.median(per_packet["pass everything"])
    print(f"{'program':<26}{'compile':>10}{'verify':>10}{'replay':>14}{'ratio':>8}")
    for name in PROGRAMS:
        packet = statistics.median(per_packet[name])
        print(
            f"{name:<26}{median_ms(compile_ms[name]):>7.0f} ms{median_ms(verify_ms[name]):>7.0f} ms"
            f"{1e9 * packet:>8.0f} ns/pkt{packet / base:>8.2f}"
        )


if __name__ == "__main__":
    main()
