"""A deployment as /api/v1 and live events show it."""

from typing import Any

from deployments.models import Deployment


def moment(value) -> str | None:
    """RFC 3339, or None."""
    return value.isoformat().replace("+00:00", "Z") if value else None


def deployment_json(deployment: Deployment) -> dict[str, Any]:
    """The JSON of a deployment."""
    terms = deployment.after or deployment.previous or {}
    return {
        "id": str(deployment.pk),
        "rule": str(deployment.rule_ref),
        "change": deployment.change,
        "state": deployment.state,
        "program": {"id": terms.get("program_id"), "name": terms.get("program_name")},
        "version": {"id": terms.get("version_id"), "number": terms.get("version_number")},
        "scope": terms.get("scope"),
        "name": terms.get("name"),
        "mode": terms.get("mode"),
        "expression": terms.get("expression"),
        "previous": deployment.previous,
        "note": deployment.note,
        "reason": deployment.reason,
        "switched_off": deployment.switched_off,
        "requested_by": deployment.requested_by,
        "decided_by": deployment.decided_by,
        "created_on": moment(deployment.created_on),
        "submitted_on": moment(deployment.submitted_on),
        "decided_on": moment(deployment.decided_on),
    }
