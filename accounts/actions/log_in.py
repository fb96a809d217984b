"""Start a browser session."""

from django.contrib.auth import authenticate, login
from django.http import HttpRequest

from accounts import guard
from accounts.audit import record
from accounts.models import User
from httpapi.errors import Refused


class LoginRefused(Refused):
    """Wrong email or password, an inactive user, or neither: the answer is the same."""

    status_code = 401

    def __init__(self) -> None:
        super().__init__("login.refused", "The email or the password is wrong.")


def log_in(request: HttpRequest, email: str, password: str) -> User:
    """Checks the password and starts a session. Raises LoginRefused, LoginThrottled (`login.throttled`)."""
    email = email.strip().lower()
    guard.check(request, email)
    user = authenticate(request, username=email, password=password)
    if not isinstance(user, User):
        guard.failed(request, email)
        raise LoginRefused
    guard.succeeded(request, email)
    login(request, user)
    record(None, user, "login", user)
    return user
