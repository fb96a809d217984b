"""Reads of rules and deployments that are more than a line."""

import difflib
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Account
from deployments.models import Deployment, Rule
from programs.models import Replay, Version


def live_rules(account: Account):
    """The account's rules that are in force."""
    return Rule.objects.for_account(account).filter(live=True).select_related("program", "version")


def beyond_draft(rules: QuerySet[Rule]) -> QuerySet[Rule]:
    """Those in force or waiting for their first approval; a rule that is only drafted is nobody's but its author's."""
    waits = Deployment.objects.filter(rule=OuterRef("pk"), state=Deployment.State.PENDING)
    return rules.filter(Q(live=True) | Exists(waits))


def pending_for(rule: Rule) -> Deployment | None:
    """The deployment that waits for approval, if the rule has one."""
    return rule.deployments.filter(state=Deployment.State.PENDING).first()


def compared_version(deployment: Deployment) -> Version | None:
    """The version a deployment is compared with: what is live, or was when it went live."""
    if deployment.state in ("draft", "pending"):
        rule = deployment.rule
        return rule.version if rule and rule.live else None
    before = deployment.previous or {}
    return Version.objects.for_account(deployment.account).filter(pk=before.get("version_id")).first()


def source_diff(deployment: Deployment, context: int = 3) -> list[str]:
    """Unified diff of the C source, without the file header; empty where nothing changes."""
    old, new = compared_version(deployment), deployment.version
    if deployment.change == Deployment.Change.DELETE:
        new = None
    before = old.source.splitlines() if old else []
    after = new.source.splitlines() if new else []
    return list(difflib.unified_diff(before, after, lineterm="", n=context))[2:]


def replays_of(version: Version | None) -> list[Replay]:
    """The version's finished replays, newest first, without the captures' bytes."""
    if version is None:
        return []
    done = version.replays.filter(state=Replay.State.DONE).select_related("capture")
    return list(done.defer("annotated", "capture__data")[:5])


def changed_terms(deployment: Deployment) -> list[dict[str, Any]]:
    """The rule's fields that differ between before and after, in words."""
    before = current_terms(deployment) or {}
    after = deployment.after or {}
    names = {"version_number": "version", "mode": "mode", "scope": "scope", "name": "name", "expression": "expression"}
    return [
        {"field": label, "before": before.get(key), "after": after.get(key)}
        for key, label in names.items()
        if before.get(key) != after.get(key)
    ]


def current_terms(deployment: Deployment) -> dict[str, Any] | None:
    """What was in force before the deployment: read now while it waits, from the record afterwards."""
    from deployments.terms import describe, of_rule

    if deployment.state in ("draft", "pending"):
        return describe(of_rule(deployment.rule)) if deployment.rule and deployment.rule.live else None
    return deployment.previous
