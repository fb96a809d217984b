from types import SimpleNamespace

import pytest
from django.core.cache import cache
from rest_framework.settings import api_settings
from rest_framework.test import APIRequestFactory

from httpapi.throttles import AddressThrottle, count_recent


class Twice(AddressThrottle):
    scope = "twice"
    rate = "2/min"


@pytest.fixture(autouse=True)
def empty() -> None:
    cache.clear()


def allowed(**headers: str) -> bool:
    request = APIRequestFactory().get("/", **headers)
    request.user = SimpleNamespace(pk=1)
    return Twice().allow_request(request, None)


def test_it_works() -> None:
    assert [allowed(), allowed(), allowed(), allowed(REMOTE_ADDR="192.0.2.1")] == [True, True, False, True]


def test_a_header_is_not_believed() -> None:
    assert [allowed(HTTP_X_FORWARDED_FOR=f"192.0.2.{n}") for n in range(3)] == [True, True, False]


def test_behind_a_proxy_the_last_address_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_settings, "NUM_PROXIES", 1)
    assert [allowed(HTTP_X_FORWARDED_FOR=f"10.0.0.{n}, 192.0.2.9") for n in range(3)] == [True, True, False]
    assert allowed(HTTP_X_FORWARDED_FOR="10.0.0.1, 192.0.2.8")


def test_counting() -> None:
    assert count_recent("k", 60) == 0
    assert [count_recent("k", 60, add=True) for _ in range(3)] == [1, 2, 3]
    assert (count_recent("k", 60), count_recent("other", 60)) == (3, 0)
