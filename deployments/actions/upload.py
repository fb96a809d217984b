"""Upload source as the compatible API does: once or many times, with the same result."""

from dataclasses import replace
from typing import Any

from django.db import transaction

from accounts.models import Account
from accounts.permissions import require
from deployments.actions.change import change, terms_asked
from deployments.models import Deployment, Rule
from deployments.queries import beyond_draft, pending_for
from httpapi.errors import Refused
from programs.actions.add_version import add_version
from programs.actions.create_program import create_program
from programs.limits import check_source
from programs.models import Build, Program, Version


def upload(actor: Any, account: Account, name: str, source: str) -> Version:
    """The version of a new program. Raises Forbidden, Invalid (`source.*`), Refused (`program.name_taken`).

    Sent again, it is the version that is there: a client whose first request ended with 503, or got lost, has its
    program. A program none of whose versions passed is nobody's to keep: its name can be used again.
    """
    require(actor, account, "developer")
    check_source(source)
    found = Program.objects.for_account(account).filter(name=name).first()
    if found is None:
        return create_program(actor, account, name, source).versions.select_related("build").get()
    if same := repeated(found, source):
        return same
    if found.versions.exclude(build__state=Build.State.FAILED).exists():
        raise Refused("program.name_taken", f"There is a program called {name} already.")
    return add_version(actor, found, source)


def new_source(actor: Any, program: Program, source: str) -> Version:
    """The program's newest version with this source: a new one, unless it is there and has not failed."""
    require(actor, program.account, "developer")
    check_source(source)
    return repeated(program, source) or add_version(actor, program, source)


def repeated(program: Program, source: str) -> Version | None:
    """The newest version, if it has this source and its build has not failed."""
    newest = program.versions.select_related("build").order_by("-number").first()
    same = newest and newest.source == source and newest.build.state != Build.State.FAILED
    return newest if same else None


def move_rules(actor: Any, program: Program, version: Version) -> list[Deployment]:
    """Asks for `version` in every rule of the program that does not have it; all of them or, where one raises, none."""
    with transaction.atomic():
        rows = beyond_draft(Rule.objects.filter(program=program))
        rules = rows.select_related("version__program", "account").order_by("created_on", "pk")
        terms = {rule: replace(terms_asked(rule, pending_for(rule)), version=version) for rule in rules}
        asked = [change(actor, rule, wanted) for rule, wanted in terms.items()]
    return [deployment for deployment in asked if deployment]
