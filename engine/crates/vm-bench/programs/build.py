"""Compiles the programs of this folder as the product would. Run it in the project's virtual environment."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[3]))

from toolchain.api import build  # noqa: E402


def main() -> int:
    """Compiles and verifies all programs. 1 where one is refused; its diagnostics are printed."""
    failed = 0
    for source in sorted(HERE.glob("*.c")):
        result = build(source.read_text())
        if result.elf is None or not result.ok:
            failed = 1
            print(source.name, *result.diagnostics, sep="\n  ", file=sys.stderr)
        else:
            source.with_suffix(".o").write_bytes(result.elf)
    return failed


if __name__ == "__main__":
    sys.exit(main())
