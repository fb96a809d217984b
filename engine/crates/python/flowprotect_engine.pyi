"""FlowProtect's engine. Errors are `EngineError`; `args` are (code, message)."""

from typing import Any, Literal, Self, TypedDict, final, type_check_only

__all__ = ["Dataplane", "EngineError", "check_expression", "confine", "replay", "restrict", "trace", "verify"]

@type_check_only
class Position(TypedDict):
    line: int
    column: int

@type_check_only
class Diagnostic(TypedDict):
    stage: str
    severity: str
    code: str
    message: str
    line: int | None
    column: int | None
    end: Position | None
    hint: str | None

@type_check_only
class FunctionStack(TypedDict):
    line: int | None
    bytes: int

@type_check_only
class HelperUse(TypedDict):
    name: str
    lines: list[int]

@type_check_only
class ListUse(TypedDict):
    name: str
    lines: list[int]

# Bytes of packet_buffer from `from` to before `to`, which is None where it has no bound.
PacketRead = TypedDict("PacketRead", {"line": int, "from": int, "to": int | None})

@type_check_only
class ProgramFacts(TypedDict):
    worst_case_fuel: int | None
    stack: list[FunctionStack]
    helpers: list[HelperUse]
    lists: list[ListUse]
    """The account's lists that the program names."""
    reads: list[PacketRead]
    unreachable: list[int]
    ignores_packet: bool

@type_check_only
class VerifyReport(TypedDict):
    ok: bool
    verdict: Literal["portable", "safe"] | None
    instructions: int
    diagnostics: list[Diagnostic]
    facts: ProgramFacts | None

class EngineError(Exception):
    """`args` are (code, message) or, where there is a place in an expression, (code, message, position).

    Codes: `sandbox.unavailable`, `confine.*`, `replay.program`, `replay.output`, `capture.*`, `trace.packet`,
    `engine.report`, `expression.*`, `port.*`, `program.*`, `config.*`, `dataplane.stopped`.
    """

    code: str
    message: str
    position: int | None
    """In characters from 0."""

def verify(elf: bytes, deadline_ms: int = 5000, *, portable: bool = False, source: str | None = None) -> VerifyReport:
    """Verifies an object file. The GIL is released. The deadline is in milliseconds of wall-clock time.

    With `portable` only the portable verdict accepts, ; read-only data and FlowProtect's own helpers
    are refused (`verify.not_portable`).
    With `source`, the C that the object was made of, hints name the author's own expressions.
    """

def replay(
    elf: bytes,
    capture: bytes | memoryview,
    *,
    ip_offset: int | None = None,
    seed: int = 0,
    annotate: bool = True,
    first: int = 1000,
    top: int = 20,
    deadline_ms: int | None = None,
    out: int | None = None,
    lists: dict[str, list[str]] | None = None,
    fuel: int | None = None,
) -> tuple[dict[str, Any], bytes | None]:
    """Runs a capture through a program on the capture's clock: (summary, annotated pcapng or None).

    The GIL is released. `capture` is a read-only buffer that nobody changes meanwhile. Without `annotate` nothing is
    written; with `out`, an open file descriptor, it is written there, and the second is None.

    `lists` are the account's, as in `Dataplane.apply`: `CIDR` or `CIDR=VALUE` by name. Raises `EngineError` with
    `config.list` for others, `capture.stopped` after `deadline_ms` milliseconds of wall-clock time.
    """

@type_check_only
class TracedRead(TypedDict):
    """Bytes of the IP packet that were read; `value` as the program got it, in hexadecimal."""

    offset: int
    length: int
    value: str

@type_check_only
class TracedCall(TypedDict):
    name: str
    result: int

@type_check_only
class TracedRegister(TypedDict):
    """A register that changed, with its value behind the line in hexadecimal."""

    register: int
    value: str

