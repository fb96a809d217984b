import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import AuditEntry
from accounts.tests.checks import RUBBISH
from accounts.tests.world import PASSWORD, World

URL = "/api/v1/auth/login"


def log_in(client: APIClient, email="owner@ours.example", password=PASSWORD, **extra):
    return client.post(URL, {"email": email, "password": password}, format="json", **extra)


def test_it_works(world: World) -> None:
    client = APIClient(enforce_csrf_checks=True)
    answer = log_in(client)
    assert answer.status_code == 200, answer.content
    assert answer.json()["user"] == {"email": "owner@ours.example", "name": "owner", "is_staff": False}
    assert answer.json()["accounts"] == [{"id": world.ours.pk, "name": "Ours", "role": "owner"}]
    assert client.get("/api/v1/me").json() == answer.json()
    assert AuditEntry.objects.filter(action="login", actor="owner@ours.example").exists()


def test_a_session_needs_the_csrf_token_and_gets_it(world: World) -> None:
    client = APIClient(enforce_csrf_checks=True)
    log_in(client)
    url = world.url("prefixes")
    assert client.post(url, {"cidr": "192.0.2.0/24"}, format="json").status_code == 403
    token = client.cookies["csrftoken"].value
    answer = client.post(url, {"cidr": "192.0.2.0/24"}, format="json", headers={"X-CSRFToken": token})
    assert answer.status_code == 201


def test_emails_are_found_whatever_their_case(world: World) -> None:
    assert log_in(APIClient(), " Owner@OURS.example ").status_code == 200


@pytest.mark.parametrize("email", ["owner@ours.example", "nobody@ours.example"])
def test_a_refusal_does_not_say_what_was_wrong(world: World, email: str) -> None:
    client = APIClient()
    answer = log_in(client, email, "wrong")
    assert (answer.status_code, answer.json()) == (
        401,
        {"detail": "The email or the password is wrong.", "code": "login.refused"},
    )
    assert SESSION_KEY not in client.session


def test_an_inactive_user_is_refused_alike(world: World) -> None:
    world.users["owner"].is_active = False
    world.users["owner"].save()
    assert log_in(APIClient()).json()["code"] == "login.refused"


def test_the_session_key_changes(world: World) -> None:
    client = APIClient()
    log_in(client)
    before = client.session.session_key
    log_in(client, "viewer@ours.example")
    assert client.session.session_key != before


def test_it_is_throttled_by_address_whatever_a_header_claims(world: World) -> None:
    client = APIClient()
    codes = [
        log_in(client, f"u{n}@ours.example", headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code for n in range(31)
    ]
    assert codes == [401] * 30 + [429]
    assert log_in(client, REMOTE_ADDR="192.0.2.9").status_code == 200


def test_wrong_passwords_are_counted_by_email_too(world: World) -> None:
    for n in range(20):
        assert log_in(APIClient(), password="wrong", REMOTE_ADDR=f"192.0.2.{n}").status_code == 401
    answer = log_in(APIClient(), REMOTE_ADDR="192.0.2.99")
    assert (answer.status_code, answer.json()["code"]) == (429, "login.throttled")
    assert log_in(APIClient(), "viewer@ours.example", REMOTE_ADDR="192.0.2.99").status_code == 200


def test_guessing_does_not_lock_out_who_was_here_before(world: World) -> None:
    home = {"REMOTE_ADDR": "203.0.113.5"}
    assert log_in(APIClient(), **home).status_code == 200
    for n in range(20):
        log_in(APIClient(), password="wrong", REMOTE_ADDR=f"192.0.2.{n}")
    assert log_in(APIClient(), REMOTE_ADDR="192.0.2.99").status_code == 429
    assert log_in(APIClient(), **home).status_code == 200
    for _ in range(10):
        assert log_in(APIClient(), password="wrong", **home).status_code == 401
    answer = log_in(APIClient(), **home)
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (429, "login.throttled", "60")
    assert log_in(APIClient(), "viewer@ours.example", **home).status_code == 200


def test_the_admins_login_has_the_same_limits(world: World) -> None:
    def try_it(password: str, address: str, email: str = "operator@fp.example"):
        form = {"username": email, "password": password}
        return Client(REMOTE_ADDR=address).post("/admin/login/", form)

    assert try_it(PASSWORD, "203.0.113.5").status_code == 302
    for n in range(20):
        assert try_it("wrong", f"192.0.2.{n}").status_code == 200
    assert "Too many wrong passwords" in try_it(PASSWORD, "192.0.2.99").content.decode()
    assert log_in(APIClient(), "operator@fp.example", REMOTE_ADDR="192.0.2.99").status_code == 429
    assert try_it(PASSWORD, "203.0.113.5").status_code == 302
    for n in range(30):
        try_it("wrong", "198.51.100.1", f"u{n}@x.example")
    assert "Too many tries" in try_it(PASSWORD, "198.51.100.1", "viewer@ours.example").content.decode()


def test_rubbish_is_refused(world: World) -> None:
    client = APIClient()
    for body in RUBBISH:
        answer = client.post(URL, data=body, content_type="application/json")
        assert answer.status_code == 400, answer.content
    for email, password in (("1", "2"), ("[]", "{}"), ('"x\\u0000@y.example"', '"p"'), ('"a@b.example"', '"\\ud800"')):
        body = f'{{"email": {email}, "password": {password}}}'
        answer = client.post(URL, body, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_a_form_of_another_page_is_not_read(world: World) -> None:
    form = {"email": "owner@ours.example", "password": PASSWORD}
    assert APIClient().post(URL, form, format="multipart").status_code == 415
    body = '{"email": "owner@ours.example", "password": "' + PASSWORD + '"}'
    assert APIClient().post(URL, body, content_type="text/plain").status_code == 415


def test_get_is_not_allowed(world: World) -> None:
    assert APIClient().get(URL).status_code == 405
