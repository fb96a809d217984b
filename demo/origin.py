"""A small game server on loopback: echoes position updates, and saturates on purpose under a flood.

Usage: python -m demo.origin PORT. It handles at most CAPACITY datagrams a second from a small receive buffer, as a
server that does real work for each would; what arrives beyond that is lost in the kernel, players' packets too.
"""

import socket
import sys
import time

from demo.protocol import ECHO, POSITION, Message, decode

CAPACITY = 3000
BUFFER_BYTES = 64 * 1024


def serve(port: int) -> None:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
    sock.bind(("127.0.0.1", port))
    quantum = 0.01
    budget = int(CAPACITY * quantum)
    while True:
        start = time.monotonic()
        for _ in range(budget):
            sock.settimeout(max(0.0005, quantum - (time.monotonic() - start)))
            try:
                data, address = sock.recvfrom(2048)
            except (TimeoutError, BlockingIOError):
                break
            except ConnectionRefusedError:
                continue
            message = decode(data)
            if message is None or message.kind != POSITION:
                continue
            echo = Message(
                ECHO, message.session, message.sequence, message.cookie, message.x, message.y, message.z, message.nanos
            )
            try:
                sock.sendto(echo.encode(), address)
            except OSError:
                continue
        time.sleep(max(0.0, quantum - (time.monotonic() - start)))


if __name__ == "__main__":
    serve(int(sys.argv[1]))
