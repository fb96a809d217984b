"""IP lists through Python: live traffic that is decided by them, and replays."""

import struct
from pathlib import Path

import flowprotect_engine
import pytest
from flowprotect_engine import EngineError

# Pytest finds fixtures by their names here.
from test_dataplane import client, config, dataplane, listening, upstream

__all__ = ["client", "dataplane", "upstream"]

FOLDER = Path(__file__).parents[2] / "vm/tests/additions"
# Tags with 1 + the value of the source in `trusted` << 32, of the payload's address << 16, and of the list `nobody`.
LISTS = (FOLDER / "lists.o").read_bytes()
COUNTS = (FOLDER / "words.o").read_bytes()
NOBODY = 0xFFFF - 4


def tag(dataplane, client, upstream) -> int:
    client.sendto(bytes([10, 0, 0, 1]) + bytes(4), listening(dataplane))
    upstream.recvfrom(100)
    (found,) = dataplane.stats()["rules"][0]["tags"]
    return int(found)


def test_live_traffic_is_decided_by_the_list_of_now(dataplane, upstream, client):
    assert dataplane.load_program("first byte", LISTS)["ok"]
    for lists, expected in [
        ({}, ((1 << 32) - 5) << 32 | NOBODY << 16 | NOBODY),
        ({"trusted": ["127.0.0.0/8=6"]}, 7 << 32 | NOBODY),
        ({"trusted": ["10.0.0.0/24"], "other": []}, 1 << 16 | NOBODY),
    ]:
        dataplane.apply(config(lists=lists))
        assert tag(dataplane, client, upstream) == expected


def test_a_change_of_a_list_forgets_nothing(dataplane, upstream, client):
    assert dataplane.load_program("first byte", COUNTS)["ok"]
    for count in range(3):
        dataplane.apply(config(lists={"trusted": [f"10.0.{count}.0/24"]}))
        assert tag(dataplane, client, upstream) == (count << 32) + count


def test_lists_of_a_wrong_shape_change_nothing(dataplane, upstream, client):
    dataplane.load_program("first byte", LISTS)
    dataplane.apply(config(lists={"trusted": ["127.0.0.0/8"]}))
    for lists, code in [
        ({"trusted": ["127.0.0.0/33"]}, "config.list"),
        ({"": []}, "config.list"),
        ({"trusted": [7]}, "config.shape"),
        ([], "config.shape"),
    ]:
        with pytest.raises(EngineError) as raised:
            dataplane.apply(config(lists=lists))
        assert raised.value.code == code
    assert tag(dataplane, client, upstream) == 1 << 32 | NOBODY


def test_a_replay_has_lists():
    udp = struct.pack(">HHHH", 4000, 53, 16, 0) + bytes([10, 0, 0, 1]) + bytes(4)
    source = bytes([127, 1, 0, 1])
    packet = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, source, source) + udp
    capture = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    capture += struct.pack("<IIII", 1, 0, len(packet), len(packet)) + packet
    lists = {"trusted": ["127.1.0.1=2", "10.0.0.0/8"]}
    summary, _ = flowprotect_engine.replay(LISTS, capture, lists=lists)
    assert summary["tags"] == {3 << 32 | 1 << 16 | NOBODY: 1}
    with pytest.raises(EngineError) as raised:
        flowprotect_engine.replay(LISTS, capture, lists={"trusted": ["x"]})
    assert raised.value.code == "config.list"
