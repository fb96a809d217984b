"""Builds by a real worker that gets its messages from a real Redis."""

import json
from uuid import UUID

import pytest

from workers.tests.live import Stack

pytestmark = pytest.mark.timeout(180)
MAKE = """
import sys
from pathlib import Path
from django.core.management import call_command
from accounts.models import Account, Membership, User
from programs.actions.add_capture import add_capture
from programs.actions.create_program import create_program
from programs.models import Build
from programs.tests.captures import SMALL
call_command("migrate", verbosity=0)
account = Account.objects.create(name="Games")
user = User.objects.create_user("developer@games.example")
Membership.objects.create(account=account, user=user, role="developer")
if sys.argv[1] == "capture":
    add_capture(user, account, "small.pcap", SMALL)
program = create_program(user, account, "guard", Path("demo/program/cookie_guard.c").read_text())
print(Build.objects.get(version__program=program).pk)
"""
DIED = """
from datetime import timedelta
from django.utils import timezone
from httpapi.tasks import send
late = timezone.now() - timedelta(seconds=61)
Build.objects.update(state="compiling", attempt=1, changed_on=late)
send("programs.recover")
"""
SEND = "import sys; from httpapi.tasks import send; send(*sys.argv[1:])"
QUERY = "SELECT state, attempt, steps, length(elf), diagnostics FROM programs_build WHERE id = ?"


def build_row(stack: Stack, build_id: str) -> tuple:
    return stack.one(QUERY, UUID(build_id).hex)


def finished(stack: Stack, build_id: str) -> tuple:
    def read() -> tuple | None:
        row = build_row(stack, build_id)
        return row if row[0] in ("ready", "failed") else None

    return stack.wait(read, "the build did not finish")


def test_it_works(stack: Stack) -> None:
    build_id = stack.run(MAKE, "capture")
    stack.start_worker()
    state, attempt, steps, size, diagnostics = finished(stack, build_id)
    assert (state, attempt) == ("ready", 1), (diagnostics, stack.log())
    assert size > 500
    assert list(json.loads(steps)) == ["compile", "verify", "replay"]
    summary = json.loads(stack.one("SELECT summary FROM programs_replay WHERE state = 'done'")[0])
    assert summary["packets"] == 3
    # The same message again changes nothing.
    stack.run(SEND, "programs.build_version", build_id)
    stack.wait(lambda: stack.log().count("task=programs.build_version") >= 2, "the second message did not arrive")
    assert build_row(stack, build_id)[:2] == ("ready", 1)
    assert stack.one("SELECT count(*) FROM programs_replay") == (1,)


def test_a_dead_workers_build_is_picked_up(stack: Stack) -> None:
    """A worker died a minute ago while it compiled. Its message comes again first, and is not enough."""
    build_id = stack.run(MAKE + DIED, "none")
    assert build_row(stack, build_id)[:2] == ("compiling", 1)
    stack.start_worker()
    state, attempt, _, _, diagnostics = finished(stack, build_id)
    assert (state, attempt) == ("ready", 2), (diagnostics, stack.log())