@type_check_only
class TracedLine(TypedDict):
    """Instructions in a row that belong to one line of C; `line` is None without line information."""

    pc: int
    instructions: int
    depth: int
    """Functions of the program around it; 0 in `cf_ebpf_main`."""
    line: int | None
    registers: list[TracedRegister]
    reads: list[TracedRead]
    calls: list[TracedCall]
    fuel: int
    """What is left behind the line."""

@type_check_only
class PacketTrace(TypedDict):
    number: int
    time: float
    source: str | None
    source_port: int | None
    destination: str | None
    destination_port: int | None
    length: int
    verdict: Literal["pass", "drop", "ignored", "error"]
    tag: int
    challenge: bool
    printed: list[str]
    skipped: bool
    """Passed without the program, which had declared the flow good."""
    error: str | None
    """Why there is no verdict."""
    lines: list[TracedLine]
    """At most 10,000."""
    truncated: bool
    omitted: int
    """Instructions that ran behind the last line."""

def trace(
    elf: bytes,
    capture: bytes | memoryview,
    number: int,
    *,
    ip_offset: int | None = None,
    seed: int = 0,
    deadline_ms: int | None = None,
    lists: dict[str, list[str]] | None = None,
    fuel: int | None = None,
) -> PacketTrace:
    """What the program does with packet `number`, counted from 1, when all before it were replayed.

    The GIL is released. Raises `EngineError` as `replay` does, and with code `trace.packet` where the capture
    has no such packet.
    """

def check_expression(text: str) -> None:
    """Raises `EngineError` where `text` is not a rule's expression.

    Codes: `expression.syntax`, `expression.type`, `expression.too_long`, `expression.too_deep`; with `position`.
    """

@type_check_only
class Totals(TypedDict):
    received: int
    passed: int
    dropped: int
    challenged: int
    unprotected: int
    """Passed because nobody protects their destination."""
    too_large: int
    send_errors: int
    kernel_drops: int
    replies: int
    evicted: int
    loops: int
    """Packets from the port's own address or from upstream, which would go round for ever. Not part of `received`."""
    flows: int
    """Open now."""

@type_check_only
class AccountStats(TypedDict):
    account_id: str
    received: int
    passed: int
    dropped: int
    challenged: int
    allowlisted: int
    no_rule: int

@type_check_only
class RuleStats(TypedDict):
    """`packets` = `passed` + `dropped`; what monitoring would have dropped is part of `passed`."""

    account_id: str
    rule_id: str
    mode: str
    packets: int
    passed: int
    dropped: int
    would_drop: int
    challenged: int
    allowlisted: int
    errors: int
    skipped: int
    """Of `passed`: without the program, which had declared their flow good."""
    fuel: int
    tags: dict[str, int]
    """At most 256 tags; packets with more are counted under `other`."""

@type_check_only
class SourceStats(TypedDict):
    """One of an account's 20 busiest sources. Where there are thousands of sources, counts are lower bounds."""

    account_id: str
    address: str
    packets: int
    dropped: int

@type_check_only
class PortStats(TypedDict):
    """As the port is now; `receive_buffer` is in bytes, `kernel_drops` and `restarts` count from the port's start.

    `restarts` other than 0 is a fault: the port had to take up its work again.
    """

    listen: str
    upstream: str
    flows: int
    max_flows: int
    receive_buffer: int
    kernel_drops: int
    restarts: int

@type_check_only
class Stats(TypedDict):
    interval_ms: int
    generation: int
    accounts: list[AccountStats]
    totals: Totals
    rules: list[RuleStats]
    sources: list[SourceStats]
    ports: list[PortStats]

@type_check_only
class Sample(TypedDict):
    account_id: str
    rule_id: str
    at: float
    """Unix seconds."""
    source: str
    source_port: int
    destination: str
    destination_port: int
    length: int
    verdict: str
    """`pass`, `drop` or `would_drop`."""
    tag: int
    challenge: bool
    packet: str
    """The first 256 bytes of the IP packet in base64."""

