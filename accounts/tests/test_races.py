"""Two processes at once on one database file: what must hold after both."""

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
for name in ("one", "two"):
    user = User.objects.create_user(f"{name}@x.example")
    for account in (Account.objects.create(id=name[0] * 32, name=name), Account.objects.filter(name="shared").first()
                    or Account.objects.create(id="f" * 32, name="shared")):
        Membership.objects.create(account=account, user=user, role="owner")
"""
RACE = """
import sys, django; django.setup()
from accounts.actions.add_prefix import add_prefix
from accounts.actions.remove_member import remove_member
from accounts.models import Account, Membership, User
from httpapi.errors import Refused
from unittest import mock
user = User.objects.get(email=f"{sys.argv[1]}@x.example")
own, shared = Account.objects.get(name=sys.argv[1]), Account.objects.get(name="shared")
mine = Membership.objects.select_related("user", "account").get(account=shared, user=user)
print("ready", flush=True); sys.stdin.readline()
won = []
for n in range(20):
    try:
        add_prefix(user, own, f"10.{n}.0.0/{16 if sys.argv[1] == 'one' else 24}")
        won.append(n)
    except Refused as error:
        assert error.code == "prefix.overlap", error.code
try:
    remove_member(user, mine)
    won.append("left")
except Refused as error:
    assert error.code == "member.last_owner"
print(won)
"""


@pytest.mark.timeout(120)
def test_it_works(tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("FLOWPROTECT_")}
    env |= {"FLOWPROTECT_VAR": str(tmp_path), "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"]}
    # The receivers of other rooms are not asked here: they have tests of their own.
    quiet = "from accounts.signals import protection_changed as p\np.send = lambda **_: []\n"
    subprocess.run([sys.executable, "-c", SETUP], cwd=ROOT, env=env, check=True)
    script = RACE.replace("from httpapi", quiet + "from httpapi", 1)
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", script, name],
            cwd=ROOT,
            env=env,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for name in ("one", "two")
    ]
    for racer in racers:
        assert racer.stdout and racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin
        racer.stdin.write("go\n")
        racer.stdin.flush()
    won = [eval(racer.communicate(timeout=60)[0]) for racer in racers]
    assert sorted(map(str, won[0] + won[1])) == sorted(map(str, [*range(20), "left"]))
