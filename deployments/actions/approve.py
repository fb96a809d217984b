"""Approve a pending deployment: it is in force from then on."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.audit import record
from deployments import bundle
from deployments.actions.enforce import enforce
from deployments.approval import require_decider
from deployments.models import Deployment
from httpapi.errors import Refused

HINT = "approving switches it on again. Approve with switch_on if that is meant."


def approve(actor: Any, deployment: Deployment, *, switch_on: bool = False) -> Deployment:
    """Raises Forbidden (`approval.*`), IllegalTransition where it is no longer pending.

    Refused (`deployment.switched_off`) where the emergency off was pressed while it waited, unless `switch_on` says
    that the decider knows: nobody switches on by an approval that was on its way.
    """
    require_decider(actor, deployment)
    with transaction.atomic():
        bundle.lock()
        deployment.refresh_from_db(fields=["switched_off"])
        if deployment.state == "pending" and deployment.switched_off and not switch_on:
            who = deployment.switched_off["by"]
            raise Refused("deployment.switched_off", f"{who} switched this off since it was asked for; {HINT}")
        deployment.move("live", decided_by=str(actor)[:300], decided_on=timezone.now())
        enforce(deployment)
        record(deployment.account, actor, "deployment.approve", deployment.pk, after=deployment.after)
    return deployment
