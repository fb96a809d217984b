"""The one place that touches the Rust module: its data plane, called off the event loop, with typed errors."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from edge.errors import EngineFault


class RawDataplane(Protocol):
    """What `flowprotect_engine.Dataplane` offers; its calls block and release the GIL."""

    def begin(self) -> None: ...
    def load_program(self, key: str, elf: bytes) -> Any: ...
    def apply(self, config: dict[str, Any]) -> None: ...
    def check(self, config: dict[str, Any]) -> Any: ...
    def limit_challenges(self, per_second: int) -> None: ...
    def retain_programs(self, keys: list[str]) -> None: ...
    def stats(self) -> Any: ...
    def samples(self) -> Any: ...
    def stop(self) -> None: ...


class Engine:
    """A running data plane. Every method runs in a thread, so the loop stays live; all raise EngineFault."""

    def __init__(self, raw: RawDataplane) -> None:
        self._raw = raw

    def limit_challenges(self, per_second: int) -> None:
        """Limits the challenges a second of all rules together."""
        self._raw.limit_challenges(per_second)

    def begin(self) -> None:
        """Starts the ports' threads: packets flow from here on. Blocks for less than a millisecond."""
        try:
            self._raw.begin()
        except Exception as error:
            raise _fault(error) from error

    async def load_program(self, key: str, elf: bytes) -> None:
        """Verifies and loads one ELF file under `key`; the engine does not trust the control plane's verdict."""
        report = await _call(self._raw.load_program, key, elf)
        if isinstance(report, dict) and report.get("ok") is False:
            first: dict[str, Any] = next(iter(report.get("diagnostics") or []), {})
            raise EngineFault(str(first.get("code", "program.rejected")), str(first.get("message", "not verified")))

    async def apply(self, config: dict[str, Any]) -> None:
        """Switches to a configuration in one step."""
        await _call(self._raw.apply, config)

    async def check(self, config: dict[str, Any]) -> list[dict[str, str]]:
        """What `apply` would refuse: `account_id`, `code` and `message` for each account that has a fault."""
        faults: list[dict[str, str]] = await _call(self._raw.check, config)
        return faults

    async def retain_programs(self, keys: list[str]) -> None:
        """Forgets all programs but these."""
        await _call(self._raw.retain_programs, keys)

    async def stats(self) -> dict[str, Any]:
        """Counters since the last call."""
        stats: dict[str, Any] = await _call(self._raw.stats)
        return stats

    async def samples(self) -> list[dict[str, Any]]:
        """Packets sampled since the last call."""
        samples: list[dict[str, Any]] = await _call(self._raw.samples)
        return samples

    async def stop(self) -> None:
        """Closes the ports and ends the threads."""
        await _call(self._raw.stop)


async def _call(function: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return await asyncio.to_thread(function, *arguments)
    except Exception as error:
        raise _fault(error) from error


def _fault(error: Exception) -> EngineFault:
    from flowprotect_engine import EngineError

    if isinstance(error, EngineError) and len(error.args) >= 2:
        return EngineFault(str(error.args[0]), str(error.args[1]))
    return EngineFault("engine.failed", f"{type(error).__name__}: {error}")


def open_ports(ports: list[str]) -> Engine:
    """Opens the ports; packets wait until `begin`, and pass unprotected until a configuration is applied.

    Raises EngineFault for a port that cannot be parsed or opened, or an engine without a data plane.
    """
    import flowprotect_engine

    dataplane = getattr(flowprotect_engine, "Dataplane", None)
    if dataplane is None:
        raise EngineFault("engine.dataplane", "the installed flowprotect_engine has no data plane")
    try:
        return Engine(dataplane(ports, begin=False))
    except Exception as error:
        raise _fault(error) from error
