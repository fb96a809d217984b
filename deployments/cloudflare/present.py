"""Programs and rules in the compatible shape, with FlowProtect's added fields."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import Account
from deployments.models import Deployment, Rule
from deployments.present import moment
from deployments.queries import beyond_draft
from programs.models import Build, Program


def shown_programs(account: Account) -> QuerySet[Any]:
    """The account's programs, each with what `program_json` asks about its builds."""
    builds = Build.objects.filter(version__program=OuterRef("pk"))
    return Program.objects.for_account(account).annotate(
        ready=Exists(builds.filter(state=Build.State.READY)),
        waiting=Exists(builds.exclude(state__in=[Build.State.READY, Build.State.FAILED])),
        failed=Exists(builds.filter(state=Build.State.FAILED)),
    )


def program_json(program: Any) -> dict[str, Any]:
    """A program of `shown_programs`. `status` is `success` where any version is ready to run, `failed` where none is
    and none may become it, else `pending` (also where there is no version yet)."""
    settled = program.failed and not program.waiting
    return {
        "id": str(program.pk),
        "name": program.name,
        "status": "success" if program.ready else "failed" if settled else "pending",
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


def visible_rules(account: Account) -> QuerySet[Rule]:
    """The account's rules, those that wait for their first approval included."""
    rows = beyond_draft(Rule.objects.for_account(account))
    return rows.select_related("version__program", "account").prefetch_related("deployments")
