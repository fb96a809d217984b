"""End a browser session."""

from django.contrib.auth import logout
from django.http import HttpRequest

from accounts.audit import record
from accounts.models import User


def log_out(request: HttpRequest) -> None:
    """Forgets the session; with a token there is none."""
    if isinstance(request.user, User):
        record(None, request.user, "logout", request.user)
        logout(request)
