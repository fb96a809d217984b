"""Verifies the object on standard input and prints the report as JSON: `python -I verify_worker.py`."""

import json
import resource
import sys


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import flowprotect_engine

    elf = sys.stdin.buffer.read()
    flowprotect_engine.restrict([], [])
    print(json.dumps(flowprotect_engine.verify(elf, 5000)))


if __name__ == "__main__":
    main()
