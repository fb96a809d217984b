"""The HMAC keys programs sign cookies with: made on this node for each account, changed from time to time, never sent.

The file has an object for each account: `current` and `previous` in base64 (`previous` may be null), and `since`, the
Unix seconds when `current` was made. A string in its place is the one key that older agents kept.
"""

import base64
import json
import math
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.errors import StoreError
from edge.fields import Reader, parse_object
from edge.files import read_limited, set_aside, write_private
from edge.log import log

KEY_BYTES = 32
MAX_FILE = 16 << 20


@dataclass(frozen=True)
class AccountKey:
    """One account's key, since when (Unix seconds) it is in use, and the one before it: cookies of both are good."""

    current: bytes
    since: float
    previous: bytes | None = None

    def to_json(self) -> dict[str, Any]:
        """The key as the file has it."""
        return {"current": _text(self.current), "since": self.since, "previous": _text(self.previous) or None}

    def config(self) -> dict[str, str]:
        """The key as the engine's configuration has it."""
        return {"hmac_key": _text(self.current), "previous_hmac_key": _text(self.previous)}


def _text(key: bytes | None) -> str:
    return base64.b64encode(key or b"").decode()


class AccountKeys:
    """Keys by account id, kept in one private file. `now` is the time in Unix seconds."""

    def __init__(self, folder: Path, now: Callable[[], float] = time.time) -> None:
        """Reads the file; one that cannot be read is set aside and new keys are made."""
        self.path = folder / "account-keys.json"
        self._now = now
        self._keys: dict[str, AccountKey] = {}
        try:
            self._keys = self._read()
        except StoreError as error:
            aside = set_aside(self.path)
            log.warning("%s; set aside as %s, new keys will be made", error, aside)

    def _read(self) -> dict[str, AccountKey]:
        data = read_limited(self.path, MAX_FILE)
        if data is None:
            return {}

        def fail(message: str) -> StoreError:
            return StoreError("store.keys", f"{self.path}: {message}")

        reader = parse_object(data, "the file", fail)
        return {account: self._entry(reader, account) for account in reader.value}

    def _entry(self, reader: Reader, account: str) -> AccountKey:
        if isinstance(reader.value[account], str):
            return AccountKey(_key(reader, account), self._now())
        entry = reader.child(account)
        since = entry.value.get("since")
        if isinstance(since, bool) or not isinstance(since, int | float) or not math.isfinite(since):
            entry.refuse("must be a number of seconds", "since")
        previous = None if entry.value.get("previous") is None else _key(entry, "previous")
        return AccountKey(_key(entry, "current"), float(since), previous)

    def for_accounts(self, accounts: list[str]) -> dict[str, AccountKey]:
        """A key for each account id, made and saved where there was none. Raises StoreError("store.write")."""
        missing = [account for account in accounts if account not in self._keys]
        if missing:
            self._save({account: AccountKey(secrets.token_bytes(KEY_BYTES), self._now()) for account in missing})
        return {account: self._keys[account] for account in accounts}

    def rotate(self, accounts: list[str], seconds: float) -> list[str]:
        """Changes the keys of `accounts` that are `seconds` old, and saves them. Returns those accounts.

        A key from the future has no age: the clock was wrong when it was made, so it counts as old. Raises
        StoreError("store.write"); then none has changed.
        """
        now = self._now()
        old = [account for account in accounts if account in self._keys]
        old = [account for account in old if not 0 <= now - self._keys[account].since < seconds]
        if old:
            fresh = {account: secrets.token_bytes(KEY_BYTES) for account in old}
            self._save({account: AccountKey(fresh[account], now, self._keys[account].current) for account in old})
        return old

    def _save(self, changed: dict[str, AccountKey]) -> None:
        # On disk first: a key that is used but forgotten at a restart would void every cookie already given out.
        keys = self._keys | changed
        text = json.dumps({account: key.to_json() for account, key in keys.items()})
        write_private(self.path, text.encode())
        self._keys = keys


def _key(reader: Reader, name: str) -> bytes:
    return reader.binary(name, longest=KEY_BYTES, exact=KEY_BYTES)
