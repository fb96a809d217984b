"""Files of the state folder: private, replaced in one step, on the disk before the name changes."""

import contextlib
import fcntl
import os
import time
from pathlib import Path
from typing import IO

from edge.errors import ConfigError, StoreError


def write_private(path: Path, data: bytes) -> None:
    """Replaces `path` by a 0600 file with `data`, synced to disk. Raises StoreError("store.write")."""
    temporary = path.with_name(f".{path.name}.new")
    try:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise StoreError("store.write", f"cannot write {path}: {error.strerror or error}") from error


def check_writable(folder: Path) -> None:
    """Makes and removes a file. Raises OSError."""
    probe = folder / ".writable"
    os.close(os.open(probe, os.O_WRONLY | os.O_CREAT, 0o600))
    probe.unlink()


def read_limited(path: Path, limit: int) -> bytes | None:
    """The file's content, None where there is none. Raises StoreError("store.read" or "store.size")."""
    try:
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError("store.read", f"cannot read {path}: {error.strerror or error}") from error
    if len(data) > limit:
        raise StoreError("store.size", f"{path} is larger than {limit} bytes")
    return data


def set_aside(path: Path) -> Path | None:
    """Renames a file nobody can trust, so that it can be looked at later. None where even that failed."""
    target = path.with_name(f"{path.name}.refused-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}")
    try:
        os.replace(path, target)
    except OSError:
        return None
    return target


def open_state(folder: Path) -> IO[bytes]:
    """Makes the state folder (0700) and locks it until the returned file is closed. Raises ConfigError("state.*")."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (folder / "lock").open("ab")
    except OSError as error:
        raise ConfigError("state.folder", f"cannot use the state folder {folder}: {error.strerror or error}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise ConfigError("state.locked", f"another agent is using the state folder {folder}") from error
    return lock
