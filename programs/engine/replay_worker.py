"""Runs one replay in a process that can be ended: `python -I replay_worker.py`.

Standard input: one line of JSON {"elf": bytes, "ip_offset": int or null}, then that many bytes of the object file,
then the capture. Standard output: one line of JSON, {"summary": …} followed by the annotated capture, or
{"code", "message"}.
"""

import json
import resource
import sys

MEMORY = 2 << 30


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import flowprotect_engine

    plan = json.loads(sys.stdin.buffer.readline())
    elf = sys.stdin.buffer.read(plan["elf"])
    capture = sys.stdin.buffer.read()
    try:
        flowprotect_engine.restrict([], [])
        summary, annotated = flowprotect_engine.replay(elf, capture, ip_offset=plan["ip_offset"])
    except flowprotect_engine.EngineError as error:
        print(json.dumps({"code": error.args[0], "message": error.args[1]}))
        return
    sys.stdout.buffer.write(json.dumps({"summary": summary}).encode() + b"\n")
    sys.stdout.buffer.write(annotated or b"")


if __name__ == "__main__":
    main()
