"""The kit (flowprotect.h): each function in a program of its own (kit/*.c) that verifies and is replayed.

`pytest -s` prints the instructions of each. With FLOWPROTECT_JUDGE, the program of engine/crates/vm-corpus, each is
also shown to Cloudflare's verifier.
"""

import hashlib
import hmac
import os
import struct
import subprocess
import zlib
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from toolchain.api import BuildResult, build, replay
from toolchain.tests.captures import START, packet, pcap

PROGRAMS = Path(__file__).with_name("kit")
NONE = 2047
LONGEST = bytes(1472)
DROP = "drop"
VERIFIED, BLOCKED, CHALLENGED = 1 << 5 | 2, 1 << 4 | 3, 1
DONE, FOREVER = 1 << 8, b"\xff"


@cache
def built(name: str) -> BuildResult:
    return build((PROGRAMS / f"{name}.c").read_text())


def run(name: str, packets: list[tuple[float, bytes]]) -> list[dict[str, Any]]:
    """The verdicts on (seconds, IP packet) pairs."""
    elf = built(name).elf
    assert elf is not None
    return list(replay(elf, pcap(packets))[0]["first"])


def outcome(row: dict[str, Any]) -> int | str:
    """The tag of what passes, "drop" for what does not."""
    return int(row["tag"]) if row["verdict"] == "pass" else str(row["verdict"])


@pytest.mark.parametrize("name", sorted(path.stem for path in PROGRAMS.glob("*.c")))
def test_a_program_verifies(name: str) -> None:
    result = built(name)
    assert result.ok, result.diagnostics
    assert result.diagnostics == []
    print(f"{name}: {result.instructions} instructions")
    judge = os.environ.get("FLOWPROTECT_JUDGE")
    if judge and result.elf:
        path = f"/proc/self/fd/{os.memfd_create(name)}"
        Path(path).write_bytes(result.elf)
        descriptor = int(path.rpartition("/")[2])
        done = subprocess.run(
            [judge, "--judge", f"/proc/self/fd/{descriptor}"], timeout=20, pass_fds=[descriptor], capture_output=True
        )
        os.close(descriptor)
        assert done.returncode == 0, done.stdout


