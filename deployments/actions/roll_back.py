"""Undo the deployment that is live: what it replaced is in force again."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.audit import record
from deployments import bundle
from deployments.actions.enforce import put, tell
from deployments.approval import require_undo
from deployments.models import Deployment
from deployments.present import deployment_json
from httpapi.errors import Refused
from httpapi.live import announce


def roll_back(actor: Any, deployment: Deployment, reason: str = "") -> Deployment:
    """Restores `deployment.previous`. Raises Forbidden, Refused (`program.missing`), IllegalTransition if not live."""
    require_undo(actor, deployment.account)
    try:
        with transaction.atomic():
            bundle.lock()
            deployment.move(
                "rolled_back", reason=reason.strip()[:500], decided_by=str(actor)[:300], decided_on=timezone.now()
            )
            put(deployment.account, deployment.rule_ref, deployment.previous)
            restored = deployment.replaces
            if restored and restored.state == "superseded":
                restored.move("live")
                announce(deployment.account_id, "deployment", deployment_json(restored))
            record(deployment.account, actor, "deployment.roll_back", deployment.pk, restored=deployment.previous)
            tell(deployment)
    except IntegrityError as error:
        raise Refused("rule.exists", "Another rule has taken that scope since; remove it first.") from error
    return deployment
