import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import Account, AllowlistEntry, ApiToken, AuditEntry, Membership, Prefix, User
from accounts.signals import protection_changed
from accounts.tests.world import World

PASSWORD = "a rather long secret"


def form_of(client: Client, url: str) -> dict[str, str]:
    """The fields of the page's form with their values, as a browser would send them."""
    page = client.get(url)
    assert page.status_code == 200
    found: dict[str, str] = {}
    context = page.context
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    for form in forms:
        for bound in form:
            value = bound.value()
            if value is not None and value is not False and value != []:
                found[bound.html_name] = "on" if value is True else str(getattr(value, "pk", value))
    return found


def send(client: Client, url: str, **changes: str) -> list[str]:
    """What the page says is wrong."""
    answer = client.post(url, {**form_of(client, url), **changes})
    if answer.status_code == 302:
        return []
    return [re.sub(r"<[^>]+>", "", str(error)) for error in answer.context["errors"]] or ["refused"]


@pytest.fixture
def operator(world: World) -> Client:
    client = Client()
    client.force_login(world.operator)
    return client


def test_it_works(world: World, operator: Client) -> None:
    AuditEntry.objects.create(account=world.ours, actor="x", action="y", target="z")
    ApiToken.issue(world.ours, "ci", "viewer")
    for path in ("", "user/", "user/add/", f"user/{world.operator.pk}/change/", "account/", "account/add/"):
        answer = operator.get(f"/admin/accounts/{path}")
        assert answer.status_code == 200, path
    for path in (
        f"account/{world.ours.pk}/change/",
        "auditentry/",
        f"auditentry/{AuditEntry.objects.get().pk}/change/",
    ):
        assert operator.get(f"/admin/accounts/{path}").status_code == 200, path


def test_a_person_with_a_password(world: World, operator: Client) -> None:
    url = "/admin/accounts/user/add/"
    fields = {"email": "New@Ours.example", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    assert operator.post(url, fields | {"password1": "short", "password2": "short"}).status_code == 200
    assert operator.post(url, fields).status_code == 302
    user = User.objects.get(email="new@ours.example")
    assert user.check_password(PASSWORD)
    assert "already" in str(operator.post(url, fields).context["errors"])
    url = f"/admin/accounts/user/{user.pk}/password/"
    assert operator.get(url).status_code == 200
    changed = {"usable_password": "true", "password1": PASSWORD + "!", "password2": PASSWORD + "!"}
    assert operator.post(url, changed).status_code == 302
    user.refresh_from_db()
    assert user.check_password(PASSWORD + "!")
    assert send(operator, f"/admin/accounts/user/{user.pk}/change/", name="New") == []
    actions = AuditEntry.objects.filter(target="new@ours.example").order_by("id").values_list("action", flat=True)
    assert list(actions) == ["user.create", "user.password", "user.change"]
    assert PASSWORD not in str(list(AuditEntry.objects.values()))


def test_staff_do_not_become_more(world: World) -> None:
    staff = User.objects.create_user("staff@fp.example", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(content_type__app_label="accounts"))
    client = Client()
    client.force_login(staff)
    assert client.post(f"/admin/accounts/user/{world.operator.pk}/password/", {}).status_code == 403
    url = f"/admin/accounts/user/{world.stranger.pk}/change/"
    assert send(client, url, is_superuser="on", is_staff="on", name="Changed") == []
    world.stranger.refresh_from_db()
    assert (world.stranger.name, world.stranger.is_staff, world.stranger.is_superuser) == ("Changed", False, False)


def test_an_account_with_its_rows(world: World, operator: Client) -> None:
    assert send(operator, "/admin/accounts/account/add/", name="Third", approvers="account") == []
    account = Account.objects.get(name="Third")
    told: list[str] = []

    def hear(account: Account, **_) -> None:
        told.append(account.pk)

    url = f"/admin/accounts/account/{account.pk}/change/"
    rows = {
        "memberships-TOTAL_FORMS": "1",
        "memberships-0-user": str(world.stranger.pk),
        "memberships-0-role": "owner",
        "prefixes-TOTAL_FORMS": "1",
        "prefixes-0-cidr": "192.0.2.1",
        "allowlist-TOTAL_FORMS": "1",
        "allowlist-0-cidr": "198.51.100.0/24",
    }
    protection_changed.connect(hear)
    try:
        assert send(operator, url, self_approval="on", **rows) == []
        prefix = Prefix.objects.get(account=account)
        assert prefix.cidr == "192.0.2.1/32"
        assert AllowlistEntry.objects.get(account=account).cidr == "198.51.100.0/24"
        assert send(operator, url, **{"prefixes-0-DELETE": "on", "memberships-0-role": "owner"}) == []
    finally:
        protection_changed.disconnect(hear)
    assert told == [account.pk] * 2
    account.refresh_from_db()
    assert (account.self_approval, account.prefixes.count()) == (True, 0)
    assert "owner who can log in" in str(send(operator, url, **{"memberships-0-DELETE": "on"}))
    assert "owner who can log in" in str(send(operator, url, **{"memberships-0-role": "viewer"}))
    assert Membership.objects.get(account=account).role == "owner"
    actions = AuditEntry.objects.for_account(account).order_by("id").values_list("action", flat=True)
    assert list(actions) == [
        "account.create",
        "account.change",
        "member.add",
        "prefix.add",
        "allowlist.add",
        "prefix.remove",
    ]


@pytest.mark.parametrize("cidr", ["192.0.2.0/24", "x", "0.0.0.0/0", "10.0.0.1/8"])
def test_prefixes_that_are_refused(world: World, operator: Client, cidr: str) -> None:
    Prefix.objects.create(account=world.theirs, cidr="192.0.2.0/25")
    url = f"/admin/accounts/account/{world.ours.pk}/change/"
    assert send(operator, url, **{"prefixes-TOTAL_FORMS": "1", "prefixes-0-cidr": cidr})
    assert not Prefix.objects.for_account(world.ours).exists()


def test_tokens_are_revoked_here(world: World, operator: Client) -> None:
    ApiToken.issue(world.ours, "ci", "viewer")
    assert send(operator, f"/admin/accounts/account/{world.ours.pk}/change/", **{"tokens-0-DELETE": "on"}) == []
    assert not ApiToken.objects.exists()


def test_nothing_is_deleted(world: World, operator: Client) -> None:
    entry = AuditEntry.objects.create(account=world.ours, actor="x", action="y", target="z")
    for path in (f"account/{world.ours.pk}", f"user/{world.stranger.pk}", f"auditentry/{entry.pk}"):
        assert operator.post(f"/admin/accounts/{path}/delete/", {"post": "yes"}).status_code == 403
    assert operator.post(f"/admin/accounts/auditentry/{entry.pk}/change/", {"actor": "z"}).status_code == 403


def test_members_have_no_admin(world: World) -> None:
    client = Client()
    client.force_login(world.users["owner"])
    assert client.get("/admin/accounts/account/").status_code == 302
