"""Give a member another role."""

from typing import Any

from django.db import transaction

from accounts.audit import record
from accounts.locks import lock_account
from accounts.models import Account, ApiToken, Membership, Role, User
from accounts.permissions import RANK, require
from httpapi.errors import Invalid, Missing, Refused


def change_member(actor: Any, membership: Membership, role: str) -> Membership:
    """Changes the role; tokens that the person made and that may do more are revoked.

    Raises Forbidden, Invalid (`member.role`), Refused (`member.last_owner`), Missing if the member is gone.
    """
    if role not in RANK:
        raise Invalid("member.role", f"role is one of {', '.join(RANK)}.")
    with transaction.atomic():
        account = lock_account(membership.account)
        require(actor, account, "owner", or_operator=True)
        current = Membership.objects.for_account(account).select_related("user", "account").filter(pk=membership.pk)
        membership = current.first() or missing()
        before = membership.role
        if role != Role.OWNER:
            refuse_last_owner(membership)
        membership.role = role
        membership.save(update_fields=["role"])
        revoke_stronger_tokens(account, membership.user, RANK[role])
        record(account, actor, "member.change", membership.user, before=before, role=role)
    return membership


def missing() -> Membership:
    """Raises Missing."""
    raise Missing("member")


def refuse_last_owner(membership: Membership) -> None:
    """Raises Refused (`member.last_owner`) if nobody else who can log in owns the account.

    The caller holds the account's lock.
    """
    if membership.role != Role.OWNER:
        return
    others = Membership.objects.for_account(membership.account).exclude(pk=membership.pk)
    if not others.filter(role=Role.OWNER, user__is_active=True).exists():
        raise Refused("member.last_owner", "An account keeps at least one owner.")


def revoke_stronger_tokens(account: Account, user: User, rank: int) -> None:
    """Deletes the person's tokens whose role is above `rank`."""
    stronger = [role for role, value in RANK.items() if value > rank]
    ApiToken.objects.for_account(account).filter(created_by=user, role__in=stronger).delete()
