"""Captures made of UDP payloads, for tests that replay programs."""

import struct
from ipaddress import ip_address

START = 1_790_000_000
RAW_IP = 101


def packet(
    payload: bytes,
    *,
    source: str = "198.51.100.1",
    port: int = 40_000,
    to: str = "203.0.113.7",
    to_port: int = 7777,
    options: bytes = b"",
) -> bytes:
    """An IP packet with UDP; IPv6 where `source` is an IPv6 address, `options` are IPv4's."""
    udp = struct.pack(">HHHH", port, to_port, 8 + len(payload), 0) + payload
    one = ip_address(source)
    if one.version == 6:
        other = ip_address(to if ":" in to else "2001:db8::7")
        return struct.pack(">IHBB", 6 << 28, len(udp), 17, 64) + one.packed + other.packed + udp
    length = 20 + len(options)
    head = struct.pack(">BBHHHBBH", 0x40 | length // 4, 0, length + len(udp), 0, 0, 64, 17, 0)
    return head + one.packed + ip_address(to).packed + options + udp


def pcap(packets: list[tuple[float, bytes]]) -> bytes:
    """A classic pcap file of (seconds after START, IP packet) pairs."""
    data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, RAW_IP)
    for after, one in packets:
        seconds, micros = divmod(round((START + after) * 1_000_000), 1_000_000)
        data += struct.pack("<IIII", seconds, micros, len(one), len(one)) + one
    return data
