"""`flowprotect replay --trace`: one packet, line by line, as the replay ran it."""

import json
import os
from pathlib import Path

import flowprotect_engine
import pytest

from toolchain.api import ReplayError, build, replay, trace
from toolchain.cli import main
from toolchain.tests.captures import packet, pcap

HEAD = '#define CF_EBPF_HELPER_V0\n#include "cf_ebpf_helper.h"\n'
# A function of its own, state from one packet to the next, and a random number.
PROGRAM = (
    HEAD
    + """static __attribute__((noinline)) uint64_t doubled(uint64_t value) {
  cf_ebpf_printf("doubled %d", value);
  return value * 2;
}
uint64_t cf_ebpf_main(void *state) {
  uint64_t seen = 0;
  get_flow_data(&seen);
  set_flow_data(seen + 1);
  set_network_analytics_tag(doubled(seen) + (rand() & 1));
  return CF_EBPF_DROP;
}
"""
)
ENDLESS = '#include "cf_ebpf_defs.h"\n' + (
    HEAD
    + """uint64_t cf_ebpf_main(void *state) {
  struct cf_ebpf_packet_data *packet;
  struct cf_ebpf_parsed_headers headers;
  if (parse_packet_data(state, &packet, &headers) != 0) return CF_EBPF_PASS;
  volatile uint8_t *byte = packet->packet_buffer;
  while (byte[28] != 3) { }
  return CF_EBPF_PASS;
}
"""
)
CAPTURE = pcap([(second, packet(b"hello")) for second in range(9)] + [(9.0, b"\x45rubbish")])
Capsys = pytest.CaptureFixture[str]


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    source, capture = tmp_path / "a.c", tmp_path / "a.pcap"
    source.write_text(PROGRAM)
    capture.write_bytes(CAPTURE)
    return str(source), str(capture)


@pytest.fixture(scope="module")
def elf() -> bytes:
    elf = build(PROGRAM).elf
    assert elf is not None
    return elf


def test_it_works(files: tuple[str, str], capsys: Capsys) -> None:
    assert main(["replay", *files, "--trace", "4", "--json"]) == 0
    traced = json.loads(capsys.readouterr().out)["trace"]
    assert (traced["number"], traced["verdict"], traced["tag"] // 2) == (4, "drop", 3)
    assert (traced["source"], traced["printed"]) == ("198.51.100.1", ["doubled 3"])
    assert (traced["truncated"], traced["omitted"], traced["error"]) == (False, 0, None)
    inside = [line for line in traced["lines"] if line["depth"] == 1]
    assert [call["name"] for line in inside for call in line["calls"]] == ["cf_ebpf_printf"]
    told = [(line["line"], line["text"]) for line in inside]
    assert (4, 'cf_ebpf_printf("doubled %d", value);') in told
    assert all(PROGRAM.splitlines()[number - 1].strip() == text for number, text in told)


def test_the_text_is_indented_by_call(files: tuple[str, str], capsys: Capsys) -> None:
    assert main(["replay", *files, "--trace", "2"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "packet 2: 198.51.100.1:40000 -> 203.0.113.7:7777, 33 bytes"
    assert any(line.startswith('    4    cf_ebpf_printf("doubled %d", value);') for line in said)
    assert any(line.strip() == "set_flow_data() = 0" for line in said)
    assert "printed: doubled 1" in said
    assert said[-1] in ("drop, tag 2", "drop, tag 3")


def test_a_trace_is_of_the_replays_own_run(elf: bytes) -> None:
    for seed in (0, 7):
        rows = replay(elf, CAPTURE, seed=seed)[0]["first"]
        for row in rows:
            traced = trace(elf, CAPTURE, row["number"], seed=seed)
            assert {key: traced[key] for key in row} == row
    assert traced["verdict"] == "ignored" and traced["lines"] == []


def test_a_long_trace_is_cut_and_says_so(tmp_path: Path, capsys: Capsys) -> None:
    source, capture = tmp_path / "a.c", tmp_path / "a.pcap"
    source.write_text(ENDLESS)
    capture.write_bytes(CAPTURE)
    assert main(["replay", str(source), str(capture), "--trace", "1", "--json"]) == 0
    traced = json.loads(capsys.readouterr().out)["trace"]
    assert (traced["verdict"], traced["error"]) == ("error", "out of fuel")
    assert traced["truncated"] and traced["omitted"] > 0 and len(traced["lines"]) == 10_000
    assert main(["replay", str(source), str(capture), "--trace", "1"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[-2].endswith("more instructions: a trace keeps 10,000 lines")
    assert said[-1] == "no verdict: out of fuel"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--trace", "0"], "trace.packet"),
        (["--trace", "11"], "trace.packet"),
        (["--trace", str((1 << 64) - 1)], "trace.packet"),
        (["--trace", "-1"], "usage"),
        (["--trace", "x"], "usage"),
        (["--trace", "1", "-o", "out.pcapng"], "usage"),
        (["--trace", "1", "--packets", "3"], "usage"),
    ],
)
def test_wrong_packets(files: tuple[str, str], capsys: Capsys, arguments: list[str], code: str) -> None:
    assert main(["replay", *files, *arguments, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["diagnostics"][0]["code"] == code


def test_the_module_answers_rubbish_with_codes(elf: bytes) -> None:
    for arguments, code in (
        ((b"rubbish", CAPTURE, 1), "replay.program"),
        ((elf, b"rubbish", 1), "capture.format"),
        ((elf, CAPTURE[:-1], 10), "capture.truncated"),
        ((elf, CAPTURE, 0), "trace.packet"),
        ((elf, CAPTURE, 11), "trace.packet"),
    ):
        with pytest.raises(flowprotect_engine.EngineError) as caught:
            flowprotect_engine.trace(*arguments)
        assert caught.value.code == code
    with pytest.raises(OverflowError):
        flowprotect_engine.trace(elf, CAPTURE, -1)
    with pytest.raises(BufferError):
        flowprotect_engine.trace(elf, memoryview(bytearray(CAPTURE)), 1)
    with pytest.raises(BufferError):
        flowprotect_engine.trace(elf, memoryview(CAPTURE)[::2], 1)
    with pytest.raises(TypeError):
        flowprotect_engine.trace(elf, "text", 1)  # type: ignore[arg-type]
    assert flowprotect_engine.trace(elf, memoryview(CAPTURE)[:], 1)["number"] == 1
    with pytest.raises(flowprotect_engine.EngineError) as caught:
        flowprotect_engine.replay(elf, memoryview(b""))
    assert caught.value.code == "capture.format"


def test_a_file_that_cannot_be_written_is_said(elf: bytes) -> None:
    with open(os.devnull, "rb") as closed:
        with pytest.raises(flowprotect_engine.EngineError) as caught:
            flowprotect_engine.replay(elf, CAPTURE, out=closed.fileno())
    assert caught.value.code == "replay.output"


def test_a_trace_has_a_deadline(elf: bytes) -> None:
    one = pcap([(0, packet(b"hello"))])
    many = one[:24] + one[24:] * 200_000
    with pytest.raises(flowprotect_engine.EngineError) as caught:
        flowprotect_engine.trace(elf, many, 200_000, deadline_ms=1)
    assert caught.value.code == "capture.stopped"
    with pytest.raises(ReplayError) as refused:
        trace(elf, many, 200_000, deadline=0.02)
    assert refused.value.code == "replay.timeout"
