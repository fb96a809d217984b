"""Who decides on a deployment."""

from typing import Any

from accounts.models import Account, ApiToken, Role
from accounts.permissions import OPERATOR, may
from deployments.models import Deployment
from httpapi.errors import Forbidden


def identity(actor: Any) -> str:
    """A stable name of the actor, for telling whether two acts are the same person's."""
    kind = "token" if isinstance(actor, ApiToken) else "user"
    return f"{kind}:{actor.pk}"


def decider_role(account: Account) -> str:
    """The role that the account lets decide."""
    return OPERATOR if account.approvers == Account.Approvers.OPERATOR else Role.APPROVER.value


def require_decider(actor: Any, deployment: Deployment) -> None:
    """Raises Forbidden (`approval.role`, `approval.own`) unless the actor may approve this deployment."""
    account = deployment.account
    role = decider_role(account)
    if not may(actor, account, role):
        who = "an operator" if role == OPERATOR else "an approver of the account"
        raise Forbidden("approval.role", f"This deployment is decided by {who}.")
    if not account.self_approval and deployment.requester in requesters_of(actor):
        raise Forbidden("approval.own", "Whoever asked for a deployment cannot approve it.")


def requesters_of(actor: Any) -> set[str]:
    """Everyone the actor could have asked as: the person, and every token that person made."""
    person = actor.created_by_id if isinstance(actor, ApiToken) else actor.pk
    if person is None:
        return {identity(actor)}
    made = ApiToken.objects.filter(created_by=person).values_list("pk", flat=True)
    return {identity(actor), f"user:{person}"} | {f"token:{pk}" for pk in made}


def require_undo(actor: Any, account: Account) -> None:
    """Raises Forbidden unless the actor may roll back: the account's approvers, and operators always."""
    if not (may(actor, account, OPERATOR) or may(actor, account, Role.APPROVER.value)):
        raise Forbidden("approval.role", "Rolling back is for the account's approvers and for operators.")
