from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Account, AuditEntry
from programs.actions.expire_failed import expire_failed
from programs.models import Build, Program, Version

pytestmark = pytest.mark.django_db


def program(name: str, days: int, *states: str) -> Program:
    account = Account.objects.get_or_create(name="games")[0]
    made = Program.objects.create(account=account, name=name)
    for number, state in enumerate(states, start=1):
        version = Version.objects.create(program=made, number=number, source="int a;", created_by="test")
        Build.objects.create(version=version, state=state)
    Program.objects.filter(pk=made.pk).update(modified_on=timezone.now() - timedelta(days=days))
    return made


def test_it_works() -> None:
    program("old", 31, "failed", "failed")
    assert expire_failed() == 1
    assert not Program.objects.exists()
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.target) == ("program.expire", "old")
    assert expire_failed() == 0


@pytest.mark.parametrize(
    ("days", "states"),
    [(29, ["failed"]), (31, ["failed", "ready"]), (31, ["ready", "failed"]), (31, ["failed", "queued"]), (400, [])],
)
def test_what_stays(days: int, states: list[str]) -> None:
    program("kept", days, *states)
    assert expire_failed() == 0
    assert Program.objects.count() == 1
