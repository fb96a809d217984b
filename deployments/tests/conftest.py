"""A customer with people, a place, and versions that are built (objects of the engine's own fixtures)."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pytest
from rest_framework.test import APIClient

from accounts.models import Account, ApiToken, Membership, Prefix, User
from deployments.terms import Terms
from fleet.models import Datacenter, Region
from programs.models import Build, Program, Version

FIXTURES = Path(__file__).resolve().parents[2] / "engine/crates/vm/tests/fixtures"


@dataclass
class House:
    """One account and who acts in it."""

    account: Account
    developer: User
    approver: User
    owner: User
    operator: User
    first: Version
    second: Version

    def terms(self, **changes) -> Terms:
        fields = {"version": self.first, "scope": "global", "name": "global", "mode": "enabled", "expression": ""}
        return Terms(**{**fields, **changes})

    def token(self, role: str) -> str:
        return ApiToken.issue(self.account, role, role)[1]


def make_version(program: Program, number: int, source: str, elf: bytes) -> Version:
    """A version with a build that is ready."""
    version = Version.objects.create(program=program, number=number, source=source, created_by="test")
    Build.objects.create(
        version=version,
        state="ready",
        elf=elf,
        elf_sha256=hashlib.sha256(elf).hexdigest(),
        instructions=3,
        compiler="clang",
    )
    return version


def make_house(name: str, cidr: str) -> House:
    """An account with everything a deployment needs."""
    account = Account.objects.create(name=name)
    people = {}
    for role in ("developer", "approver", "owner"):
        people[role] = User.objects.create_user(f"{role}@{name}.example", "a password")
        Membership.objects.create(account=account, user=people[role], role=role)
    operator = User.objects.create_superuser(f"operator@{name}.example", "a password")
    Prefix.objects.create(account=account, cidr=cidr, state="proven")
    program = Program.objects.create(account=account, name="guard")
    first = make_version(program, 1, "int a;\nint b;\n", (FIXTURES / "pass_all.o").read_bytes())
    second = make_version(program, 2, "int a;\nint c;\n", (FIXTURES / "table.o").read_bytes())
    return House(account, operator=operator, first=first, second=second, **people)


@pytest.fixture
def house(db) -> House:
    region = Region.objects.create(code="eu", name="Europe")
    Datacenter.objects.create(code="ams1", name="Amsterdam", region=region)
    return make_house("games", "192.0.2.0/24")


@pytest.fixture
def stranger(house: House) -> House:
    return make_house("others", "198.51.100.0/24")


@pytest.fixture
def client_of():
    """A client that is logged in as a user, or carries a token."""

    def make(actor: User | str) -> APIClient:
        client = APIClient()
        if isinstance(actor, str):
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {actor}")
        else:
            client.force_login(actor)
        return client

    return make
