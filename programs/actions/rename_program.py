"""Give a program another name."""

from typing import Any

from django.db import IntegrityError, transaction

from accounts.audit import record
from accounts.permissions import require
from httpapi.errors import Refused
from programs.models import Program


def rename_program(actor: Any, program: Program, name: str) -> Program:
    """Raises Forbidden, Refused (`program.name_taken`)."""
    require(actor, program.account, "developer")
    before = program.name
    try:
        with transaction.atomic():
            program.name = name
            program.save(update_fields=["name", "modified_on"])
            record(program.account, actor, "program.rename", name, id=str(program.pk), before=before)
    except IntegrityError as error:
        program.name = before
        raise Refused("program.name_taken", f"There is a program called {name} already.") from error
    return program
