"""The example programs of docs/examples: all verify; verdicts on crafted packets and on captures of real traffic."""

import hashlib
import hmac
import os
import struct
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from toolchain.api import build, replay
from toolchain.tests.captures import START, packet, pcap

EXAMPLES = Path(__file__).resolve().parents[2] / "docs/examples"
CAPTURES = Path(os.environ.get("FLOWPROTECT_SHARED", "/nonexistent")) / "captures"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.c"))


@cache
def elf(name: str) -> bytes:
    result = build((EXAMPLES / f"{name}.c").read_text())
    assert result.ok, result.diagnostics
    assert result.diagnostics == []
    assert result.elf is not None
    print(f"{name}: {result.instructions} instructions")
    return result.elf


def run(name: str, packets: list[tuple[float, bytes]]) -> list[dict[str, Any]]:
    return list(replay(elf(name), pcap(packets))[0]["first"])


def verdicts(name: str, *payloads: bytes, **to: Any) -> str:
    """p and d, a packet each, all within one second."""
    rows = run(name, [(at / 1000, packet(payload, **to)) for at, payload in enumerate(payloads)])
    return "".join(row["verdict"][0] for row in rows)


def cookie(slot: int, source: bytes = bytes([198, 51, 100, 1]), port: int = 40_000) -> bytes:
    """The kit's cookie at START; replays run with a key of zeros."""
    text = source.ljust(16, b"\0") + struct.pack(">H", port) + bytes(6) + struct.pack("<Q", START // slot)
    return hmac.digest(bytes(32), text, hashlib.sha256)


def test_there_are_eleven() -> None:
    assert len(NAMES) == 11


@pytest.mark.parametrize("name", NAMES)
def test_nothing_upsets_it(name: str) -> None:
    """Empty, short and full packets of zeros and ones, over IPv4 and IPv6: a verdict each, never an error."""
    payloads = [bytes([fill]) * length for length in (0, 1, 7, 20, 1452) for fill in (0, 0xFF)]
    sent = [packet(payload, source=source) for payload in payloads for source in ("192.0.2.1", "2001:db8::1")]
    assert {row["verdict"] for row in run(name, list(enumerate(sent)))} <= {"pass", "drop"}


def test_game_token() -> None:
    def game(kind: int, token: bytes = bytes(16)) -> bytes:
        return b"GAME" + bytes([kind, 0, 0, 0]) + token

    good = cookie(30)[:16]
    sent = [(0, game(0)), (1, game(0, good)), (2, game(1)), (300, game(1)), (301, game(1)), (302, b"GAME")]
    rows = run("game_token", [(at, packet(payload)) for at, payload in sent])
    assert [(row["verdict"], row["challenge"]) for row in rows] == [
        ("drop", True), ("pass", False), ("pass", False), ("pass", False), ("drop", True), ("drop", False),
    ]  # fmt: skip


def test_sip_register() -> None:
    register = b"REGISTER sip:a SIP/2.0\r\nVia: x\r\nCall-ID: 1\r\n\r\n"
    short = b"OPTIONS sip:a SIP/2.0\r\nv: x\r\ni: 1\r\n\r\n"
    bad = b"OPTIONS sip:a SIP/2.0\r\nVia: x\r\n\r\n"
    web = b"GET / HTTP/1.1\r\nVia: x\r\nCall-ID: 1\r\n\r\n"
    assert verdicts("sip_register", *[register] * 6, short, bad, web, b"", b"SIP/2.0 200 OK\r\n") == "pppppdpddpp"


def test_dns_query() -> None:
    head = struct.pack(">6H", 7, 0x0100, 1, 0, 0, 1)
    name = b"\3www\7example\3com\0"
    good, any_type = head + name + struct.pack(">HH", 1, 1), head + name + struct.pack(">HH", 255, 1)
    answer = head[:2] + b"\x81" + good[3:]
    two = struct.pack(">6H", 7, 0x0100, 2, 0, 0, 1) + good[12:]
    longest = head + (b"\x3f" + b"a" * 63) * 3 + b"\x3d" + b"b" * 61 + b"\0" + bytes([0, 1, 0, 1])
    pointer = head + b"\xc0\x0c" + struct.pack(">HH", 1, 1)
    given = [good, any_type, answer, two, longest, pointer, head + name, good[:-1]]
    assert verdicts("dns_query", *given) == "pdddpddd"
    assert verdicts("dns_query", *[good] * 101) == "p" * 100 + "d"


def initial(token: bytes = b"", source: int = 8, version: int = 1) -> bytes:
    first = struct.pack(">BI", 0xC0 if version == 1 else 0xD0, version)
    ids = b"\x08" + b"D" * 8 + bytes([source]) + b"S" * source
    return (first + ids + bytes([len(token)]) + token).ljust(1200, b"x")


@pytest.mark.parametrize("version", [1, 0x6B3343CF])
def test_quic_initial(version: int) -> None:
    good = cookie(10)[:16]
    plain = initial(version=version)
    given = [plain, initial(good, version=version), initial(bytes(16), version=version), plain[:1199]]
    given += [initial(source=21, version=version), initial(source=4, version=version), b"\x40" + bytes(40)]
    rows = run("quic_initial", [(at, packet(payload)) for at, payload in enumerate(given)])
    assert [(row["verdict"], row["tag"]) for row in rows] == [
        ("drop", 3), ("pass", 2), ("drop", 3), ("drop", 1), ("drop", 1), ("pass", 0), ("pass", 0),
    ]  # fmt: skip
    _, annotated = replay(elf("quic_initial"), pcap([(0, packet(plain))]))
    retry = struct.pack(">BI", 0xF0 if version == 1 else 0xC0, version) + b"\x08" + b"S" * 8
    assert retry + b"\x08" + cookie(10)[16:24] + good + bytes(16) in annotated


def test_wireguard() -> None:
    init = struct.pack("<I", 1) + b"k" * 144
    data = struct.pack("<I", 4) + bytes(28)
    assert verdicts("wireguard", *[init] * 4, data, init, init) == "pppdppp"
    assert verdicts("wireguard", init[:-1], init[:116] + bytes(32), data[:-1], b"\4\1" + data[2:]) == "dddd"


def test_source_query() -> None:
    good = cookie(30)[:4]
    query = b"\xff\xff\xff\xffTSource Engine Query\0"
    players = b"\xff\xff\xff\xffU"
    assert verdicts("source_query", query, query + good, query + b"....", players + good, b"\1\2\3\4") == "dpdpp"
    _, annotated = replay(elf("source_query"), pcap([(0, packet(query))]))
    assert b"\xff\xff\xff\xffA" + good in annotated


def test_stun() -> None:
    def message(kind: int, body: bytes = b"", length: int | None = None) -> bytes:
        return struct.pack(">HHI", kind, len(body) if length is None else length, 0x2112A442) + bytes(12) + body

    software = b"\x80\x22\0\5abcde..."
    given = [message(1), message(1, software), message(0x101), message(1, software[:-4]), message(1, b"", 4), b"\0\1"]
    assert verdicts("stun", *given, b"\x80" + bytes(200)) == "ppddddp"


def test_ntp_and_syslog() -> None:
    times = [b"\x23" + bytes(47), b"\x17\0\3\x2a" + bytes(44), b"\x16" + bytes(11)]
    assert verdicts("ntp_syslog", *times, to_port=123) == "pdd"
    lines = [b"<13>hello", b"<191>x", b"<192>x", b"<>x", b"<0013>x", b"hello", b"<1x>"]
    assert verdicts("ntp_syslog", *lines, to_port=514) == "ppddddd"
    assert verdicts("ntp_syslog", b"anything") == "d"


def test_rtp() -> None:
    plain = b"\x80\x60" + bytes(10)
    given = [
        plain, plain[:-1], b"\x82" + plain[1:], b"\x82" + plain[1:] + bytes(8),
        b"\x90" + plain[1:] + b"\0\0\0\1" + bytes(4),
        b"\x90" + plain[1:] + b"\0\0\0\2" + bytes(4), b"\xa0" + plain[1:] + b"\0\2", b"\xa0" + plain[1:] + b"\3",
        b"\xa0" + plain[1:] + b"\0", b"\x80\xc8\0\1" + bytes(4), b"\x80\xc8\0\2" + bytes(4), b"\0" + plain[1:],
    ]  # fmt: skip
    assert verdicts("rtp", *given) == "pddppdpddpdd"


def test_reflection() -> None:
    stat = b"\0\1\0\0\0\1\0\0STAT pid 1\r\n"
    web = b"HTTP/1.1 200 OK\r\n"
    assert verdicts("reflection", stat, web + b"USN: x\r\n", web + b"\r\n", b"hello") == "ddpp"
    assert verdicts("reflection", b"hello", port=11211) + verdicts("reflection", b"hello", to_port=11211) == "dd"


# Of each capture: what passed, what was dropped, and the tags.
REAL: list[tuple[str, str, int, int, dict[str, int] | None]] = [
    # There are ten packets of RTP and RTCP in it; a rule's expression would keep them away from the program.
    ("sip_register", "sip.pcap", 102, 10, {"0": 102, "1": 10}),
    ("sip_register", "dns.pcap", 0, 3, {"1": 3}),
    # Queries pass, their answers do not.
    ("dns_query", "dns.pcap", 1, 2, {"0": 1, "1": 2}),
    ("dns_query", "dns_long_domainname.pcap", 1, 1, {"0": 1, "1": 1}),
    ("dns_query", "sip.pcap", 0, 112, {"1": 21, "2": 91}),
    # One of the two Initials has a source connection id of eight bytes, so that it can be asked for a token.
    ("quic_initial", "quic_0RTT.pcap", 16, 1, {"0": 16, "3": 1}),
    ("wireguard", "dns.pcap", 0, 3, {"0": 3}),
    ("source_query", "source_engine.pcap", 0, 17, {"1": 17}),
    ("stun", "stun.pcap", 122, 43, None),
    ("ntp_syslog", "syslog.pcap", 71, 0, {"0": 71}),
    ("ntp_syslog", "NTPv3.pcap", 1, 0, {"0": 1}),
    ("ntp_syslog", "NTPv4.pcap", 1, 0, {"0": 1}),
    ("rtp", "rtp.pcapng", 72, 3, {"0": 3, "1": 69, "2": 3}),
    ("rtp", "rtcp_multiple_pkts_in_the_same_datagram.pcap", 5, 0, {"2": 5}),
    ("rtp", "dns.pcap", 0, 3, {"0": 3}),
    ("reflection", "ssdp-m-search.pcap", 0, 19, {"2": 19}),
    ("reflection", "dns.pcap", 3, 0, {"0": 3}),
]


@pytest.mark.skipif(not CAPTURES.is_dir(), reason="FLOWPROTECT_SHARED does not name a folder with captures")
@pytest.mark.parametrize(("name", "capture", "passed", "dropped", "tags"), REAL)
def test_real_traffic(name: str, capture: str, passed: int, dropped: int, tags: dict[str, int] | None) -> None:
    summary, _ = replay(elf(name), (CAPTURES / capture).read_bytes())
    assert summary["errors"] == 0
    assert (summary["passed"], summary["dropped"]) == (passed, dropped)
    assert tags is None or summary["tags"] == tags


def test_partners() -> None:
    def message(kind: int, cookie: bytes = bytes(8)) -> bytes:
        return bytes([kind]) + bytes(7) + cookie

    good = hmac.digest(bytes(32), bytes([198, 51, 100, 1]) + struct.pack(">H", 40_000), hashlib.sha256)[:8]
    sent = [message(1), message(3), message(3, good), b"anything", message(2)]
    data = pcap([(at / 10, packet(payload)) for at, payload in enumerate(sent)])
    summary, _ = replay(elf("partners"), data)
    assert "".join(row["verdict"][0] for row in summary["first"]) == "ddppp"
    assert [row["challenge"] for row in summary["first"]] == [True, False, False, False, False]
    assert summary["skipped"] == 2
    summary, _ = replay(elf("partners"), data, lists={"partners": ["198.51.100.0/24=6"]})
    assert (summary["passed"], summary["skipped"], summary["tags"]) == (5, 0, {"7": 5})
    guesses = [(0.0, packet(message(3))) for _ in range(200)]
    rows = run("partners", [*guesses, (0, packet(message(3, good))), (1, packet(message(3, good)))])
    assert [row["verdict"] for row in rows[-2:]] == ["drop", "pass"]
