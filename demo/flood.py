"""A bounded flood on loopback from 2,000 source addresses, sent with sendmmsg(2).

Usage: python -m demo.flood HOST PORT PACKETS_PER_SECOND. One socket sends from every source: IP_PKTINFO's
`ipi_spec_dst` (ip(7)) chooses the source address of each datagram. Half of the payloads are random, half look
like the game. Only loopback targets are accepted. Prints a JSON line a second: {"sent": n}.
"""

import ctypes
import ctypes.util
import ipaddress
import json
import os
import random
import socket
import struct
import sys
import time

from demo.protocol import POSITION, Message

SOURCES = 2000
SOCKETS = 8
BATCH = 250
IP_PKTINFO = 8  # linux/in.h; Python's socket module does not name it


class _IoVec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


class _MsgHdr(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("iov", ctypes.POINTER(_IoVec)),
        ("iov_length", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    ]


class _MMsgHdr(ctypes.Structure):
    _fields_ = [("header", _MsgHdr), ("sent", ctypes.c_uint)]


def _payload(rng: random.Random) -> bytes:
    if rng.random() < 0.5:
        return rng.randbytes(rng.randint(8, 200))
    return Message(
        POSITION,
        rng.getrandbits(32),
        rng.getrandbits(32),
        rng.randbytes(8),
        rng.getrandbits(16),
        0,
        0,
        rng.getrandbits(63),
    ).encode()


def source_address(index: int) -> str:
    """The loopback address of source `index`, all in 127.64.0.0/12."""
    return f"127.{64 + index // 4096}.{(index // 250) % 16}.{index % 250 + 1}"


class Batches:
    """2,000 prepared datagrams, one a source, sent BATCH at a time."""

    def __init__(self, host: str, port: int) -> None:
        self._libc = ctypes.CDLL(ctypes.util.find_library("c"), use_errno=True)
        rng = random.Random()  # noqa: S311 - noise, not secrets
        address = struct.pack("=HH4s8x", socket.AF_INET, socket.htons(port), socket.inet_aton(host))
        self._address = ctypes.create_string_buffer(address, len(address))
        self._keep = []
        self._messages = (_MMsgHdr * SOURCES)()
        for index in range(SOURCES):
            payload = _payload(rng)
            body = ctypes.create_string_buffer(payload, len(payload))
            iov = _IoVec(ctypes.cast(body, ctypes.c_void_p), len(payload))
            control = struct.pack("=Qii", 16 + 12, socket.IPPROTO_IP, IP_PKTINFO) + struct.pack(
                "=i4s4s", 0, socket.inet_aton(source_address(index)), bytes(4)
            )
            ancillary = ctypes.create_string_buffer(control.ljust(32, b"\0"), 32)
            header = self._messages[index].header
            header.name = ctypes.cast(self._address, ctypes.c_void_p)
            header.name_length = len(address)
            header.iov = ctypes.pointer(iov)
            header.iov_length = 1
            header.control = ctypes.cast(ancillary, ctypes.c_void_p)
            header.control_length = 32
            self._keep += [body, iov, ancillary]
        self._sockets = []
        for _ in range(SOCKETS):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.bind(("0.0.0.0", 0))  # noqa: S104 - the source is chosen a datagram; the target is loopback
            self._sockets.append(sock)
        self._turn = 0

    def send(self) -> int:
        """Sends one batch and returns how many datagrams the kernel took."""
        start = (self._turn * BATCH) % SOURCES
        sock = self._sockets[(self._turn // (SOURCES // BATCH)) % SOCKETS]
        self._turn += 1
        pointer = ctypes.byref(self._messages, start * ctypes.sizeof(_MMsgHdr))
        sent = self._libc.sendmmsg(sock.fileno(), pointer, BATCH, 0)
        if sent < 0:
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error))
        return sent


def flood(host: str, port: int, rate: int) -> None:
    if not ipaddress.ip_address(host).is_loopback:
        raise SystemExit("the demo flood only sends to loopback addresses")
    batches = Batches(host, port)
    report = credited = time.monotonic()
    credit = 0.0
    sent = 0
    while True:
        now = time.monotonic()
        credit = min(credit + rate * (now - credited), max(rate * 0.1, BATCH))
        credited = now
        if credit >= BATCH:
            taken = batches.send()
            credit -= BATCH
            sent += taken
        else:
            time.sleep((BATCH - credit) / rate)
        if now - report >= 1:
            print(json.dumps({"sent": round(sent / (now - report))}), flush=True)
            report, sent = now, 0


if __name__ == "__main__":
    flood(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
