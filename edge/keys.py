"""The HMAC keys programs sign cookies with: one per account, made on this node, never sent anywhere."""

import base64
import json
import secrets
from pathlib import Path

from edge.errors import StoreError
from edge.fields import parse_object
from edge.files import read_limited, set_aside, write_private
from edge.log import log

KEY_BYTES = 32
MAX_FILE = 16 << 20


class AccountKeys:
    """Keys by account id, kept in one private file."""

    def __init__(self, folder: Path) -> None:
        """Reads the file; one that cannot be read is set aside and new keys are made."""
        self.path = folder / "account-keys.json"
        self._keys: dict[str, bytes] = {}
        try:
            self._keys = self._read()
        except StoreError as error:
            aside = set_aside(self.path)
            log.warning("%s; set aside as %s, new keys will be made", error, aside)

    def _read(self) -> dict[str, bytes]:
        data = read_limited(self.path, MAX_FILE)
        if data is None:
            return {}

        def fail(message: str) -> StoreError:
            return StoreError("store.keys", f"{self.path}: {message}")

        reader = parse_object(data, "the file", fail)
        return {account: reader.binary(account, longest=KEY_BYTES, exact=KEY_BYTES) for account in reader.value}

    def for_accounts(self, accounts: list[str]) -> dict[str, bytes]:
        """A key for each account id, made and saved where there was none. Raises StoreError("store.write")."""
        missing = [account for account in accounts if account not in self._keys]
        if missing:
            # On disk first: a key that is used but forgotten at a restart would void every cookie already given out.
            keys = {**self._keys, **{account: secrets.token_bytes(KEY_BYTES) for account in missing}}
            text = {account: base64.b64encode(key).decode() for account, key in keys.items()}
            write_private(self.path, json.dumps(text).encode())
            self._keys = keys
        return {account: self._keys[account] for account in accounts}
