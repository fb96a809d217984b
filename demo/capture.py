"""Captures of the demo's own traffic, for replays: players who answer challenges, and a flood that looks like them.

Replays run with an all-zero HMAC key (a node's own key is never known outside it), so the right cookie can be computed.
"""

import hashlib
import hmac
import random
import socket
import struct

from demo.protocol import NO_COOKIE, POSITION, Message

REPLAY_KEY = bytes(32)
ETHERNET = 1
START = 1_790_000_000.0


def cookie(source: str, port: int, key: bytes = REPLAY_KEY) -> bytes:
    """What `cookie_guard.c` sends to a source: 8 bytes of HMAC-SHA-256 over its address and port."""
    text = socket.inet_aton(source) + struct.pack(">H", port) + bytes(2)
    return hmac.digest(key, text, hashlib.sha256)[:8]


def _frame(source: str, port: int, payload: bytes) -> bytes:
    udp = struct.pack(">HHHH", port, 7777, 8 + len(payload), 0) + payload
    header = struct.pack(
        ">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0x4000, 64, 17, 0,
        socket.inet_aton(source), socket.inet_aton("203.0.113.7"),
    )  # fmt: skip
    total = sum(struct.unpack(">10H", header))
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    header = header[:10] + struct.pack(">H", ~total & 0xFFFF) + header[12:]
    return bytes(12) + b"\x08\x00" + header + udp


def _position(session: int, sequence: int, proof: bytes) -> bytes:
    return Message(POSITION, session, sequence, proof, sequence, session & 0xFFFF, 0, sequence * 50_000_000).encode()


def pcap(frames: list[tuple[float, bytes]]) -> bytes:
    """A classic pcap file (microseconds, Ethernet) of (Unix seconds, frame) pairs, sorted by time."""
    parts = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, ETHERNET)]
    for at, frame in sorted(frames, key=lambda pair: pair[0]):
        micros = round(at * 1_000_000)
        parts.append(struct.pack("<IIII", micros // 1_000_000, micros % 1_000_000, len(frame), len(frame)) + frame)
    return b"".join(parts)


def players(seconds: float = 3.0) -> list[tuple[float, bytes]]:
    """Thirty players at 20 Hz; each shows its cookie from the third packet on, as if challenged by the first."""
    frames = []
    for index in range(30):
        source, port = f"198.51.100.{index + 1}", 40_000 + index
        for sequence in range(1, int(seconds * 20) + 1):
            proof = cookie(source, port) if sequence > 2 else NO_COOKIE
            at = START + index / 600 + sequence / 20
            frames.append((at, _frame(source, port, _position(1000 + index, sequence, proof))))
    return frames


def flood(count: int = 4000, seconds: float = 3.0) -> list[tuple[float, bytes]]:
    """`count` packets from 2,000 sources: half noise, half with a made-up cookie in the right shape."""
    rng = random.Random(7)  # noqa: S311 - the same capture every time
    frames = []
    for index in range(count):
        source = f"192.0.{index % 8}.{rng.randint(1, 250)}"
        if index % 2:
            payload = rng.randbytes(rng.randint(8, 200))
        else:
            payload = _position(rng.getrandbits(32), rng.getrandbits(16), rng.randbytes(8))
        frames.append((START + seconds * index / count, _frame(source, rng.randint(1024, 65_535), payload)))
    return frames


def supplied() -> dict[str, bytes]:
    """The captures that every account of the demo can replay, by name."""
    return {
        "demo: players only": pcap(players()),
        "demo: attack only": pcap(flood()),
        # The newest supplied capture is the one that every build is replayed on.
        "demo: players under attack": pcap(players() + flood()),
    }
