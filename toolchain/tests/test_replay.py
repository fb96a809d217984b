"""`flowprotect replay` on a capture made here: one look-alike, one rubbish packet, one that is not UDP."""

import json
import struct
import time
from pathlib import Path

import pytest

from demo.protocol import POSITION, Message
from toolchain.api import ReplayError, build, replay
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


def test_packets_totals_and_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capture = tmp_path / "in.pcap"
    capture.write_bytes(pcap([ip(Message(POSITION, 1, 2).encode()), ip(b"rubbish"), ip(b"tcp", 6)]))
    assert main(["replay", str(PROGRAM), str(capture), "--packets", "2", "--seed", "3", "--ip-offset", "0"]) == 0
    said = capsys.readouterr().out
    assert "127.1.0.1:4000" in said
    assert [line.split()[5] for line in said.splitlines()[1:3]] == ["pass", "drop"]
    assert "packets 3  passed 1  dropped 1  ignored 1" in said
    assert main(["replay", str(PROGRAM), str(capture), "--ip-offset", "4000", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ignored"] == 3


def test_errors_of_a_replay_have_codes() -> None:
    elf = build(PROGRAM.read_text()).elf
    assert elf is not None
    capture = pcap([ip(b"a")] * 3)
    for program, data, code in ((b"rubbish", capture, "replay.program"), (elf, b"rubbish", "capture.")):
        with pytest.raises(ReplayError) as caught:
            replay(program, data)
        assert caught.value.code.startswith(code)
        assert caught.value.message


def test_a_replay_has_a_deadline() -> None:
    elf = build(PROGRAM.read_text()).elf
    assert elf is not None
    head = pcap([ip(b"a" * 1000)])
    start = time.monotonic()
    with pytest.raises(ReplayError) as caught:
        replay(elf, head[:24] + head[24:] * 30_000, deadline=0.05)
    assert caught.value.code == "replay.timeout"
    assert time.monotonic() - start < 3


def test_a_replay_is_deterministic() -> None:
    source = '#define CF_EBPF_HELPER_V0\n#include "cf_ebpf_helper.h"\n'
    elf = build(source + "uint64_t cf_ebpf_main(void *state) { return rand() & 1; }\n").elf
    assert elf is not None
    capture = pcap([ip(b"a")] * 64)
    first, again, other = (replay(elf, capture, seed=seed)[1] for seed in (1, 1, 2))
    assert first == again != other
