"""Make an API token."""

from typing import Any

from django.db import transaction

from accounts.audit import record
from accounts.locks import lock_account
from accounts.models import Account, ApiToken, User
from accounts.permissions import RANK, require, role_in
from httpapi.errors import Forbidden, Invalid


def issue_token(actor: Any, account: Account, name: str, role: str) -> tuple[ApiToken, str]:
    """The token and its secret, which is shown this once. It can never do more than the actor who makes it.

    Raises Forbidden (`role`, `token.role`), Invalid (`token.role_unknown`).
    """
    if role not in RANK:
        raise Invalid("token.role_unknown", f"role is one of {', '.join(RANK)}.")
    with transaction.atomic():
        # Held against a change of the actor's own role, which takes too strong tokens away.
        account = lock_account(account)
        require(actor, account, "developer")
        held = role_in(actor, account)
        if held is None or RANK[role] > RANK[held]:
            raise Forbidden("token.role", f"A {held} cannot grant the role {role}.")
        token, secret = ApiToken.issue(account, name, role, created_by=maker(actor))
        record(account, actor, "token.issue", token, role=role)
    return token, secret


def maker(actor: Any) -> User | None:
    """The person behind the actor; a token's is the one who made that token."""
    return actor.created_by if isinstance(actor, ApiToken) else actor
