"""Turns proven content into what the engine enforces: load every program, then switch in one step."""

import asyncio
import collections
import os
import time
from dataclasses import replace
from typing import Any

from edge.engine import Engine
from edge.errors import BundleError, EdgeError, EngineFault, StoreError
from edge.keys import AccountKeys
from edge.log import log
from edge.schema import AccountEntry, Content, parse_activation, parse_bundle
from edge.signing import KeyRing, Signed
from edge.store import Store


def _last_good(account: AccountEntry, last: AccountEntry | None) -> AccountEntry | None:
    if last is None:
        return _bare(account, last)
    return replace(account, rules=last.rules, settings=last.settings, allowlist=last.allowlist)


def _bare(account: AccountEntry, last: AccountEntry | None) -> AccountEntry | None:
    return replace(account, rules=(), settings={}, allowlist=())


def _nothing(account: AccountEntry, last: AccountEntry | None) -> AccountEntry | None:
    return None


_FALLBACKS = (_last_good, _bare, _nothing)


class Enforcer:
    """Owns what this node enforces. One change at a time; whatever is bad is refused and the last good one stays."""

    def __init__(self, engine: Engine, keys: KeyRing, account_keys: AccountKeys, store: Store, node_id: str) -> None:
        self.engine = engine
        self.keys = keys
        self.account_keys = account_keys
        self.store = store
        self.node_id = node_id
        self.current: Content | None = None
        self.error: EdgeError | None = None
        self.passing: collections.deque[EdgeError] = collections.deque(maxlen=16)
        self.changed = asyncio.Event()
        self._loaded: set[str] = set()
        self._held_back: dict[str, BundleError] = {}
        self._on_top = 0
        self._lock = asyncio.Lock()
        # Half of the cores: verifying is hard work, and packets need the others.
        self._loading = asyncio.Semaphore(max(1, (os.cpu_count() or 1) // 2))

    @property
    def serial(self) -> int:
        """The serial enforced now; 0 where there is none."""
        return self.current.serial if self.current else 0

    @property
    def bundle_serial(self) -> int | None:
        """The serial of the bundle enforced and kept, None where there is none or an activation is on top of it."""
        return self.current.serial if self.current and self._on_top == 0 else None

    @property
    def loaded(self) -> list[str]:
        """The keys of the current content's programs that the engine took."""
        return sorted(self._loaded & self.current.programs.keys()) if self.current else []

    async def restore(self) -> None:
        """Applies what the disk holds. Never raises an EdgeError: without it the node relays unprotected."""
        received = time.monotonic()
        async with self._lock:
            restored = await asyncio.to_thread(self.store.load)
            self.error = restored.error
            if restored.content is None:
                log.info("no stored bundle: packets pass unprotected until there is one")
                return
            try:
                await self._enforce(restored.content, received, "stored bundle")
                self._on_top = restored.activations
                self.error = self.error or self._held_back_error()
            except EdgeError as error:
                # Proven, so it stays on disk: another start, or the control plane's answer, may do better.
                self.error = error
                log.warning("the stored bundle cannot be enforced: %s; packets pass unprotected", error)

    async def adopt(self, bundle: Signed, received: float, asked_at_serial: int) -> None:
        """Proves, loads, enforces and then keeps a fetched bundle.

        `received` is time.monotonic() at receipt; `asked_at_serial` the serial enforced when the fetch began. Raises
        BundleError, EngineFault or StoreError after noting it for the next status.
        """
        async with self._lock:
            try:
                await self._adopt(bundle, received, asked_at_serial)
            except EdgeError as error:
                self.report(error)
                raise

    async def _adopt(self, bundle: Signed, received: float, asked_at_serial: int) -> None:
        content = await asyncio.to_thread(self._prove, bundle)
        if asked_at_serial <= content.serial < self.serial:
            return  # an activation overtook the fetch
        if content.serial < self.serial:
            raise BundleError("bundle.serial", f"the bundle has serial {content.serial}, older than {self.serial}")
        if content.serial == self.serial and self._on_top == 0:
            self.report(self._held_back_error())
            return
        await self._enforce(content, received, "bundle")
        self._on_top = 0
        self.report(self._held_back_error())
        await asyncio.to_thread(self.store.save_bundle, bundle)

    async def activate(self, signed: Signed, received: float) -> bool:
        """Applies a signed activation on top of the current content. False where a bundle must be fetched instead.

        Raises BundleError, EngineFault or StoreError after noting it for the next status.
        """
        async with self._lock:
            try:
                return await self._activate(signed, received)
            except EdgeError as error:
                self.report(error)
                raise

    async def _activate(self, signed: Signed, received: float) -> bool:
        activation = parse_activation(self.keys.open(signed, "activation"))
        if activation.serial <= self.serial:
            return True  # already part of what is enforced
        if self.current is None or activation.base_serial != self.serial:
            return False
        if activation.account.needs() - self._loaded:
            return False
        content = self.current.with_account(activation.serial, activation.account)
        await self._enforce(content, received, "activation", activated=activation.account.id)
        self._on_top += 1
        self.report(self._held_back_error())
        try:
            # After the switch: a sync of the disk must not stand between an approval and the packets.
            await asyncio.to_thread(self.store.add_activation, signed)
        except StoreError as error:
            if error.code != "store.full":
                raise
            return False
        return True

    async def rotate_keys(self, seconds: float) -> list[str]:
        """Changes the keys of accounts that are `seconds` old, and tells the engine. Returns those accounts.

        Raises StoreError("store.write") or EngineFault after noting it for the next status.
        """
        async with self._lock:
            if self.current is None:
                return []
            accounts = [account.id for account in self.current.accounts]
            try:
                changed = await asyncio.to_thread(self.account_keys.rotate, accounts, seconds)
                if changed:
                    await self.engine.apply(await asyncio.to_thread(self._config, self.current))
            except EdgeError as error:
                self.report(error)
                raise
            return changed

    def report(self, error: EdgeError | None) -> None:
        """Notes what the next status says, and asks for one. An error that is soon over gets its own status."""
        if error is None and self.error is not None and self.changed.is_set():
            self.passing.append(self.error)
        self.error = error
        self.changed.set()

    def _prove(self, bundle: Signed) -> Content:
        return parse_bundle(self.keys.open(bundle, "bundle"), self.node_id)

    async def _enforce(self, content: Content, received: float, what: str, activated: str | None = None) -> None:
        before = self.serial
        refused = await self._load_all(content)
        content, held_back = self._hold_back(content, refused, activated)
        try:
            await self.engine.apply(await asyncio.to_thread(self._config, content))
        except EngineFault as fault:
            content, faults = await self._without_faults(content, fault)
            await self.engine.apply(await asyncio.to_thread(self._config, content))
            held_back |= faults
        self.current, self._held_back = content, held_back
        wanted = content.programs.keys() | {key for account in content.accounts for key in account.needs()}
        if self._loaded - wanted:
            self._loaded.intersection_update(wanted)
            await self.engine.retain_programs(sorted(self._loaded))
        for error in held_back.values():
            log.warning("%s", error)
        log.info(
            "enforcing serial %d (was %d) from %s: %d programs, %d rules of %d accounts, %.1f ms from receipt",
            *(content.serial, before, what, len(content.programs), content.rules(), len(content.accounts)),
            1000 * (time.monotonic() - received),
        )

    async def _without_faults(self, content: Content, fault: EngineFault) -> tuple[Content, dict[str, BundleError]]:
        """The content with less of the accounts that the engine refuses, and why. Raises `fault` where that is none.

        Such an account keeps its last good rules and settings behind its new prefixes; where those are refused too, its
        prefixes without rules; where even these are, nothing.
        """
        last = {account.id: account for account in self.current.accounts} if self.current else {}
        reasons: dict[str, BundleError] = {}
        for step in range(1 + len(_FALLBACKS)):
            faults = {one["account_id"]: one for one in await self.engine.check(self._config(content))}
            if not faults:
                break
            if step == len(_FALLBACKS):
                raise fault
            kept = []
            for account in content.accounts:
                if account.id not in faults:
                    kept.append(account)
                    continue
                less = _FALLBACKS[step](account, last.get(account.id))
                kept.extend([less] if less else [])
                if account.id not in reasons:
                    code, message = faults[account.id]["code"], faults[account.id]["message"]
                    reasons[account.id] = BundleError(code, f"account {account.id} is held back: {message}")
            content = replace(content, accounts=tuple(kept))
        if not reasons:
            raise fault
        return content, reasons

    async def _load_all(self, content: Content) -> dict[str, EngineFault]:
        """Loads what is not loaded yet. Returns the programs that the engine refuses, by key."""
        missing = [key for key in content.programs if key not in self._loaded]
        results = await asyncio.gather(*(self._load(key, content.programs[key]) for key in missing))
        refused = {key: error for key, error in zip(missing, results, strict=True) if error}
        for key in refused.keys() - {key for account in content.accounts for key in account.needs()}:
            log.warning("program %s, which no live rule needs yet, is refused by the engine: %s", key, refused[key])
        return refused

    async def _load(self, key: str, elf: bytes) -> EngineFault | None:
        try:
            async with self._loading:
                await self.engine.load_program(key, elf)
        except EngineFault as error:
            return error
        self._loaded.add(key)
        return None

    def _hold_back(
        self, content: Content, refused: dict[str, EngineFault], activated: str | None
    ) -> tuple[Content, dict[str, BundleError]]:
        """Gives accounts whose programs did not load their last good rules, or none: nobody else waits for them.

        Their prefixes, allowlist and settings are the new ones, so that they cannot clash with another account's.
        """
        last = {account.id: account.rules for account in self.current.accounts} if self.current else {}
        accounts = []
        held_back: dict[str, BundleError] = {}
        for account in content.accounts:
            missing = sorted(account.needs() - self._loaded)
            if missing:
                rules = last.get(account.id, ())
                fault = refused.get(missing[0])
                why = f"program {missing[0]} is refused by the engine" + (
                    f": {fault.message} ({fault.code})" if fault else ""
                )
                kept = "keeps its last good rules" if rules else "has no rules yet"
                held_back[account.id] = BundleError("bundle.program", f"account {account.id} {kept}: {why}")
                account = replace(account, rules=rules)
            accounts.append(account)
        if activated is not None:
            # The others are as they were.
            held_back = {who: why for who, why in self._held_back.items() if who != activated} | held_back
        return replace(content, accounts=tuple(accounts)), held_back

    def _held_back_error(self) -> BundleError | None:
        """What the status says of the accounts held back: the first one's reason, and the ids of some others."""
        if not self._held_back:
            return None
        first, *others = sorted(self._held_back)
        message = self._held_back[first].message
        if others:
            more = f" and {len(others) - 8} more" if len(others) > 8 else ""
            message += f"; also held back: {', '.join(others[:8])}{more}"
        return BundleError(self._held_back[first].code, message)

    @property
    def held_back(self) -> dict[str, BundleError]:
        """Why accounts have less than the current content says, by their ids."""
        return self._held_back

    def _config(self, content: Content) -> dict[str, Any]:
        """The engine's configuration: the content, with this node's own keys for every account."""
        keys = self.account_keys.for_accounts([account.id for account in content.accounts])
        accounts = []
        for account in content.accounts:
            # A disabled rule runs nothing and may come without its program, or with one that does not load.
            rules = [rule for rule in account.rules if rule.program in self._loaded]
            entry = vars(replace(account, rules=())) | {
                "prefixes": list(account.prefixes),
                "allowlist": list(account.allowlist),
                "rules": [rule.to_json() for rule in rules],
                **keys[account.id].config(),
            }
            accounts.append(entry)
        return {
            "generation": content.serial,
            "region": content.region,
            "datacenter": content.datacenter,
            "accounts": accounts,
        }
