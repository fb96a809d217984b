"""Approve a pending deployment: it is in force from then on."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.audit import record
from deployments import bundle
from deployments.actions.enforce import enforce
from deployments.approval import require_decider
from deployments.models import Deployment


def approve(actor: Any, deployment: Deployment) -> Deployment:
    """Raises Forbidden (`approval.*`), IllegalTransition where it is no longer pending."""
    require_decider(actor, deployment)
    with transaction.atomic():
        bundle.lock()
        deployment.move("live", decided_by=str(actor)[:300], decided_on=timezone.now())
        enforce(deployment)
        record(deployment.account, actor, "deployment.approve", deployment.pk, after=deployment.after)
    return deployment
