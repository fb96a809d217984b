import pytest
from rest_framework.test import APIRequestFactory

from httpapi.parsers import JSON_LIMIT
from httpapi.tests.shop import Orders


def post(body: bytes, content_type: str = "application/json"):
    return Orders.as_view()(APIRequestFactory().post("/", body, content_type=content_type))


def test_it_works() -> None:
    assert post(b'{"size": 41}').data == {"size": 41}


def test_pages() -> None:
    answer = Orders.as_view()(APIRequestFactory().get("/?page=2&page_size=100")).data
    assert (answer["count"], len(answer["results"]), answer["next"]) == (120, 20, None)
    assert answer["previous"].endswith("/?page_size=100")
    assert len(Orders.as_view()(APIRequestFactory().get("/?page_size=9999")).data["results"]) == 120


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"size": 51}', "invalid"),
        (b'{"size": true}', "invalid"),
        (b'{"size": "x"}', "invalid"),
        (b"[]", "invalid"),
        (b"[" * 200_000, "parse_error"),
        (b'{"a":' * 200_000, "parse_error"),
        (b'{"size": NaN}', "parse_error"),
        (b'{"size": ' + b"9" * 5000 + b"}", "parse_error"),
        (b"\xff", "parse_error"),
        (b"{}{}", "parse_error"),
    ],
)
def test_bad_bodies(body: bytes, code: str) -> None:
    answer = post(body)
    assert (answer.status_code, answer.data["code"]) == (400, code)


def test_the_limit() -> None:
    body = b'{"size": 1}'
    assert post(body + b" " * (JSON_LIMIT - len(body))).status_code == 200
    answer = post(body + b" " * JSON_LIMIT)
    assert (answer.status_code, answer.data["code"]) == (413, "body.too_large")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x"]
)
def test_other_types(content_type: str) -> None:
    answer = post(b'{"size": 1}', content_type)
    assert (answer.status_code, answer.data["code"]) == (415, "unsupported_media_type")


def test_options() -> None:
    assert Orders.as_view()(APIRequestFactory().options("/")).status_code == 405
