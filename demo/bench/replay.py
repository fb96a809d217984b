"""A million packets from a file through a program, confined, as `flowprotect replay` does it once it has compiled."""

import random
import struct
import tempfile
from collections.abc import Callable
from functools import partial
from mmap import mmap
from pathlib import Path

from demo.bench.measure import measure
from demo.bench.programs import PROGRAMS
from demo.capture import flood
from toolchain.api import build, replay_saved

PACKETS = 1_000_000
ROUNDS = 5
START = 1_790_000_000
Save = Callable[[mmap], object] | None


def capture(path: Path) -> None:
    """Writes PACKETS small frames, 100,000 a second of the capture's time, in an order that no cache foresees."""
    rng = random.Random(1)  # noqa: S311 - the same capture every time
    frames = [frame[:60] for _, frame in flood() if len(frame) >= 60]
    # As short as they are now they have to say so, to be UDP packets.
    frames = [
        frame[:16] + struct.pack(">H", 46) + frame[18:38] + struct.pack(">H", 26) + frame[40:] for frame in frames
    ]
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1))
        for number in range(PACKETS):
            frame = rng.choice(frames)
            seconds, tens = divmod(number, 100_000)
            file.write(struct.pack("<IIII", START + seconds, tens * 10, len(frame), len(frame)) + frame)


def run(save: Save, elf: bytes, given: Path) -> None:
    replay_saved(save, elf, given.read_bytes())


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder) / "in.pcap", Path(folder) / "out.pcapng"
        capture(given)
        print(f"{PACKETS:,} packets of 60 bytes from a file; millions a second, and by processor time")
        for name, source in PROGRAMS.items():
            elf = build(source).elf or b""
            checked = replay_saved(None, elf, given.read_bytes())
            if checked["ignored"] or checked["packets"] != PACKETS:
                raise SystemExit(f"the capture is not what it should be: {checked}")
            kinds: dict[str, Save] = {"JSON": None, "pcapng": out.write_bytes}
            for what, save in kinds.items():
                took = measure(partial(run, save, elf, given), ROUNDS)
                rates = f"{PACKETS / took.wall / 1e6:>8.2f}{PACKETS / took.processor / 1e6:>8.2f}"
                print(f"{name:<26}{what:<8}{rates}")


if __name__ == "__main__":
    main()
