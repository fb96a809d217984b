"""Programs and rules in the compatible shape, with FlowProtect's added fields."""

from typing import Any

from deployments.models import Deployment, Rule
from deployments.present import moment
from programs.models import Build, Program


def program_json(program: Program) -> dict[str, Any]:
    """`status` is `success` where any version is ready to run, else `failed` (or `pending` while it is built)."""
    builds = list(Build.objects.filter(version__program=program).values_list("state", flat=True))
    if Build.State.READY in builds:
        status = "success"
    elif builds and all(state == Build.State.FAILED for state in builds):
        status = "failed"
    else:
        status = "pending"
    return {
        "id": str(program.pk),
        "name": program.name,
        "status": status,
        "created_on": moment(program.created_on),
        "modified_on": moment(program.modified_on),
    }


def rule_json(rule: Rule) -> dict[str, Any]:
    """What is live, with `deployment_status` (live or pending) and `pending`: the terms that wait for approval."""
    waiting = next((row for row in rule.deployments.all() if row.state == Deployment.State.PENDING), None)
    pending = None
    if waiting:
        asked = waiting.after or {}
        pending = {
            "deployment_id": str(waiting.pk),
            "change": waiting.change,
            **{key: asked.get(key) for key in ("program_id", "scope", "name", "mode", "expression")},
        }
    return {
        "id": str(rule.pk),
        "program_id": str(rule.program_id),
        "scope": rule.scope,
        "name": rule.name,
        "mode": rule.mode,
        "expression": rule.expression,
        "created_on": moment(rule.created_on),
        "modified_on": moment(rule.modified_on),
        "deployment_status": "pending" if waiting else "live",
        "pending": pending,
    }


def visible_rules(account):
    """The account's rules, those that wait for their first approval included."""
    return Rule.objects.for_account(account).select_related("version__program").prefetch_related("deployments")
