"""Compiles the C programs of this folder, ../fixtures and ../additions to objects beside them, as the product would.

Run it in the project's virtual environment after a change of a program, the headers or the compiler's flags, then run
`engine/crates/vm-corpus` to record what Cloudflare's verifier says of the new objects.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[4]))

from toolchain.compile import compile_source  # noqa: E402


def main() -> int:
    """Compiles all programs. 1 where one does not compile; its diagnostics are printed."""
    failed = 0
    for folder in (HERE, HERE.parent / "fixtures", HERE.parent / "additions"):
        for source in sorted(folder.glob("*.c")):
            compiled = compile_source(source.read_text())
            if compiled.elf is None:
                failed = 1
                print(source.name, *compiled.diagnostics, sep="\n  ", file=sys.stderr)
            else:
                source.with_suffix(".o").write_bytes(compiled.elf)
    return failed


if __name__ == "__main__":
    sys.exit(main())
