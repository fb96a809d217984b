import pytest
from rest_framework.test import APIRequestFactory

from httpapi.tests.shop import Errors


def ask(name: str):
    return Errors.as_view()(APIRequestFactory().get("/"), name=name)


def test_it_works() -> None:
    answer = ask("refused")
    assert (answer.status_code, answer.data) == (409, {"detail": "The shop is closed.", "code": "shop.closed"})


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("unavailable", 503, "shop.busy"),
        ("forbidden", 403, "role"),
        ("invalid", 400, "shop.size"),
        ("missing", 404, "not_found"),
        ("http404", 404, "not_found"),
        ("denied", 403, "permission_denied"),
        ("throttled", 429, "throttled"),
        ("method", 405, "method_not_allowed"),
    ],
)
def test_each_has_a_code(name: str, status: int, code: str) -> None:
    answer = ask(name)
    assert (answer.status_code, answer.data["code"]) == (status, code)
    assert set(answer.data) == {"detail", "code"}


def test_waiting_time() -> None:
    assert ask("throttled")["Retry-After"] == "7"
    assert ask("unavailable")["Retry-After"] == "5"
    assert "Retry-After" not in ask("refused")


@pytest.mark.parametrize(
    ("name", "fields"),
    [("fields", {"size": [{"left": ["Too small."]}]}), ("list", {"non_field_errors": ["Too small."]})],
)
def test_fields(name: str, fields: dict) -> None:
    answer = ask(name)
    assert answer.status_code == 400
    assert answer.data == {"detail": "Too small.", "code": "invalid", "fields": fields}
