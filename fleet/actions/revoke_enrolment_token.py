"""Take an enrolment token back."""

from typing import Any

from django.db import transaction

from accounts.audit import record
from fleet.models import EnrolmentToken
from httpapi.errors import Forbidden, Refused


def revoke_enrolment_token(actor: Any, token: EnrolmentToken) -> None:
    """Deletes a token nobody has used. Raises Forbidden (`operator`), Refused (`enrolment.used`)."""
    if actor is not None and not actor.is_staff:
        raise Forbidden("operator", "Only operators revoke enrolment tokens.")
    with transaction.atomic():
        if not EnrolmentToken.objects.filter(pk=token.pk, used_on__isnull=True).delete()[0]:
            raise Refused("enrolment.used", "This token has been used: retire its node instead.")
        record(None, actor, "node.token_revoke", token)
