"""Small captures, made here."""

import struct


def udp(payload: bytes, source: str = "127.1.0.1", protocol: int = 17) -> bytes:
    """One IPv4 packet."""
    body = struct.pack(">HHHH", 4000, 7777, 8 + len(payload), 0) + payload
    address = bytes(int(part) for part in source.split("."))
    return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 0, 0, 64, protocol, 0, address, bytes(4)) + body


def pcap(packets: list[bytes]) -> bytes:
    """A pcap of raw IP packets, one a second."""
    data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    for second, packet in enumerate(packets):
        data += struct.pack("<IIII", 1_700_000_000 + second, 0, len(packet), len(packet)) + packet
    return data


SMALL = pcap([udp(b"one"), udp(b"two", "127.2.0.1"), udp(b"tcp", protocol=6)])