@type_check_only
class AccountFault(TypedDict):
    account_id: str
    code: str
    """`config.*` or `expression.*`"""
    message: str

@final
class Dataplane:
    """Traffic ports with the rules behind them. Every call releases the GIL and may come from any thread.

    After `stop` every other call raises `EngineError("dataplane.stopped", …)`.
    """

    def __new__(cls, ports: list[str], *, begin: bool = True) -> Self:
        """Opens the ports, each `relay:127.0.0.1:7777->127.0.0.1:7778` with options after a `?`, joined by `&`:
        `ports=20000-32767` (local ports towards upstream, as long as they are free), `flows=12000` (most flows),
        `idle=60` (seconds), `buffer=8388608` (bytes of the clients' receive queue that are asked for).

        Without `begin` no thread is started: packets wait in the receive buffers until `begin()`, and the process can
        be confined before that. Everything passes until a configuration is applied. Raises `EngineError("port.*", …)`;
        then none is open.
        """

    def begin(self) -> None:
        """Starts the ports' threads, where they do not run yet."""

    def listening(self) -> list[str]:
        """The addresses the ports really listen on, in the order given (for port 0)."""

    def load_program(self, key: str, elf: bytes) -> VerifyReport:
        """Verifies a program and keeps it under `key`; one that is not ok is not kept. Takes at most ten seconds.

        Raises `EngineError("program.key_taken", …)` where another program has this key.
        """

    def apply(self, config: dict[str, Any]) -> None:
        """Replaces the configuration between two packets.

        State is kept where a rule's id, program, its account's key and limits stay the same. Raises `EngineError` with
        `config.*` or `expression.*`; then nothing has changed.
        """

    def check(self, config: dict[str, Any]) -> list[AccountFault]:
        """What `apply` would refuse: the first fault of each account that has any. Nothing changes.

        Raises `EngineError("config.shape", …)` where more than single accounts cannot be read.
        """

    def limit_challenges(self, per_second: int) -> None:
        """Limits the challenges a second of all rules together, 1,000 where nobody says otherwise.

        Beyond it programs get -6 from `set_challenge`.
        """

    def retain_programs(self, keys: list[str]) -> None:
        """Forgets all programs but these. Rules that run one keep it until the next `apply`."""

    def stats(self) -> Stats:
        """What happened since the last call."""

    def samples(self) -> list[Sample]:
        """Packets sampled since the last call: at most 48 a second of each account, at most 500.

        Where there are more, the account with the most gives way.
        """

    def stop(self) -> None:
        """Closes the ports and waits for their threads: well below a second. May be called again."""

def restrict(read: list[str], write: list[str]) -> None:
    """Confines this process for good: `read` and `write` are the paths below which files may be opened.

    Files under `read` may be executed. New sockets, ptrace and io_uring are refused by seccomp with EPERM: Landlock
    does not stop UDP. Raises `EngineError("sandbox.unavailable", …)` where the kernel cannot enforce all of it.
    """

@type_check_only
class MissingPart(TypedDict):
    part: str
    """`no_new_privs`, `capabilities`, `capabilities.bounding`, `landlock`, `landlock.truncate`, `landlock.tcp`,
    `landlock.ioctl`, `landlock.signals` or `seccomp`."""
    reason: str

def confine(*, read: list[str], write: list[str], connect: list[int]) -> list[MissingPart]:
    """Confines this process, which must have one thread, for good; for a process that runs a `Dataplane`.

    All capabilities go. Files are read below `read` (what is not there is left out), regular files made, changed and
    removed below `write`; nothing is executed. TCP goes to the ports `connect` only, UDP anywhere; no connection is
    taken. System calls that neither Python nor the data plane needs fail with EPERM. Memory can still be made
    executable, after it was written: programs are compiled later. Gives the parts that the kernel does not offer; the
    others are in force.

    Raises `EngineError` with `confine.threads` (there are other threads) or `confine.path` (a folder to write to cannot
    be opened); then nothing has changed.
    """
