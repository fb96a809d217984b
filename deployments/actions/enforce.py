"""Puts a deployment's terms into force. Not an action of its own: approve, request and roll back call it."""

from typing import Any

from accounts.models import Account
from deployments import bundle
from deployments.models import Deployment, Rule
from deployments.present import deployment_json
from deployments.terms import describe, of_rule
from httpapi.errors import Refused
from httpapi.live import announce
from programs.models import Version


def enforce(deployment: Deployment) -> None:
    """Changes the rule and tells the nodes; call it inside the transaction that made the deployment live."""
    rule = deployment.rule
    deployment.previous = describe(of_rule(rule)) if rule and rule.live else None
    earlier = Deployment.objects.filter(rule_ref=deployment.rule_ref, state="live").exclude(pk=deployment.pk).first()
    if earlier:
        earlier.move("superseded")
        announce(deployment.account_id, "deployment", deployment_json(earlier))
    deployment.replaces = earlier
    deployment.save(update_fields=["previous", "replaces"])
    put(deployment.account, deployment.rule_ref, deployment.after)
    tell(deployment)


def put(account: Account, rule_id: Any, terms: dict[str, Any] | None) -> None:
    """Makes the rule say `terms`; None removes it. Refused (`program.missing`) where the version is gone."""
    if terms is None:
        Rule.objects.for_account(account).filter(pk=rule_id).delete()
        return
    version = Version.objects.for_account(account).filter(pk=terms["version_id"]).first()
    if version is None:
        raise Refused("program.missing", "The program version of that rule has been deleted.")
    fields = {key: terms[key] for key in ("scope", "name", "mode", "expression")}
    Rule.objects.update_or_create(
        pk=rule_id,
        account=account,
        defaults={**fields, "version": version, "program": version.program, "live": True},
    )


def tell(deployment: Deployment) -> None:
    """Sends the account's new rules to the nodes and the deployment to the account's browsers."""
    bundle.send(deployment.account)
    announce(deployment.account_id, "deployment", deployment_json(deployment))
