"""Trades a one-time token for this node's credential and the keys it will trust, once, and keeps them."""

import asyncio
import base64
import json
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from edge import VERSION
from edge.backoff import Backoff
from edge.bundle import describe
from edge.errors import ControlError, Refused, StoreError
from edge.fields import Reader, parse_object
from edge.files import read_limited as read_file
from edge.files import write_private
from edge.log import log
from edge.net import Control, read_limited
from edge.signing import KeyRing

MAX_ANSWER = 1 << 20
MAX_KEYS = 64
FINAL = (400, 401, 403, 409, 410, 422)


@dataclass(frozen=True)
class Identity:
    """Who this node is. The credential is a secret; `keys` are Ed25519 public keys by key id."""

    control: str
    node_id: str
    credential: str
    keys: dict[str, str]
    region: str
    datacenter: str

    def key_ring(self) -> KeyRing:
        """The keys that bundles and activations must be signed with."""
        return KeyRing({key_id: bytes.fromhex(key) for key_id, key in self.keys.items()})

    def __repr__(self) -> str:
        return f"Identity(node_id={self.node_id!r}, control={self.control!r})"


def load(folder: Path) -> Identity | None:
    """The identity in the state folder, None before enrolment. Raises StoreError("store.*")."""
    path = folder / "node.json"
    data = read_file(path, MAX_ANSWER)
    if data is None:
        return None
    reader = parse_object(data, str(path), lambda message: StoreError("store.identity", f"{path}: {message}"))
    keys = {key_id: key.hex() for key_id, key in _keys(reader).items()}
    return Identity(control=reader.text("control", longest=2048), keys=keys, **_texts(reader))


def save(folder: Path, identity: Identity) -> None:
    """Keeps the identity, readable by this user only. Raises StoreError("store.write")."""
    keys = [
        {"key_id": key_id, "public_key": base64.b64encode(bytes.fromhex(key)).decode()}
        for key_id, key in identity.keys.items()
    ]
    write_private(folder / "node.json", json.dumps(vars(identity) | {"keys": keys}, indent=1).encode())


async def enrol(control: Control, token: str, hostname: str) -> Identity:
    """One try. Raises Refused("enrol.refused") for a final no, ControlError for what may pass."""
    body = {"token": token, "hostname": hostname, "agent_version": VERSION}
    try:
        async with control.http() as client, client.stream("POST", "/fleet/v1/enrol", json=body) as response:
            data = await read_limited(response, MAX_ANSWER)
    except (httpx.HTTPError, httpx.StreamError, OSError) as error:
        raise ControlError("control.unreachable", f"cannot reach {control.url}: {describe(error)}") from error
    if response.status_code in FINAL:
        raise Refused("enrol.refused", f"{control.url} refuses the enrolment token (answer {response.status_code})")
    if response.status_code not in (200, 201):
        raise ControlError("control.answer", f"{control.url} answered {response.status_code} to the enrolment")
    reader = parse_object(data, "the enrolment's answer", lambda message: ControlError("control.schema", message))
    keys = {key_id: key.hex() for key_id, key in _keys(reader).items()}
    return Identity(control=control.url, keys=keys, **_texts(reader))


async def enrol_until_done(control: Control, token: str, hostname: str) -> Identity:
    """Tries until the control plane answers. Raises Refused when the answer is no."""
    backoff = Backoff()
    quiet_until = 0.0
    while True:
        try:
            return await enrol(control, token, hostname)
        except ControlError as error:
            if time.monotonic() >= quiet_until:
                log.warning("not enrolled yet, trying on: %s", error)
                quiet_until = time.monotonic() + 10
            await asyncio.sleep(backoff.delay())


def _keys(reader: Reader) -> dict[str, bytes]:
    keys = {}
    for index, entry in enumerate(reader.items("keys", MAX_KEYS)):
        key = Reader(entry, f"keys[{index}]", reader.fail)
        keys[key.text("key_id", longest=128)] = key.binary("public_key", longest=32, exact=32)
    if not keys:
        reader.refuse("must have at least one key", "keys")
    return keys


def _texts(reader: Reader) -> dict[str, str]:
    return {
        "node_id": reader.text("node_id"),
        # Printable ASCII only: it goes into a header.
        "credential": reader.text("credential", longest=4096, pattern="[!-~]+"),
        "region": reader.text("region", shortest=0),
        "datacenter": reader.text("datacenter", shortest=0),
    }
