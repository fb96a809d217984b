"""Who is behind a browser's socket, asked again while it is open: logging out or losing a role ends what it sees."""

from importlib import import_module
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user

from accounts.models import Account, ApiToken, User
from accounts.permissions import role_in
from fleet.authentication import bearer_of


def actor_of(scope: dict[str, Any]) -> User | ApiToken | None:
    """The API token in the handshake's Authorization header, else the session's user; fresh from the database."""
    secret = bearer_of(scope)
    if secret is not None:
        return ApiToken.objects.filter(hash=ApiToken.digest(secret)).first()
    session = scope.get("session")
    if session is not None and session.session_key:
        store = import_module(settings.SESSION_ENGINE).SessionStore(session.session_key)
        # Only looked at here: its key must not change behind the browser's back.
        store.cycle_key = lambda: None
        # Checks the session's hash too: a changed password ends it.
        user = get_user(SimpleNamespace(session=store))  # type: ignore[arg-type]
        return user if user.is_authenticated and user.is_active else None  # type: ignore[return-value]
    return None


def may_watch(scope: dict[str, Any], account_id: str) -> bool:
    """Whether the socket's actor may see this account now."""
    actor = actor_of(scope)
    account = Account.objects.filter(pk=account_id).first()
    return actor is not None and account is not None and role_in(actor, account) is not None
