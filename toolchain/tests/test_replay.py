"""`flowprotect replay` on a capture made here: one look-alike, one rubbish packet, one that is not UDP."""

import json
import struct
from pathlib import Path

import pytest

from demo.protocol import POSITION, Message
from toolchain.cli import main

PROGRAM = Path(__file__).resolve().parents[2] / "demo/program/cookie_guard.c"


def ip(payload: bytes, protocol: int = 17) -> bytes:
    udp = struct.pack(">HHHH", 4000, 7777, 8 + len(payload), 0) + payload
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, protocol, 0, bytes([127, 1, 0, 1]), bytes(4))
    return head + udp


def pcap(packets: list[bytes]) -> bytes:
    data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    for second, packet in enumerate(packets):
        data += struct.pack("<IIII", 1_700_000_000 + second, 0, len(packet), len(packet)) + packet
    return data


def test_it_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    guard, capture, out = tmp_path / "guard.c", tmp_path / "in.pcap", tmp_path / "out.pcapng"
    guard.write_text(PROGRAM.read_text().replace("REQUIRE_COOKIE 0", "REQUIRE_COOKIE 1"))
    capture.write_bytes(pcap([ip(Message(POSITION, 1, 2).encode()), ip(b"rubbish"), ip(b"tcp", 6)]))
    assert main(["replay", str(PROGRAM), str(capture), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["packets"], answer["passed"], answer["dropped"], answer["ignored"]) == (3, 1, 1, 1)
    assert main(["replay", str(guard), str(capture), "-o", str(out), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["passed"], answer["dropped"], answer["challenges"]) == (0, 2, 1)
    written = out.read_bytes()
    for comment in (b"CF_EBPF_DROP", b"Ignored", b"Analytics tag: 1", b"Challenge packet"):
        assert comment in written


def test_a_cut_capture_names_the_packet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capture = tmp_path / "cut.pcap"
    capture.write_bytes(pcap([ip(b"a"), ip(b"b")])[:-1])
    assert main(["replay", str(PROGRAM), str(capture)]) == 2
    assert "packet 2" in capsys.readouterr().err
