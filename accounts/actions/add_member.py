"""Let a person into an account."""

from typing import Any

from django.db import IntegrityError, transaction

from accounts.audit import record
from accounts.models import Account, Membership, User
from accounts.permissions import RANK, require
from httpapi.errors import Invalid, Refused


def add_member(actor: Any, account: Account, email: str, role: str) -> Membership:
    """Adds a user that the operator has made.

    Owners make no users: whoever makes one knows its password, and another account may let the same user in.
    Raises Forbidden, Invalid (`member.unknown`, `member.role`), Refused (`member.exists`).
    """
    require(actor, account, "owner", or_operator=True)
    if role not in RANK:
        raise Invalid("member.role", f"role is one of {', '.join(RANK)}.")
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if user is None:
        raise Invalid("member.unknown", "Nobody has this email address here; ask the operator to add the person first.")
    try:
        with transaction.atomic():
            membership = Membership.objects.create(account=account, user=user, role=role)
            record(account, actor, "member.add", user, role=role)
    except IntegrityError as error:
        raise Refused("member.exists", f"{user} is a member already.") from error
    return membership
