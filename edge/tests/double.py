"""An in-memory stand-in for the engine's data plane, for tests of the agent's own logic only: no packets, no VM."""

import copy
from typing import Any


class DoubleDataplane:
    """Remembers what it was given; `refuse` names program keys whose loading fails."""

    def __init__(self) -> None:
        self.loaded: list[str] = []
        self.configs: list[dict[str, Any]] = []
        self.refuse: set[str] = set()
        self.refuse_apply = False
        self.refuse_text = ""
        self.stopped = False
        self.begun = False

    def check(self, config: dict[str, Any]) -> list[dict[str, str]]:
        """Accounts whose rules have an expression, or whose settings a fuel, that `refuse_text` names."""
        return [
            {"account_id": account["id"], "code": "expression.syntax", "message": "not this"}
            for account in config["accounts"]
            if self.refuse_text and self.refuse_text in str(account)
        ]

    def limit_challenges(self, per_second: int) -> None:
        self.challenges = per_second

    def begin(self) -> None:
        self.begun = True

    def load_program(self, key: str, elf: bytes) -> dict[str, Any]:
        if key in self.refuse:
            diagnostic = {"stage": "verify", "severity": "error", "code": "verify.bounds", "message": "out of bounds"}
            return {"ok": False, "instructions": 0, "diagnostics": [diagnostic]}
        self.loaded.append(key)
        return {"ok": True, "instructions": 3, "diagnostics": []}

    def apply(self, config: dict[str, Any]) -> None:
        if self.refuse_apply or self.check(config):
            raise RuntimeError("not today")
        self.configs.append(copy.deepcopy(config))

    def retain_programs(self, keys: list[str]) -> None:
        self.loaded = [key for key in self.loaded if key in keys]

    def stats(self) -> dict[str, Any]:
        return {"interval_ms": 1000, "totals": {"received": 1}}

    def samples(self) -> list[dict[str, Any]]:
        return []

    def stop(self) -> None:
        self.stopped = True
