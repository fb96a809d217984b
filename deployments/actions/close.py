"""Endings of a pending deployment that change nothing in force: rejected, withdrawn."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.audit import record
from accounts.permissions import require
from deployments import bundle
from deployments.approval import require_decider
from deployments.models import Deployment, Rule
from deployments.present import deployment_json
from httpapi.errors import Invalid
from httpapi.live import announce


def reject(actor: Any, deployment: Deployment, reason: str) -> Deployment:
    """Refuses a pending deployment; a reason is required (Invalid `reason`)."""
    require_decider(actor, deployment)
    if not reason.strip():
        raise Invalid("reason", "Say why, so that the author knows what to change.")
    return close(actor, deployment, "rejected", reason.strip()[:500])


def withdraw(actor: Any, deployment: Deployment) -> Deployment:
    """Takes a draft or pending deployment back."""
    require(actor, deployment.account, "developer")
    return close(actor, deployment, "withdrawn", "")


def close(actor: Any, deployment: Deployment, state: str, reason: str) -> Deployment:
    """Moves to `state`; no actor: FlowProtect itself. The permission is the caller's to check."""
    with transaction.atomic():
        bundle.lock()
        waiting = deployment.state == "pending"
        deployment.move(state, reason=reason, decided_by=str(actor or "flowprotect")[:300], decided_on=timezone.now())
        # A rule that was never live exists only for this deployment.
        Rule.objects.filter(pk=deployment.rule_ref, live=False).delete()
        record(deployment.account, actor, f"deployment.{state}", deployment.pk, reason=reason)
        if waiting:
            bundle.send()
        announce(deployment.account_id, "deployment", deployment_json(deployment))
    return deployment
