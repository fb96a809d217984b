"""The demo's data: a customer with people and tokens, a place for the node, captures, and a first live rule.

Runs at every `make run` and changes nothing that is already there. Writes var/demo.json (mode 0600).
"""

import json
import os
import secrets
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flowprotect.settings")
django.setup()

from django.conf import settings  # noqa: E402

from accounts.actions.add_prefix import add_prefix  # noqa: E402
from accounts.actions.decide_prefix import prove_prefix  # noqa: E402
from accounts.models import Account, ApiToken, Membership, Prefix, Role, User  # noqa: E402
from demo.capture import supplied  # noqa: E402
from deployments.actions.approve import approve  # noqa: E402
from deployments.actions.request import request_create  # noqa: E402
from deployments.models import Rule  # noqa: E402
from deployments.terms import Terms  # noqa: E402
from fleet.models import Datacenter, EnrolmentToken, Region  # noqa: E402
from programs.actions.create_program import create_program  # noqa: E402
from programs.models import Build, Capture, Program, Version  # noqa: E402
from programs.queries import wait_for_build  # noqa: E402

EMAILS = {
    "developer": "developer@demo.example",
    "owner": "owner@demo.example",
    "operator": "operator@demo.example",
}
PROGRAM = "cookie_guard"
BUILD_SECONDS = 60


def kept(path: Path) -> dict[str, Any]:
    """What an earlier run wrote, or nothing."""
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return {}


def people(logins: dict[str, dict[str, str]]) -> dict[str, User]:
    """The three logins, with passwords that stay the same from run to run."""
    found = {}
    for role, email in EMAILS.items():
        user = User.objects.filter(email=email).first() or User(email=email, name=f"Demo {role}")
        user.is_staff = user.is_superuser = role == "operator"
        if user.pk is None or not user.check_password(logins[role]["password"]):
            user.set_password(logins[role]["password"])
        user.save()
        found[role] = user
    return found


def tokens(account: Account, known: dict[str, str]) -> dict[str, str]:
    """One API token for each role; a token whose secret is lost is replaced."""
    secrets_by_role = {}
    for role in Role.values:
        secret = known.get(role, "")
        if not ApiToken.objects.for_account(account).filter(hash=ApiToken.digest(secret)).exists():
            ApiToken.objects.for_account(account).filter(name=f"demo {role}").delete()
            _, secret = ApiToken.issue(account, f"demo {role}", role)
        secrets_by_role[role] = secret
    return secrets_by_role


def protect(account: Account, owner: User, operator: User, cidr: str) -> None:
    """The network, claimed by the owner and proven by the operator."""
    prefix = Prefix.objects.for_account(account).filter(cidr=cidr).first() or add_prefix(owner, account, cidr)
    if prefix.state == Prefix.State.CLAIMED:
        prove_prefix(operator, prefix, Prefix.Method.ASSIGNED, "the demo's own loopback address")


def captures() -> None:
    """The supplied captures."""
    for name, data in supplied().items():
        if not Capture.objects.filter(account=None, name=name).exists():
            Capture.objects.create(account=None, name=name, data=data)


def first_rule(account: Account, author: User, operator: User) -> None:
    """The demo's program in its first version, built, asked for and approved like any other."""
    program = Program.objects.for_account(account).filter(name=PROGRAM).first()
    if program is None:
        source = (Path(__file__).parent / "program" / f"{PROGRAM}.c").read_text()
        program = create_program(author, account, PROGRAM, source)
    if Rule.objects.for_account(account).exists():
        return
    version = Version.objects.filter(program=program).earliest("number")
    build = wait_for_build(version.build, BUILD_SECONDS)
    if build.state != Build.State.READY:
        raise SystemExit(f"The demo's program did not build ({build.state}): {build.diagnostics}")
    terms = Terms(version, "global", "global", "enabled", "")
    approve(operator, request_create(author, account, terms, note="The demo's first rule"))


def seed() -> None:
    """Everything, in the order in which it depends on each other."""
    path = settings.VAR / "demo.json"
    known = kept(path)
    logins = {
        role: known.get("logins", {}).get(role) or {"email": email, "password": secrets.token_urlsafe(12)}
        for role, email in EMAILS.items()
    }
    users = people(logins)
    account = Account.objects.filter(name="Demo Games").first() or Account.objects.create(name="Demo Games")
    for role in ("developer", "owner"):
        Membership.objects.get_or_create(account=account, user=users[role], defaults={"role": role})
    protect(account, users["owner"], users["operator"], "127.0.0.1/32")
    region, _ = Region.objects.get_or_create(code="eu", defaults={"name": "Europe"})
    datacenter, _ = Datacenter.objects.get_or_create(code="local1", defaults={"name": "This machine", "region": region})
    _, enrolment = EnrolmentToken.issue(datacenter, "make run")
    data: dict[str, Any] = {
        "account_id": account.pk,
        "logins": logins,
        "tokens": tokens(account, known.get("tokens", {})),
        "enrolment_token": enrolment,
        "ports": {name: int(os.environ[f"FLOWPROTECT_{name.upper()}_PORT"]) for name in ("http", "relay", "origin")},
    }
    data["url"] = f"http://127.0.0.1:{data['ports']['http']}"
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(data, file, indent=2)
    captures()
    first_rule(account, users["developer"], users["operator"])


if __name__ == "__main__":
    seed()
