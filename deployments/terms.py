"""The terms of a rule: what a deployment asks for, checked, described and compared."""

from dataclasses import dataclass
from typing import Any

import flowprotect_engine

from accounts.models import Account
from deployments.models import Mode, Rule, Scope
from fleet.models import Datacenter, Region
from httpapi.errors import Invalid, Refused
from programs.models import Build, Version


class ExpressionError(Invalid):
    """A rule's expression does not parse; `position` is the 0-based character."""

    def __init__(self, code: str, message: str, position: int) -> None:
        super().__init__(code, f"{message} (at character {position + 1})")
        self.position = position


@dataclass(frozen=True)
class Terms:
    """Everything a rule says."""

    version: Version
    scope: str
    name: str
    mode: str
    expression: str


def check(terms: Terms) -> None:
    """Refuses terms that no node could carry out.

    Raises Invalid (`rule.scope`, `rule.name`, `rule.mode`), ExpressionError (`expression.*`), Refused
    (`build.not_ready`).
    """
    if terms.scope not in Scope.values:
        raise Invalid("rule.scope", f"scope is one of {', '.join(Scope.values)}.")
    if terms.mode not in Mode.values:
        raise Invalid("rule.mode", f"mode is one of {', '.join(Mode.values)}.")
    if terms.scope == Scope.GLOBAL and terms.name != "global":
        raise Invalid("rule.name", 'A rule of scope global has the name "global".')
    if terms.scope == Scope.REGION and not Region.objects.filter(code=terms.name).exists():
        raise Invalid("rule.name", f'There is no region "{terms.name}".')
    if terms.scope == Scope.DATACENTER and not Datacenter.objects.filter(code=terms.name).exists():
        raise Invalid("rule.name", f'There is no datacenter "{terms.name}".')
    check_expression(terms.expression)
    build = Build.objects.filter(version=terms.version).first()
    if build is None or build.state != Build.State.READY:
        state = build.state if build else "not built"
        raise Refused("build.not_ready", f"{terms.version} cannot be deployed: its build is {state}.")


def check_expression(text: str) -> None:
    """Raises ExpressionError unless the engine can compile the expression."""
    try:
        flowprotect_engine.check_expression(text)
    except flowprotect_engine.EngineError as error:
        code, message, position = error.args
        raise ExpressionError(code, message, position) from error


def of_rule(rule: Rule) -> Terms:
    """What the rule says now."""
    return Terms(rule.version, rule.scope, rule.name, rule.mode, rule.expression)


def describe(terms: Terms) -> dict[str, Any]:
    """The terms as JSON, with names that outlive the rows."""
    return {
        "program_id": str(terms.version.program_id),
        "program_name": terms.version.program.name,
        "version_id": str(terms.version.pk),
        "version_number": terms.version.number,
        "sha256": terms.version.sha256,
        "scope": terms.scope,
        "name": terms.name,
        "mode": terms.mode,
        "expression": terms.expression,
    }


def restore(account: Account, described: dict[str, Any]) -> Terms:
    """The terms that `describe` wrote down. Refused (`program.missing`) where the version is gone."""
    version = Version.objects.for_account(account).select_related("program").filter(pk=described["version_id"]).first()
    if version is None:
        raise Refused("program.missing", "The program version of that rule has been deleted.")
    return Terms(version, *(described[key] for key in ("scope", "name", "mode", "expression")))


def is_milder(before: Terms, after: Terms) -> bool:
    """Whether only the mode changes, and only away from dropping packets: nobody is locked out of switching off."""
    order = Mode.values
    same = (before.version.pk, before.scope, before.name, before.expression) == (
        after.version.pk,
        after.scope,
        after.name,
        after.expression,
    )
    return same and order.index(after.mode) > order.index(before.mode)
