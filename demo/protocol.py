"""The demo game's UDP protocol: a 24-byte header, then 20 bytes of position where the type is 1.

Big-endian: u32 magic "FPG1", u8 type, u8 version, u16 zero, u32 session, u32 sequence, u8 cookie[8];
then three i32 coordinates and the client's u64 clock in nanoseconds, which the server echoes.
"""

import struct
from dataclasses import dataclass

MAGIC = 0x46504731
VERSION = 1
POSITION = 1
ECHO = 2
CHALLENGE = 3
HEADER = struct.Struct(">IBBHII8s")
BODY = struct.Struct(">iiiQ")
NO_COOKIE = bytes(8)


@dataclass(frozen=True)
class Message:
    """One datagram; `nanos` is the sender's monotonic clock in nanoseconds, 0 where there is no body."""

    kind: int
    session: int
    sequence: int
    cookie: bytes = NO_COOKIE
    x: int = 0
    y: int = 0
    z: int = 0
    nanos: int = 0

    def encode(self) -> bytes:
        header = HEADER.pack(MAGIC, self.kind, VERSION, 0, self.session, self.sequence, self.cookie)
        return header if self.kind == CHALLENGE else header + BODY.pack(self.x, self.y, self.z, self.nanos)


def decode(data: bytes) -> Message | None:
    """The message in `data`, or None for anything that is not this protocol."""
    if len(data) < HEADER.size:
        return None
    magic, kind, version, zero, session, sequence, cookie = HEADER.unpack_from(data)
    if magic != MAGIC or version != VERSION or zero != 0 or kind not in (POSITION, ECHO, CHALLENGE):
        return None
    if kind == CHALLENGE:
        return Message(kind, session, sequence, cookie)
    if len(data) != HEADER.size + BODY.size:
        return None
    return Message(kind, session, sequence, cookie, *BODY.unpack_from(data, HEADER.size))
