"""Signs what nodes receive, with the installation's Ed25519 key."""

import base64
import hashlib
import json
from typing import Any

from django.conf import settings
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox
from nacl.signing import SigningKey as Ed25519

from fleet.models import SigningKey


class SigningError(Exception):
    """The signing key cannot be used."""

    code = "signing.key_unreadable"


def canonical(value: Any) -> bytes:
    """The one way this value is spelled as JSON. Raises ValueError for NaN and infinity."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def sign(payload: bytes) -> dict[str, str]:
    """The signed form that goes over the wire: key_id, payload and signature (base64)."""
    key = active_key()
    signature = _private(key).sign(payload).signature
    return {"key_id": key.key_id, "payload": _b64(payload), "signature": _b64(signature)}


def public_keys() -> list[dict[str, str]]:
    """Every key a node should trust, the active one first."""
    active_key()
    keys = SigningKey.objects.order_by("-active", "-created_on")
    return [{"key_id": key.key_id, "public_key": _b64(bytes(key.public))} for key in keys]


def active_key() -> SigningKey:
    """The key to sign with, made on first use; two processes that make it at once end up with the same."""
    found = SigningKey.objects.filter(active=True).first()
    if found:
        return found
    private = Ed25519.generate()
    public = bytes(private.verify_key)
    made = {
        "key_id": hashlib.sha256(public).hexdigest()[:16],
        "public": public,
        "private": bytes(_box(settings.SECRET_KEY).encrypt(bytes(private))),
    }
    return SigningKey.objects.get_or_create(active=True, defaults=made)[0]


def check_key() -> None:
    """Raises SigningError if there is a key to sign with and it cannot be read; makes none."""
    if found := SigningKey.objects.filter(active=True).first():
        _private(found)


def _private(key: SigningKey) -> Ed25519:
    for secret in map(str, (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)):
        try:
            return Ed25519(_box(secret).decrypt(bytes(key.private)))
        except CryptoError:
            continue
    raise SigningError(f"Signing key {key.key_id} was encrypted under another SECRET_KEY.")


def _box(secret: str) -> SecretBox:
    return SecretBox(hashlib.blake2b(secret.encode(), digest_size=SecretBox.KEY_SIZE, person=b"fleet signing").digest())


def _b64(value: bytes) -> str:
    return base64.b64encode(value).decode()
