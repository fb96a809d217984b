"""`flowprotect check` of the example programs: as a command of its own, and in a process that goes on."""

import statistics
import subprocess
import sys
from functools import partial
from pathlib import Path

from demo.bench.measure import Measured, measure
from toolchain.api import build

EXAMPLES = sorted((Path(__file__).parents[2] / "docs" / "examples").glob("*.c"))
ROUNDS = 5


def command(path: Path) -> None:
    subprocess.run([sys.executable, "-m", "toolchain.cli", "check", str(path)], check=True, stdout=subprocess.DEVNULL)


def shown(took: Measured) -> str:
    return f"{1000 * took.wall:>8.0f}{1000 * took.processor:>8.0f}"


def main() -> None:
    print(f"{'check (ms)':<26}{'command':>8}{'cpu':>8}{'warm':>8}{'cpu':>8}")
    rows: list[tuple[Measured, Measured]] = []
    for path in EXAMPLES:
        source = path.read_text()
        build(source)
        row = (measure(partial(command, path), ROUNDS), measure(partial(build, source), ROUNDS))
        print(f"{path.stem:<26}{shown(row[0])}{shown(row[1])}")
        rows.append(row)
    middle = [
        Measured(statistics.median(one.wall for one in some), statistics.median(one.processor for one in some))
        for some in zip(*rows, strict=True)
    ]
    print(f"{'median':<26}{shown(middle[0])}{shown(middle[1])}")


if __name__ == "__main__":
    main()
