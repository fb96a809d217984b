"""Counts tries to log in: by address, and wrong passwords by email, so that many addresses do not help to guess one.

Who guesses at somebody's email must not lock that person out. So an address from which the person has logged in before
is not asked about what others do: only its own wrong passwords count there.
"""

import hashlib

from django.core.cache import cache
from django.http import HttpRequest

from httpapi.errors import Refused
from httpapi.throttles import address_of, count_recent

WINDOW = 60
# Tries from one address in a window, for forms that no throttle of the API counts.
TRIES = 30
# Wrong passwords in a window: for an email from everywhere, and for it from one address where it is known.
FAILURES = 20
FAILURES_KNOWN = 10
# How long an address is remembered, in seconds.
KNOWN = 30 * 24 * 3600


class LoginThrottled(Refused):
    """Too many wrong passwords, or tries."""

    status_code = 429

    def __init__(self, message: str) -> None:
        super().__init__("login.throttled", message)


def check(request: HttpRequest, email: str) -> None:
    """Raises LoginThrottled where this email may not be tried from this address now."""
    known = cache.get(_key("known", email, request))
    key, most = (_key("here", email, request), FAILURES_KNOWN) if known else (_key("failures", email), FAILURES)
    if count_recent(key, WINDOW) >= most:
        raise LoginThrottled("Too many wrong passwords for this email. Wait a minute.")


def check_address(request: HttpRequest) -> None:
    """Counts a try from this address. Raises LoginThrottled where there were too many, whatever the emails."""
    if count_recent(_key("tries", "", request), WINDOW, add=True) > TRIES:
        raise LoginThrottled("Too many tries from this address. Wait a minute.")


def failed(request: HttpRequest, email: str) -> None:
    """A wrong password was tried."""
    count_recent(_key("failures", email), WINDOW, add=True)
    count_recent(_key("here", email, request), WINDOW, add=True)


def succeeded(request: HttpRequest, email: str) -> None:
    """The right password was given."""
    cache.set(_key("known", email, request), True, KNOWN)


def _key(kind: str, email: str, request: HttpRequest | None = None) -> str:
    # Hashed, as neither emails nor addresses are to be read in the cache.
    text = f"{email.strip().lower()} {address_of(request) if request else ''}"
    return f"login.{kind}.{hashlib.sha256(text.encode()).hexdigest()}"
