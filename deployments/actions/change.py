"""Ask for other terms of a rule, in place of whatever already waits for it."""

from typing import Any

from django.db import transaction

from accounts.locks import lock_account
from accounts.permissions import require
from deployments import bundle
from deployments.actions.close import withdraw
from deployments.actions.request import request_create, request_update
from deployments.models import Deployment, Rule
from deployments.queries import pending_for
from deployments.terms import Terms, check, describe, is_milder, of_rule


def change(actor: Any, rule: Rule, terms: Terms) -> Deployment | None:
    """The deployment that now asks for `terms`; None where the rule already says them and nothing else waits.

    What waited before is withdrawn: a first approval is asked for anew under the rule's id. Only making the rule milder
    leaves it, and goes live at once. Asking for the same again changes nothing. Raises Forbidden, what `terms.check`
    raises, and Refused: `deployment.pending` where the rule's deletion waits, `rule.exists`.
    """
    require(actor, rule.account, "developer")
    check(terms)
    with transaction.atomic():
        # A first approval that is asked for anew takes both, in this order.
        lock_account(rule.account)
        bundle.lock()
        rule = Rule.objects.select_related("version__program", "account").get(pk=rule.pk)
        waiting, asked, live = pending_for(rule), describe(terms), of_rule(rule)
        if waiting and waiting.after == asked:
            return waiting
        if waiting and not rule.live:
            withdraw(actor, waiting)
            return request_create(actor, rule.account, terms, rule_id=rule.pk)
        if waiting and waiting.change == Deployment.Change.UPDATE and not is_milder(live, terms):
            withdraw(actor, waiting)
        if asked == describe(live):
            return None
        return request_update(actor, rule, terms)


def terms_asked(rule: Rule, waiting: Deployment | None) -> Terms:
    """What the rule will say once `waiting` is approved; what it says now where nothing or its deletion waits."""
    if waiting is None or not waiting.after or waiting.version is None:
        return of_rule(rule)
    return Terms(waiting.version, *(waiting.after[name] for name in ("scope", "name", "mode", "expression")))
