"""Signed envelopes: nothing in a payload is looked at before its Ed25519 signature holds."""

import base64
from dataclasses import dataclass

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from edge.errors import BundleError
from edge.fields import Reader
from edge.schema import MAX_BYTES

MAX_KEY_ID = 128


@dataclass(frozen=True)
class Signed:
    """A payload with the signature over exactly its bytes, and the id of the key that made it."""

    key_id: str
    payload: bytes
    signature: bytes

    def to_json(self) -> dict[str, str]:
        """The envelope as the control plane sends it; kept on disk as the proof of what is enforced."""
        return {
            "key_id": self.key_id,
            "payload": base64.b64encode(self.payload).decode(),
            "signature": base64.b64encode(self.signature).decode(),
        }


def parse_signed(reader: Reader) -> Signed:
    """Reads an envelope. Raises whatever the reader's `fail` makes."""
    return Signed(
        key_id=reader.text("key_id", longest=MAX_KEY_ID),
        payload=reader.binary("payload", longest=MAX_BYTES),
        signature=reader.binary("signature", longest=64, exact=64),
    )


class KeyRing:
    """The public keys this node was given when it enrolled, by key id."""

    def __init__(self, keys: dict[str, bytes]) -> None:
        """`keys` are 32-byte Ed25519 public keys. Raises ValueError for any other length."""
        self._keys = {key_id: VerifyKey(key) for key_id, key in keys.items()}

    def open(self, signed: Signed, kind: str) -> bytes:
        """The payload, if its signature holds. Raises BundleError("<kind>.key" or "<kind>.signature")."""
        key = self._keys.get(signed.key_id)
        if key is None:
            raise BundleError(f"{kind}.key", f"the {kind} is signed with key {signed.key_id}, unknown to this node")
        try:
            key.verify(signed.payload, signed.signature)
        except BadSignatureError as error:
            raise BundleError(f"{kind}.signature", f"the {kind}'s signature does not hold") from error
        return signed.payload
