"""Let one more machine become a node."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.audit import record
from fleet.models import Datacenter, EnrolmentToken
from httpapi.errors import Forbidden, Invalid


def issue_enrolment_token(
    actor: Any, datacenter: Datacenter, *, note: str = "", days: int = 7
) -> tuple[EnrolmentToken, str]:
    """A token for one machine in this datacenter, and its secret, which is never seen again.

    Raises Forbidden (`operator`) for anybody but staff (no actor: FlowProtect itself) and Invalid (`enrolment.days`).
    """
    if actor is not None and not actor.is_staff:
        raise Forbidden("operator", "Only operators enrol nodes.")
    if not 1 <= days <= 90:
        raise Invalid("enrolment.days", "A token is valid for 1 to 90 days.")
    with transaction.atomic():
        expires = timezone.now() + timedelta(days=days)
        token, secret = EnrolmentToken.issue(datacenter, note=note[:200], expires_on=expires)
        record(None, actor, "node.token", token, datacenter=datacenter.code, note=token.note)
    return token, secret
