"""Start a browser session."""

import hashlib

from django.contrib.auth import authenticate, login
from django.http import HttpRequest

from accounts.audit import record
from accounts.models import User
from httpapi.errors import Refused
from httpapi.throttles import count_recent

FAILURES = 20
WINDOW = 60


class LoginRefused(Refused):
    """Wrong email or password, an inactive user, or neither: the answer is the same."""

    status_code = 401

    def __init__(self) -> None:
        super().__init__("login.refused", "The email or the password is wrong.")


def log_in(request: HttpRequest, email: str, password: str) -> User:
    """Checks the password and starts a session. Raises LoginRefused, Refused (`login.throttled`).

    Wrong passwords are counted for each email too, so that many addresses do not help to guess one.
    """
    email = email.strip().lower()
    key = "login.failures." + hashlib.sha256(email.encode()).hexdigest()
    if count_recent(key, WINDOW) >= FAILURES:
        raise Refused("login.throttled", "Too many wrong passwords for this email. Wait a minute.", 429)
    user = authenticate(request, username=email, password=password)
    if not isinstance(user, User):
        count_recent(key, WINDOW, add=True)
        raise LoginRefused
    login(request, user)
    record(None, user, "login", user)
    return user
