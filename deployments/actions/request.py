"""Ask for a change to what is in force."""

from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.audit import record
from accounts.locks import lock_account
from accounts.models import Account
from accounts.permissions import require
from accounts.quotas import check_quota
from deployments import bundle
from deployments.actions.enforce import enforce
from deployments.approval import identity
from deployments.models import Deployment, Rule
from deployments.present import deployment_json
from deployments.terms import Terms, check, describe, is_milder, of_rule, restore
from httpapi.errors import Invalid, Refused
from httpapi.live import announce

Change = Deployment.Change


def request_create(
    actor: Any, account: Account, terms: Terms, *, note: str = "", draft: bool = False, rule_id: UUID | None = None
) -> Deployment:
    """Asks for a new rule.

    Raises Refused (`rule.exists`) where the account has one for that scope and name, OverQuota (`quota.rules`).
    `rule_id` is for asking again under the id of a rule that was withdrawn before it was ever live.
    """
    require(actor, account, "developer")
    if terms.version.program.account_id != account.pk:
        raise Invalid("rule.version", "That version is not one of this account's.")
    check(terms)
    try:
        with transaction.atomic():
            account = lock_account(account)
            bundle.lock()
            check_quota(account, "rules")
            rule = Rule.objects.create(
                pk=rule_id or uuid4(),
                account=account,
                program=terms.version.program,
                version=terms.version,
                scope=terms.scope,
                name=terms.name,
                mode=terms.mode,
                expression=terms.expression,
            )
            return _open(actor, rule, Change.CREATE, terms, note, draft)
    except IntegrityError as error:
        message = f"There already is a rule for {terms.scope} {terms.name}, live or waiting for approval."
        raise Refused("rule.exists", message) from error


def request_update(actor: Any, rule: Rule, terms: Terms, *, note: str = "", draft: bool = False) -> Deployment:
    """Asks for other terms. Making a rule milder goes live at once, with or without a pending deployment."""
    require(actor, rule.account, "developer")
    if terms.version.program.account_id != rule.account_id:
        raise Invalid("rule.version", "That version is not one of this account's.")
    check(terms)
    with transaction.atomic():
        bundle.lock()
        rule = Rule.objects.select_related("version__program", "account").get(pk=rule.pk)
        if not rule.live:
            raise Refused("rule.not_live", "This rule waits for its first approval; withdraw that and ask again.")
        if (terms.scope, terms.name) != (rule.scope, rule.name) and (
            Rule.objects.for_account(rule.account).filter(scope=terms.scope, name=terms.name).exists()
        ):
            raise Refused("rule.exists", f"There already is a rule for {terms.scope} {terms.name}.")
        if describe(terms) == describe(of_rule(rule)):
            raise Refused("deployment.no_change", "The rule already says this.")
        return _open(actor, rule, Change.UPDATE, terms, note, draft)


def request_delete(actor: Any, rule: Rule, *, note: str = "", draft: bool = False) -> Deployment:
    """Asks for the end of a rule."""
    require(actor, rule.account, "developer")
    with transaction.atomic():
        bundle.lock()
        rule = Rule.objects.select_related("version__program", "account").get(pk=rule.pk)
        if not rule.live:
            raise Refused("rule.not_live", "This rule waits for its first approval; withdraw that instead.")
        return _open(actor, rule, Change.DELETE, None, note, draft)


def submit(actor: Any, deployment: Deployment) -> Deployment:
    """Sends a draft on its way: to approval, or live where none is needed."""
    require(actor, deployment.account, "developer")
    with transaction.atomic():
        bundle.lock()
        terms = restore(deployment.account, deployment.after) if deployment.after else None
        if terms:
            check(terms)
        _submit(actor, deployment, terms)
    return deployment


def _open(actor: Any, rule: Rule, change: str, terms: Terms | None, note: str, draft: bool) -> Deployment:
    deployment = Deployment.objects.create(
        account=rule.account,
        rule=rule,
        rule_ref=rule.pk,
        change=change,
        version=terms.version if terms else rule.version,
        after=describe(terms) if terms else None,
        previous=describe(of_rule(rule)) if rule.live else None,
        note=note[:500],
        requested_by=str(actor)[:300],
        requester=identity(actor),
    )
    record(rule.account, actor, "deployment.request", deployment.pk, change=change, after=deployment.after)
    if not draft:
        _submit(actor, deployment, terms)
    return deployment


def _submit(actor: Any, deployment: Deployment, terms: Terms | None) -> None:
    rule = deployment.rule
    milder = (
        deployment.change == Change.UPDATE
        and rule is not None
        and terms is not None
        and is_milder(of_rule(rule), terms)
    )
    if milder or deployment.account.waives_approval:
        deployment.move("live", decided_by=str(actor)[:300], decided_on=timezone.now(), submitted_on=timezone.now())
        enforce(deployment)
        record(deployment.account, actor, "deployment.live", deployment.pk, approval="not needed")
        return
    if Deployment.objects.filter(rule_ref=deployment.rule_ref, state=Deployment.State.PENDING).exists():
        message = "Another deployment of this rule waits for approval; withdraw it first."
        raise Refused("deployment.pending", message)
    deployment.move("pending", submitted_on=timezone.now())
    bundle.send()
    announce(deployment.account_id, "deployment", deployment_json(deployment))
