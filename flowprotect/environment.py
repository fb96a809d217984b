"""What settings read from the environment: databases, Redis addresses, the secret key."""

import os
import re
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

# What Django's own check of a deployment asks for; it only warns.
KEY_LENGTH, KEY_LETTERS = 50, 5
TOKEN_LENGTH = 24
# Days: a time so long ago can still be written as a date.
CENTURY = 36_500


def flag(name: str, default: bool) -> bool:
    """A yes/no variable."""
    return os.environ.get(name, "1" if default else "0").lower() in ("1", "true", "yes", "on")


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated variable."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def whole(name: str, default: int, least: int = 0, most: int = CENTURY) -> int:
    """A whole number from `least` to `most`. Raises ImproperlyConfigured."""
    text = os.environ.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,10}", text) or not least <= int(text) <= most:
        raise ImproperlyConfigured(f"{name} is a whole number from {least} to {most}.")
    return int(text)


def token(name: str) -> str:
    """A secret that may be missing. Raises ImproperlyConfigured for one that can be guessed, and never shows it."""
    found = os.environ.get(name, "").strip()
    if found and len(found) < TOKEN_LENGTH:
        raise ImproperlyConfigured(f"{name} needs {TOKEN_LENGTH} random characters or more.")
    return found


def hosts(debug: bool) -> list[str]:
    """The host names that are answered. Raises ImproperlyConfigured for none, or any, outside development."""
    found = words("FLOWPROTECT_HOSTS", "127.0.0.1,localhost,[::1],testserver" if debug else "")
    if not debug and (not found or "*" in found):
        raise ImproperlyConfigured("Set FLOWPROTECT_HOSTS to the host names of this installation.")
    return found


def database(value: str) -> dict[str, Any]:
    """Django's database entry for a `postgres://` address or the path of an SQLite file."""
    if value.startswith(("postgres://", "postgresql://")):
        url = urlsplit(value)
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": url.path.lstrip("/"),
            "USER": unquote(url.username or ""),
            "PASSWORD": unquote(url.password or ""),
            "HOST": url.hostname or "",
            "PORT": str(url.port or ""),
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {"connect_timeout": 5},
        }
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": value,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
        },
    }


def broker(redis_url: str) -> str:
    """Celery's spelling of a Redis address (it calls a Unix socket `redis+socket`)."""
    return "redis+socket://" + redis_url.removeprefix("unix://") if redis_url.startswith("unix://") else redis_url


def secret_key(var: Path, debug: bool) -> str:
    """The key from the environment; in development one is made once and kept in the state folder."""
    if key := os.environ.get("FLOWPROTECT_SECRET_KEY"):
        if not debug and (len(key) < KEY_LENGTH or len(set(key)) < KEY_LETTERS or key.startswith("django-insecure-")):
            raise ImproperlyConfigured(f"FLOWPROTECT_SECRET_KEY needs {KEY_LENGTH} random characters or more.")
        return key
    if not debug:
        raise ImproperlyConfigured("Set FLOWPROTECT_SECRET_KEY.")
    path = var / "secret_key"
    var.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass
    return path.read_text()
