"""End an API token."""

from typing import Any

from django.db import transaction

from accounts.actions.issue_token import maker
from accounts.audit import record
from accounts.models import ApiToken
from accounts.permissions import require
from httpapi.errors import Missing


def revoke_token(actor: Any, token: ApiToken) -> None:
    """Owners end every token of the account, others those that they made. Raises Forbidden, Missing if it is gone."""
    account = token.account
    person = maker(actor)
    own = person is not None and token.created_by_id == person.pk
    require(actor, account, "developer" if own else "owner", or_operator=True)
    with transaction.atomic():
        if not ApiToken.objects.for_account(account).filter(pk=token.pk).delete()[0]:
            raise Missing("token")
        record(account, actor, "token.revoke", token)
