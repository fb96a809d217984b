"""Two processes at once on one database: what both add stays within the quotas.

`FLOWPROTECT_TEST_DB=postgres://…` (an empty database) asks PostgreSQL instead of SQLite.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SETUP = """
import django; django.setup()
from accounts.models import Account, Membership, User
from django.core.management import call_command
call_command("migrate", verbosity=0)
limits = {"program_quota": 7, "build_minutes_quota": 5, "capture_bytes_quota": 24 * 9}
account = Account.objects.create(id="a" * 32, name="a", **limits)
Membership.objects.create(account=account, user=User.objects.create_user("o@x.example"), role="owner")
"""
RACE = """
import sys, django; django.setup()
from accounts.models import Account, User
from httpapi.errors import OverQuota
from programs.actions import add_version
from programs.actions.add_capture import add_capture
from programs.actions.create_program import create_program
add_version.send = add_version.announce = lambda *_: None
user, account = User.objects.get(), Account.objects.get()
print("ready", flush=True); sys.stdin.readline()
refused = {}
for n in range(12):
    name = f"{sys.argv[1]}{n}"
    for act in (lambda: create_program(user, account, name),
                lambda: create_program(user, account, name + "+", "int a;") if n % 2 else None,
                lambda: add_capture(user, account, name, b"\\xa1\\xb2\\xc3\\xd4" + bytes(20))):
        try:
            act()
        except OverQuota as error:
            refused[error.code] = refused.get(error.code, 0) + 1
print(refused)
"""
COUNT = """
import django; django.setup()
from accounts.models import Account
from accounts.quotas import usage
print(usage(Account.objects.get()))
"""


@pytest.mark.timeout(120)
def test_it_works(tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("FLOWPROTECT_")}
    env |= {"FLOWPROTECT_VAR": str(tmp_path), "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"]}
    if database := os.environ.get("FLOWPROTECT_TEST_DB"):
        env["FLOWPROTECT_DB"] = database

    def start(script: str, *words: str) -> subprocess.Popen:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        return subprocess.Popen([sys.executable, "-c", script, *words], cwd=ROOT, env=env, text=True, **pipes)

    assert start(SETUP).wait(60) == 0
    racers = [start(RACE, name) for name in ("one", "two")]
    for racer in racers:
        assert racer.stdout and racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin
        racer.stdin.write("go\n")
        racer.stdin.flush()
    refused = [eval(racer.communicate(timeout=90)[0]) for racer in racers]
    assert sum(row["quota.capture_bytes"] for row in refused) == 24 - 9
    used = eval(start(COUNT).communicate(timeout=60)[0])
    assert (used["programs"], used["capture_bytes"]) == ({"used": 7, "allowed": 7}, {"used": 216, "allowed": 216})
    assert 0 < used["build_minutes"]["used"] <= 5
