"""Two accounts with people and tokens of every role, for tests of every room."""

from dataclasses import dataclass, field

from rest_framework.test import APIClient

from accounts.models import Account, ApiToken, Membership, Role, User

PASSWORD = "correct horse battery"


@dataclass
class World:
    """`ours` and `theirs` know nothing of each other. Users are by role; `operator` is staff and a member of none."""

    ours: Account
    theirs: Account
    operator: User
    users: dict[str, User] = field(default_factory=dict)
    stranger: User = None  # type: ignore[assignment]  # owner of theirs

    def client(self, role: str) -> APIClient:
        """A client with a session of our member of that role, of "stranger", of "operator", or of "nobody"."""
        client = APIClient()
        if role != "nobody":
            client.force_login({"stranger": self.stranger, "operator": self.operator, **self.users}[role])
        return client

    def token_client(self, role: str, account: Account | None = None) -> APIClient:
        """A client with a fresh token."""
        client = APIClient()
        _, secret = ApiToken.issue(account or self.ours, f"test {role}", role)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        return client

    def url(self, rest: str = "", account: Account | None = None) -> str:
        """An address below the account."""
        return f"/api/v1/accounts/{(account or self.ours).pk}" + (f"/{rest}" if rest else "")


def make_world() -> World:
    """Rows for a test."""
    ours, theirs = Account.objects.create(name="Ours"), Account.objects.create(name="Theirs")
    operator = User.objects.create_user("operator@fp.example", PASSWORD, is_staff=True, is_superuser=True)
    users = {role: User.objects.create_user(f"{role}@ours.example", PASSWORD, name=role) for role in Role.values}
    for role, user in users.items():
        Membership.objects.create(account=ours, user=user, role=role)
    stranger = User.objects.create_user("owner@theirs.example", PASSWORD)
    Membership.objects.create(account=theirs, user=stranger, role=Role.OWNER)
    return World(ours, theirs, operator, users, stranger)
