"""Make a program."""

from typing import Any

from django.db import IntegrityError, transaction

from accounts.audit import record
from accounts.locks import lock_account
from accounts.models import Account
from accounts.permissions import require
from accounts.quotas import check_quota
from httpapi.errors import Refused
from programs.actions.add_version import add_version
from programs.limits import check_source
from programs.models import Program


def create_program(actor: Any, account: Account, name: str, source: str = "") -> Program:
    """A program, with its first version if there is a source.

    Raises Forbidden, Invalid (`source.*`), Refused (`program.name_taken`), OverQuota (`quota.programs`,
    `quota.build_minutes`).
    """
    require(actor, account, "developer")
    if source:
        check_source(source)
    with transaction.atomic():
        account = lock_account(account)
        check_quota(account, "programs")
        program = insert(account, name)
        record(account, actor, "program.create", program, id=str(program.pk))
        if source:
            add_version(actor, program, source)
    return program


def insert(account: Account, name: str) -> Program:
    """The row. Raises Refused (`program.name_taken`)."""
    try:
        with transaction.atomic():
            return Program.objects.create(account=account, name=name)
    except IntegrityError as error:
        raise Refused("program.name_taken", f"There is a program called {name} already.") from error
