"""Who may do what. An actor is a User or an ApiToken."""

import re
from typing import Any

from accounts.models import Account, ApiToken, Membership, Role
from httpapi.errors import Forbidden, Missing

RANK = {role: rank for rank, role in enumerate(Role.values)}
OPERATOR = "operator"
ACCOUNT_ID = re.compile(r"[0-9a-f]{32}")


def role_in(actor: Any, account: Account) -> str | None:
    """The actor's role in the account; operators may look into every account."""
    if isinstance(actor, ApiToken):
        return actor.role if actor.account_id == account.pk else None
    if not (actor.is_authenticated and actor.is_active):
        return None
    membership = Membership.objects.for_account(account).filter(user=actor).first()
    if membership:
        return membership.role
    return Role.VIEWER.value if actor.is_staff else None


def require(actor: Any, account: Account, role: str, *, or_operator: bool = False) -> None:
    """Raises unless the actor has at least `role` there; the role "operator" asks for staff.

    `or_operator` lets staff through as well: operators set accounts up. An account the actor cannot see is answered
    like one that does not exist.
    """
    held = role_in(actor, account)
    if held is None:
        raise Missing("account")
    allowed = actor.is_staff if role == OPERATOR else RANK[held] >= RANK[role]
    allowed = allowed or (or_operator and actor.is_staff)
    if not allowed:
        raise Forbidden("role", f"This needs the role {role}; you have {held}.")


def may(actor: Any, account: Account, role: str) -> bool:
    """Whether `require` would let the actor pass."""
    try:
        require(actor, account, role)
    except (Forbidden, Missing):
        return False
    return True


def visible_account(actor: Any, account_id: str) -> Account:
    """The account, if the actor may see it; Missing otherwise."""
    account = Account.objects.filter(pk=account_id).first() if ACCOUNT_ID.fullmatch(account_id) else None
    if account is None or role_in(actor, account) is None:
        raise Missing("account")
    return account
