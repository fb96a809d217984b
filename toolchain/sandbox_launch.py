"""Confines itself, then becomes the command it was given: `python -I sandbox_launch.py JSON`.

JSON: {"read": [...], "write": [...], "memory": bytes, "seconds": n, "output": bytes, "argv": [...]}. Exit status 97
means that the sandbox could not be set up; nothing was run then.
"""

import json
import os
import resource
import sys


def main() -> None:
    plan = json.loads(sys.argv[1])
    try:
        import flowprotect_engine

        limits = (
            (resource.RLIMIT_AS, plan["memory"]),
            (resource.RLIMIT_CPU, plan["seconds"]),
            (resource.RLIMIT_FSIZE, plan["output"]),
            (resource.RLIMIT_NOFILE, 64),
            (resource.RLIMIT_CORE, 0),
        )
        for kind, limit in limits:
            resource.setrlimit(kind, (limit, limit))
        flowprotect_engine.restrict(plan["read"], plan["write"])
    except Exception as error:
        print(f"sandbox: {error}", file=sys.stderr)
        sys.exit(97)
    os.execv(plan["argv"][0], plan["argv"])  # noqa: S606 - the point of this file


if __name__ == "__main__":
    main()
