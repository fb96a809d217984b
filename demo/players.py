"""Thirty legitimate players: position updates at 20 Hz, each measuring its own round trip and loss.

Usage: python -m demo.players HOST PORT. Prints one JSON line a second: {"loss": share 0..1, "rtt_ms": mean, "sent": n,
"challenged": n}. Loss counts packets sent between 1 and 2 seconds ago that have not been answered.
"""

import json
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field

from demo.protocol import CHALLENGE, ECHO, NO_COOKIE, POSITION, Message, decode

PLAYERS = 30
HERTZ = 20


@dataclass
class Player:
    """One player on a loopback address of its own."""

    index: int
    sock: socket.socket
    cookie: bytes = NO_COOKIE
    sequence: int = 0
    challenged: int = 0
    sent: dict[int, float] = field(default_factory=dict)
    answered: dict[int, float] = field(default_factory=dict)

    def update(self) -> None:
        self.sequence += 1
        now = time.monotonic()
        self.sent[self.sequence] = now
        message = Message(
            POSITION, 1000 + self.index, self.sequence, self.cookie, self.sequence, self.index, 0, int(now * 1e9)
        )
        try:
            self.sock.send(message.encode())
        except OSError:
            return

    def receive(self) -> None:
        while True:
            try:
                message = decode(self.sock.recv(2048))
            except OSError:
                return
            if message is None:
                continue
            if message.kind == CHALLENGE:
                self.cookie = message.cookie
                self.challenged += 1
            elif message.kind == ECHO and message.sequence in self.sent:
                self.answered[message.sequence] = time.monotonic() - self.sent[message.sequence]

    def settle(self, now: float) -> tuple[int, list[float]]:
        """Counts what was sent over a second ago, forgets it, and returns (sent, round trips in seconds)."""
        due = [sequence for sequence, at in self.sent.items() if at < now - 1]
        trips = [self.answered[s] for s in due if s in self.answered]
        for sequence in due:
            del self.sent[sequence]
            self.answered.pop(sequence, None)
        return len(due), trips


def play(host: str, port: int) -> None:
    selector = selectors.DefaultSelector()
    players = []
    for index in range(PLAYERS):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((f"127.1.0.{index + 1}", 0))
        sock.connect((host, port))
        sock.setblocking(False)
        players.append(Player(index, sock))
        selector.register(sock, selectors.EVENT_READ, players[-1])
    next_update, next_report = time.monotonic(), time.monotonic() + 1
    turn = 0
    while True:
        for key, _ in selector.select(max(0.0, next_update - time.monotonic())):
            key.data.receive()
        now = time.monotonic()
        if now >= next_update:
            players[turn % PLAYERS].update()
            turn += 1
            next_update = max(next_update + 1 / (HERTZ * PLAYERS), now - 0.1)
        if now >= next_report:
            next_report += 1
            settled = [player.settle(now) for player in players]
            sent = sum(count for count, _ in settled)
            trips = [trip for _, some in settled for trip in some]
            report = {
                "sent": sent,
                "loss": round(1 - len(trips) / sent, 4) if sent else 0.0,
                "rtt_ms": round(1000 * sum(trips) / len(trips), 2) if trips else None,
                "challenged": sum(player.challenged for player in players),
            }
            print(json.dumps(report), flush=True)


if __name__ == "__main__":
    play(sys.argv[1], int(sys.argv[2]))
