"""Delete a program."""

from typing import Any

from django.db import transaction
from django.db.models import ProtectedError

from accounts.audit import record
from accounts.permissions import require
from httpapi.errors import Refused
from programs.models import Program


def delete_program(actor: Any, program: Program) -> None:
    """Deletes the program with its versions, builds and replays. Raises Forbidden, Refused (`program.in_use`)."""
    account = program.account
    require(actor, account, "developer")
    key = str(program.pk)
    try:
        with transaction.atomic():
            program.delete()
            record(account, actor, "program.delete", program, id=key)
    except ProtectedError as error:
        raise Refused("program.in_use", f"A rule uses {program}; remove the rule first.") from error
