"""The OpenAPI document, from which the front end's client is made."""

import pytest
from django.urls import include, path
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from flowprotect.rooms import patterns

METHODS = {"get", "post", "patch", "put", "delete"}


@pytest.fixture(scope="module")
def document() -> dict:
    GENERATOR_STATS.reset()
    urls = [path("api/v1/", include(patterns("urls", "api_urlpatterns")))]
    with GENERATOR_STATS.silence():
        return SchemaGenerator(patterns=urls).get_schema(request=None, public=True)


def operations(document: dict) -> list[dict]:
    return [operation for item in document["paths"].values() for method, operation in item.items() if method in METHODS]


def test_it_works(document: dict) -> None:
    validate_schema(document)
    assert document["openapi"] == "3.1.0"
    names = [operation["operationId"] for operation in operations(document)]
    assert {"login", "me", "programs_list", "versions_add", "replays_annotated", "check"} <= set(names)
    assert len(names) == len(set(names))


def test_nothing_but_the_api(document: dict) -> None:
    assert all(address.startswith("/api/v1/") and not address.endswith("/") for address in document["paths"])


@pytest.mark.parametrize("room", ["accounts", "programs"])
def test_no_warnings(room: str) -> None:
    urls = __import__(f"{room}.urls", fromlist=["urls"]).api_urlpatterns
    GENERATOR_STATS.reset()
    with GENERATOR_STATS.silence():
        document = SchemaGenerator(patterns=[path("api/v1/", include(urls))]).get_schema(request=None, public=True)
        assert not GENERATOR_STATS, (dict(GENERATOR_STATS._warn_cache), dict(GENERATOR_STATS._error_cache))
    for operation in operations(document):
        assert operation["responses"]["default"]["content"]["application/json"], operation["operationId"]
        assert operation["tags"] and operation["description"], operation["operationId"]
    GENERATOR_STATS.reset()


def test_files(document: dict) -> None:
    upload = document["paths"]["/api/v1/accounts/{account_id}/captures"]["post"]["requestBody"]["content"]
    assert list(upload) == ["multipart/form-data"]
    download = document["paths"]["/api/v1/accounts/{account_id}/replays/{replay_id}/annotated"]["get"]["responses"]
    assert download["200"]["content"]["application/vnd.tcpdump.pcap"]["schema"]["format"] == "binary"