# A payload, and the tag of the packet that carries it, or "drop".
CASES: dict[str, list[tuple[bytes, int | str]]] = {
    "open": [(b"", 0), (b"a", 1), (LONGEST, 1472)],
    "ports": [(b"", 40_000 << 16 | 7777)],
    "has": [(b"", 0), (b"1234567", 1), (b"12345678", 3), (LONGEST, 7)],
    "u8_at": [(b"", 0), (b"\x00", 0), (b"\x01", 0), (b"\x01\x07", 7), (b"\xff" + LONGEST[1:255] + b"\x09", 9)],
    "be16_at": [(b"\x01\x12\x34", 0x1234), (b"\x01\x12", 0), (b"", 0)],
    "be32_at": [(b"\x01\x12\x34\x56\x78", 0x12345678), (b"\x01\x12\x34\x56", 0)],
    "be64_at": [(b"\x01" + bytes(range(8)), 0x0001020304050607), (b"\x01" + bytes(range(7)), 0)],
    "le16_at": [(b"\x01\x12\x34", 0x3412), (b"\x01\x12", 0)],
    "le32_at": [(b"\x01\x12\x34\x56\x78", 0x78563412), (b"\x01\x12\x34\x56", 0)],
    "le64_at": [(b"\x01" + bytes(range(8)), 0x0706050403020100), (b"\x01" + bytes(range(7)), 0)],
    "wrap_at": [(b"\x01", 0), (b"\x08" + b"\xff" * 40, 0), (b"\x05", 0), (b"\xff" * 1472, 0)],
    "last_byte": [(b"", 0), (b"\x05", 5), (LONGEST[1:] + b"\x06", 6)],
    "starts_with": [(b"HELLO, WORLD!", 0), (b"HELLO, WORLD! and more", 0), (b"HELLO, WORLD", DROP), (b"", DROP),
                    (b"HELLO, WORLD?", DROP), (b"hELLO, WORLD!", DROP)],
    "literal_at": [(b"\x02.GET", 0), (b"\x02.GE", DROP), (b"\x02.GOT", DROP), (b"\xff", DROP),
                   (b"\xff" + LONGEST[1:255] + b"GET", 0)],
    "literal_any_case": [(b"Via: [x]", 0), (b"vIA: [X]!", 0), (b"Via: {x}", DROP), (b"Via: [x", DROP),
                         (b"Via:\x00[x]", DROP)],
    "cursor": [(struct.pack(">BHIQ", 1, 2, 3, 4) + struct.pack("<HIQ", 5, 6, 7) + b"..", 30),
               (struct.pack(">BHIQ", 1, 2, 3, 4) + struct.pack("<HIQ", 5, 6, 7)[:-1], DROP), (b"", DROP)],
    "skip": [(b"\x02..\x12\x34.", 0x1234 << 32 | 5 << 16 | 1), (b"\x00\x12\x34", 0x1234 << 32 | 3 << 16),
             (b"\x02..\x12", DROP), (b"\xff", DROP), (b"", DROP)],
    "skip_huge": [(struct.pack(">Q", 0), 0), (struct.pack(">Q", 1), DROP), (struct.pack(">Q", 1) + b".", 0),
                  (struct.pack(">q", -1) + b"..", DROP), (struct.pack(">q", -36) + b"..", DROP),
                  (struct.pack(">Q", 1464) + LONGEST[8:], 0), (struct.pack(">Q", 1465) + LONGEST[8:], DROP)],
    "cursor_at": [(b"\x01\x07", 7), (b"\x02\x07", DROP), (b"\xff", DROP), (b"", DROP)],
    "find": [(b"", NONE), (b" ", 0), (b"abc d", 3), (b"abc", NONE), (LONGEST, NONE), (LONGEST[1:] + b" ", 1471)],
    "find_chain": [(b"{a:b,c}Z", ord("Z")), (b"{a:b,c}", 0), (b"{a:b;c}Z", 0), (b"}Z,Y:X{", 0), (b"", 0),
                   (LONGEST[8:] + b"{a:b,c}Z", ord("Z")), (b"{" * 1472, 0)],
    "find_literal": [(b"", NONE), (b"needle", 0), (b"a needl needle", 8), (b"needl", NONE), (b"need" * 368, NONE),
                     (LONGEST[6:] + b"needle", 1466)],
    "header": [(b"INVITE\r\nvia: X\r\nContent-LENGTH: 7\r\n\r\n", ord("X") << 8 | ord("7")),
               (b"Via: X\r\nXVia: Y\r\n", 0), (b"A\nVia:", 0), (b"", 0),
               (b"A" * 1465 + b"\nVia: Z", ord("Z") << 8)],
    "lines": [(b"a\nbc\nd", 5), (b"a\nbc", NONE), (b"\n\n", 2), (b"", NONE), (LONGEST[2:] + b"\n\n", 1472)],
    "lines_walk": [(b"Via:\r\nfrom: a\r\nVIA: b\r\n via:\r\nvia", 2), (b"", 0), (b"via:\n" * 294, 294)],
    "bytes": [(b"", 0), (b"\0\0", 0), (b"..\0.\0", 2), (b"..\0\xff\0", 1), (LONGEST, 1470)],
    "for_sum": [(b"", 0), (b"\1\2\3", 6), (b"\1" * 17, 16), (b"\xff" * 1472, 255 * 16)],
    "for_nested": [(b"abcde", 0), (b"abcda", 2), (b"aaaaa", 20), (b"", 20)],
    "for_many": [(b"\1\2\3", 3), (b"\2\3", 2), (b"", 0), (b"\1", 1)],
    "tlv8": [(b"\1\2ab\x09\3xyz", 3 << 16 | 6 << 8 | ord("x")), (b"\1\2ab\x09\4xyz", NONE), (b"\x09\0", 2 << 8),
             (b"\1\xff", NONE), (b"", NONE), (b"\1\0" * 11 + b"\x09\1a", 1 << 16 | 24 << 8 | ord("a")),
             (b"\1\0" * 12 + b"\x09\1a", NONE)],
    "tlv16": [(b"\0\1\0\2ab\0\x09\0\1x", 1 << 16 | 10 << 8 | ord("x")), (b"\0\x09\0", NONE), (b"\0\1\xff\xff", NONE),
              (b"\1\x09\0\1x", NONE)],
    "tlv16_pad4": [(b"\0\1\0\2ab..\0\x09\0\1x...", 1 << 16 | 12 << 8 | ord("x")), (b"\0\x09\0\1x", NONE)],
    "tlv_twice": [(b"\1\1.\5\6\7\0\x09\2\x12\x34", 0x1234), (b"\1\1.\5\6\7\0\x09\3\x12\x34", 0), (b"", 0)],
    "varint": [(b"\x25\x7b\xbd\x9d\x7f\x3e\x7d", 37 + 15_293 + 494_878_333), (b"\1\2\xc2\x19\x7c\x5e\xff\x14\xe8\x8c",
               3 + 151_288_809_941_952_652), (b"\1\2\x40", DROP), (b"\1\2\xc0" + bytes(6), DROP), (b"", DROP)],
    "leb128": [(b"\x01\xe5\x8e\x26\x02", 624_488), (b"\1\2" + b"\xff" * 9 + b"\1", 2),
               (b"\1\2" + b"\xff" * 10 + b"\1", DROP), (b"\1\2\x80", DROP), (b"", DROP)],
    "copy": [(b"\x03abcdef", 3 << 32 | zlib.crc32(b"abc".ljust(64, b"\0"))), (b"", zlib.crc32(bytes(64))),
             (b"\x09ab", 2 << 32 | zlib.crc32(b"ab".ljust(64, b"\0"))),
             (b"\xff" * 1472, 64 << 32 | zlib.crc32(b"\xff" * 64))],
    "copy_small": [(b"12345678", 8 << 8), (b"123456789", 9 << 8 | ord("9")), (b"x" * 1472, 9 << 8 | ord("x")),
                   (b"", 0)],
    "equal": [(b"hello world" * 3, 0), (b"hello world" * 2 + b"hello worle", DROP),
              (b"hello world" + b"hellO world" + b"hello world", DROP), (b"hello world" * 2, DROP), (b"", DROP)],
    "hide": [(b"", 0x45), (bytes(1472), 0)],
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_program_does_what_it_says(name: str) -> None:
    cases = CASES[name]
    rows = run(name, [(at, packet(payload)) for at, (payload, _) in enumerate(cases)])
    assert [outcome(row) for row in rows] == [wanted for _, wanted in cases]


@pytest.mark.parametrize("name", [name for name in CASES if name not in ("open", "hide")])
def test_ipv6_and_options_change_nothing(name: str) -> None:
    """Up to 1,452 bytes of payload after an IPv6 header, and 1,432 after the longest of IPv4's."""
    cases = [(payload, wanted) for payload, wanted in CASES[name] if len(payload) <= 1432]
    for packets in (
        [packet(payload, source="2001:db8::1") for payload, _ in cases],
        [packet(payload, options=b"\1" * 40) for payload, _ in cases],
    ):
        rows = run(name, list(enumerate(packets)))
        assert [outcome(row) for row in rows] == [wanted for _, wanted in cases]


def test_every_program_has_a_test() -> None:
    others = {"cookie", "status", "bucket_source", "bucket_flow", "window_source", "window_flow"}
    assert set(CASES) | others == {path.stem for path in PROGRAMS.glob("*.c")}


def test_an_ipv6_packet_is_opened() -> None:
    rows = run("open", [(0, packet(b"", source="::1")), (1, packet(bytes(1452), source="::1"))])
    assert [outcome(row) for row in rows] == [10_000, 11_452]


def cookie(source: str, port: int, at: int) -> bytes:
    """What fp_cookie_make gives with slots of 10 seconds. Replays run with a key of zeros."""
    address = ip_address(source).packed.ljust(16, b"\0")
    text = address + struct.pack(">H", port) + bytes(6) + struct.pack("<Q", (START + at) // 10)
    return hmac.digest(bytes(32), text, hashlib.sha256)


@pytest.mark.parametrize(("source", "other"), [("198.51.100.1", "198.51.100.2"), ("2001:db8::1", "2001:db8:1::1")])
def test_a_cookie_is_its_sources_and_ends(source: str, other: str) -> None:
    right = cookie(source, 5000, 0)[:16]
    wrong = right[:15] + bytes([right[15] ^ 1])
    sent = [
        (0, source, 5000, b"", DROP), (1, source, 5000, right, "pass"), (2, source, 5000, right[:15], DROP),
        (3, source, 5000, wrong, DROP), (4, source, 5001, right, DROP), (5, other, 5000, right, DROP),
        (19, source, 5000, right, "pass"), (20, source, 5000, right, DROP),
        (21, source, 5000, cookie(source, 5000, 21), "pass"), (29, source, 5000, cookie(source, 5000, 30), DROP),
    ]  # fmt: skip
    rows = run("cookie", [(at, packet(payload, source=who, port=port)) for at, who, port, payload, _ in sent])
    assert [row["verdict"] for row in rows] == [wanted for *_, wanted in sent]
    assert rows[0]["challenge"]


STATUS: list[list[tuple[float, bytes, int]]] = [
    [(0, b"?", 0), (1, b"v\x0a", DONE | VERIFIED), (10, b"?", VERIFIED), (11, b"?", 0)],
    [(0, b"b\x05", DONE | BLOCKED), (1, b"v\x64", BLOCKED), (2, b"c\x64", BLOCKED), (5, b"v\x02", DONE | VERIFIED)],
    [(0, b"v" + FOREVER, DONE | VERIFIED), (3599, b"?", VERIFIED), (3599 + 3600, b"?", 0)],
    [(0, b"v\x64", DONE | VERIFIED), (1, b"c\x64", VERIFIED), (2, b"b\x02", DONE | BLOCKED), (4, b"?", 0)],
    [(0, b"c\x02", DONE | CHALLENGED), (1, b"c\x02", DONE | CHALLENGED), (2, b"v\x01", DONE | VERIFIED), (3, b"?", 0)],
    [(0, b"v\x00", 0), (1, b"b\x09", DONE | BLOCKED), (2, b"b\x00", BLOCKED), (3, b"f", 0), (4, b"?", 0)],
]


@pytest.mark.parametrize("steps", STATUS)
def test_a_status_ends_and_a_block_outlives_a_challenge(steps: list[tuple[float, bytes, int]]) -> None:
    rows = run("status", [(at, packet(order)) for at, order, _ in steps])
    assert [outcome(row) for row in rows] == [wanted for *_, wanted in steps]


RATES: dict[str, list[tuple[float, int, str]]] = {
    # Seconds, bytes, and p for pass or d for drop.
    "bucket_source": [(0, 1, "pppppdd"), (1, 1, "ppd"), (2, 1, "ppd"), (100, 1, "pppppd")],
    "bucket_flow": [(0, 1000, "ppd"), (0, 1, "d"), (1, 900, "pd"), (1, 100, "pd"), (50, 1472, "pd")],
    "window_source": [(0, 1, "ppppd"), (9, 1, "d"), (10, 1, "d"), (13, 1, "pd"), (15, 1, "pd"), (29, 1, "ppp"),
                      (50, 1, "ppppd")],
    "window_flow": [(0, 1, "ppppd"), (30, 1, "ppppd")],
}  # fmt: skip


@pytest.mark.parametrize("name", RATES)
def test_a_rate(name: str) -> None:
    sent = [(at, packet(bytes(length))) for at, length, verdicts in RATES[name] for _ in verdicts]
    assert "".join(row["verdict"][0] for row in run(name, sent)) == "".join(verdicts for *_, verdicts in RATES[name])


def test_rates_are_kept_apart() -> None:
    sent = [(0, packet(b"1", port=port)) for port in (1, 2) for _ in range(4)]
    assert [row["verdict"] for row in run("window_source", sent)] == ["pass"] * 4 + ["drop"] * 4
    assert [row["verdict"] for row in run("window_flow", sent)] == ["pass"] * 8


def test_a_literal_that_is_too_long_does_not_compile() -> None:
    use = 'uint64_t cf_ebpf_main(void *s) { struct fp_packet p; return fp_open(s, &p) && fp_starts_with(&p, "%s"); }\n'
    assert build('#include "flowprotect.h"\n' + use % ("x" * 32)).ok
    for text in ("", "x" * 33):
        assert not build('#include "flowprotect.h"\n' + use % text).ok
