"""Let a member go."""

from typing import Any

from django.db import transaction

from accounts.actions.change_member import missing, refuse_last_owner, revoke_stronger_tokens
from accounts.audit import record
from accounts.locks import lock_account
from accounts.models import Membership
from accounts.permissions import require


def remove_member(actor: Any, membership: Membership) -> None:
    """Removes the member and the tokens that they made. Owners remove anybody, others themselves.

    Raises Forbidden, Refused (`member.last_owner`), Missing if the member is gone.
    """
    with transaction.atomic():
        account = lock_account(membership.account)
        require(actor, account, "viewer" if actor == membership.user else "owner", or_operator=True)
        current = Membership.objects.for_account(account).select_related("user", "account").filter(pk=membership.pk)
        membership = current.first() or missing()
        refuse_last_owner(membership)
        Membership.objects.filter(pk=membership.pk).delete()
        revoke_stronger_tokens(account, membership.user, rank=-1)
        record(account, actor, "member.remove", membership.user, role=membership.role)
