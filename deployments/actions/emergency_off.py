"""Switch an account's live rules off, at once and without anybody's approval."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.audit import record
from accounts.models import Account
from accounts.permissions import require
from deployments import bundle
from deployments.approval import identity
from deployments.models import Deployment, Mode, Rule
from deployments.present import deployment_json, moment
from deployments.terms import describe, of_rule
from httpapi.errors import Invalid, Missing
from httpapi.live import announce

NOTE = "Emergency off"
MAX_REASON = 500


@dataclass(frozen=True)
class SwitchedOff:
    """A rule that is off now: what it said before, and the deployment that records the change."""

    deployment: Deployment

    def to_json(self) -> dict[str, Any]:
        """The rule as /api/v1 shows it; `mode_before` is what switching on again asks for."""
        before = self.deployment.previous or {}
        return {
            "id": str(self.deployment.rule_ref),
            "program": {"id": before["program_id"], "name": before["program_name"]},
            "scope": before["scope"],
            "name": before["name"],
            "mode_before": before["mode"],
            "deployment": str(self.deployment.pk),
        }


def emergency_off(actor: Any, account: Account, rule_id: UUID | None = None, reason: str = "") -> list[SwitchedOff]:
    """Disables every live rule of the account, or one; returns those that were on. Nothing was on: an empty list.

    For developers and up, and for operators. The terms are not checked again, so that a rule whose region is gone can
    be switched off too. What waits for approval goes on waiting, marked with `switched_off` where approving it would
    switch a rule on. Pressing it is in the audit log even where nothing was on. Raises Forbidden (`role`), Missing,
    Invalid (`reason`).
    """
    require(actor, account, "developer", or_operator=True)
    reason = reason.strip()
    if len(reason) > MAX_REASON:
        raise Invalid("reason", f"A reason has at most {MAX_REASON} characters.")
    with transaction.atomic():
        bundle.lock()
        rules = Rule.objects.for_account(account)
        if rule_id is not None:
            rules = rules.filter(pk=rule_id)
            if not rules.exists():
                raise Missing("rule")
        on = list(rules.filter(live=True).exclude(mode=Mode.DISABLED).select_related("version__program"))
        made = _switch_off(actor, account, on, reason)
        waiting = _mark_waiting(actor, account, rule_id, reason)
        record(
            account,
            actor,
            "rules.emergency_off",
            rule_id or account.pk,
            reason=reason,
            rules=[str(row.rule_ref) for row in made],
            marked=[str(row.pk) for row in waiting],
        )
        if made:
            bundle.send(account)
        for row in waiting:
            announce(account.pk, "deployment", deployment_json(row))
    return [SwitchedOff(row) for row in made]


def _switch_off(actor: Any, account: Account, rules: list[Rule], reason: str) -> list[Deployment]:
    """One live deployment a rule, in as many statements however many rules there are."""
    now = timezone.now()
    live = Deployment.objects.filter(rule_ref__in=[rule.pk for rule in rules], state="live")
    earlier = {row.rule_ref: row for row in live}
    made = []
    for rule in rules:
        before = describe(of_rule(rule))
        made.append(
            Deployment(
                account=account,
                rule=rule,
                rule_ref=rule.pk,
                change=Deployment.Change.UPDATE,
                version=rule.version,
                after={**before, "mode": Mode.DISABLED.value},
                previous=before,
                replaces=earlier.get(rule.pk),
                state=Deployment.State.LIVE,
                note=NOTE,
                reason=reason,
                requested_by=str(actor)[:300],
                requester=identity(actor),
                decided_by=str(actor)[:300],
                submitted_on=now,
                decided_on=now,
            )
        )
    live.update(state=Deployment.State.SUPERSEDED)
    Rule.objects.filter(pk__in=[rule.pk for rule in rules]).update(mode=Mode.DISABLED, modified_on=now)
    Deployment.objects.bulk_create(made)
    for row in earlier.values():
        row.state = Deployment.State.SUPERSEDED
    for row in [*earlier.values(), *made]:
        announce(account.pk, "deployment", deployment_json(row))
    return made


def _mark_waiting(actor: Any, account: Account, rule_id: UUID | None, reason: str) -> list[Deployment]:
    """Marks the pending deployments whose approval would switch a rule on; returns them. The first mark stays."""
    waiting = Deployment.objects.for_account(account).filter(state="pending").exclude(change="delete")
    if rule_id is not None:
        waiting = waiting.filter(rule_ref=rule_id)
    rows = [row for row in waiting if row.switched_off is None and (row.after or {}).get("mode") != Mode.DISABLED]
    mark = {"at": moment(timezone.now()), "by": str(actor)[:300], "reason": reason}
    Deployment.objects.filter(pk__in=[row.pk for row in rows]).update(switched_off=mark)
    for row in rows:
        row.switched_off = mark
    return rows
