"""The last good bundle and the activations on top of it, kept as the signed envelopes they came in.

What is trusted after a restart is proven again from the signatures; a file that fails that is set aside.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge.errors import EdgeError, StoreError
from edge.fields import Reader, parse_object
from edge.files import read_limited, set_aside, write_private
from edge.log import log
from edge.schema import Content, parse_activation, parse_bundle
from edge.signing import KeyRing, Signed, parse_signed

MAX_FILE = 96 << 20
MAX_ACTIVATIONS = 256


@dataclass(frozen=True)
class Restored:
    """What the disk holds: proven content or None, and how many activations were on top of its bundle.

    `error` says why a file was set aside, if one was.
    """

    content: Content | None = None
    activations: int = 0
    error: EdgeError | None = None


class Store:
    """Two files: `bundle.json`, and `activations.json` with what came since. Methods block; call them in a thread."""

    def __init__(self, folder: Path, keys: KeyRing, node_id: str) -> None:
        self.bundle_path = folder / "bundle.json"
        self.activations_path = folder / "activations.json"
        self.keys = keys
        self.node_id = node_id
        self._activations: list[Signed] = []

    def save_bundle(self, bundle: Signed) -> None:
        """Replaces everything by one bundle. Raises StoreError("store.write")."""
        # Activations of the older bundle that a crash leaves behind do not fit the new serial, so `load` skips them.
        write_private(self.bundle_path, json.dumps(bundle.to_json()).encode())
        self._activations = []
        write_private(self.activations_path, b'{"activations": []}')

    def add_activation(self, activation: Signed) -> None:
        """Adds one on top. Raises StoreError("store.write", or "store.full" when a whole bundle is due)."""
        if len(self._activations) >= MAX_ACTIVATIONS:
            raise StoreError("store.full", f"there are {MAX_ACTIVATIONS} activations on top of the stored bundle")
        activations = [*self._activations, activation]
        text = json.dumps({"activations": [one.to_json() for one in activations]})
        write_private(self.activations_path, text.encode())
        self._activations = activations

    def load(self) -> Restored:
        """Reads and proves what is on disk. Never raises: what cannot be trusted is set aside and reported."""
        try:
            content = self._load_bundle()
        except EdgeError as error:
            return Restored(error=self._refuse(self.bundle_path, error))
        if content is None:
            return Restored()
        try:
            content = self._load_activations(content)
        except EdgeError as error:
            self._activations = []
            return Restored(content, error=self._refuse(self.activations_path, error))
        return Restored(content, len(self._activations))

    def _load_bundle(self) -> Content | None:
        reader = _read(self.bundle_path)
        if reader is None:
            return None
        return parse_bundle(self.keys.open(parse_signed(reader), "bundle"), self.node_id)

    def _load_activations(self, content: Content) -> Content:
        reader = _read(self.activations_path)
        if reader is None:
            return content
        kept = []
        for index, entry in enumerate(reader.items("activations", MAX_ACTIVATIONS)):
            signed = parse_signed(Reader(entry, f"activations[{index}]", reader.fail))
            activation = parse_activation(self.keys.open(signed, "activation"))
            if activation.serial <= content.serial:
                continue
            if activation.base_serial != content.serial or activation.account.needs() - content.programs.keys():
                reader.refuse("does not follow the one before it", f"activations[{index}]")
            content = content.with_account(activation.serial, activation.account)
            kept.append(signed)
        self._activations = kept
        return content

    @staticmethod
    def _refuse(path: Path, error: EdgeError) -> EdgeError:
        log.warning("%s is refused: %s; set aside as %s", path.name, error, set_aside(path))
        return error


def _read(path: Path) -> Reader | None:
    data = read_limited(path, MAX_FILE)
    return None if data is None else parse_object(data, str(path), _corrupt(path))


def _corrupt(path: Path) -> Callable[[str], StoreError]:
    return lambda message: StoreError("store.corrupt", message if str(path) in message else f"{path}: {message}")
