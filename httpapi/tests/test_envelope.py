import pytest
from rest_framework.test import APIRequestFactory

from httpapi.envelope import envelope_list
from httpapi.tests.shop import EnvelopeErrors, EnvelopeOrders


def orders(query: str = ""):
    return EnvelopeOrders.as_view()(APIRequestFactory().get(f"/{query}"))


def failing(name: str):
    return EnvelopeErrors.as_view()(APIRequestFactory().get("/"), name=name)


def test_it_works() -> None:
    answer = EnvelopeOrders.as_view()(APIRequestFactory().post("/"))
    assert (answer.status_code, answer.data) == (
        201,
        {"result": {"size": 1}, "success": True, "errors": [], "messages": ["hello"]},
    )


@pytest.mark.parametrize(
    ("query", "page", "per_page", "count"),
    [
        ("", 1, 20, 20),
        ("?page=3", 3, 20, 5),
        ("?page=9&per_page=10", 9, 10, 0),
        ("?per_page=1000", 1, 1000, 45),
        ("?page=2147483647", 2147483647, 20, 0),
    ],
)
def test_lists(query: str, page: int, per_page: int, count: int) -> None:
    answer = orders(query).data
    assert len(answer["result"]) == count
    assert answer["result_info"] == {
        "page": page,
        "per_page": per_page,
        "count": count,
        "total_count": 45,
        "total_pages": -(-45 // per_page),
    }


@pytest.mark.parametrize(
    "query",
    [
        "?page=0",
        "?page=x",
        "?per_page=0",
        "?per_page=1001",
        "?page=-1",
        "?page=1e3",
        "?page=%2B1",
        "?page=1_0",
        "?page=",
        "?page=%D9%A1",
        "?page=99999999999999999999",
    ],
)
def test_bad_pages(query: str) -> None:
    answer = orders(query)
    assert (answer.status_code, answer.data["success"], answer.data["result"]) == (400, False, None)


@pytest.mark.parametrize(
    ("name", "status", "code", "message"),
    [
        ("refused", 409, 1003, "The shop is closed."),
        ("missing", 404, 1002, "No such shoe."),
        ("forbidden", 403, 10001, "Not you."),
        ("unavailable", 503, 1010, "Come back later."),
        ("fields", 400, 1000, "size: Too small."),
        ("throttled", 429, 1008, "Request was throttled. Expected available in 7 seconds."),
    ],
)
def test_errors(name: str, status: int, code: int, message: str) -> None:
    answer = failing(name)
    assert answer.status_code == status
    assert answer.data == {
        "result": None,
        "success": False,
        "errors": [{"code": code, "message": message}],
        "messages": [],
    }


def test_headers_are_kept() -> None:
    assert failing("throttled")["Retry-After"] == "7"
    assert failing("unavailable")["Retry-After"] == "5"


def test_an_empty_list() -> None:
    request = EnvelopeOrders().initialize_request(APIRequestFactory().get("/"))
    info = envelope_list(request, [], str).data["result_info"]
    assert info == {"page": 1, "per_page": 20, "count": 0, "total_count": 0, "total_pages": 0}


def test_options_are_refused_in_the_envelope() -> None:
    answer = EnvelopeOrders.as_view()(APIRequestFactory().options("/"))
    assert (answer.status_code, answer.data["errors"][0]["code"]) == (405, 1005)


@pytest.mark.parametrize("accept", ["text/html", "application/vnd.tcpdump.pcap", "rubbish", ""])
def test_what_is_accepted_is_not_asked(accept: str) -> None:
    answer = EnvelopeOrders.as_view()(APIRequestFactory().get("/?format=xml", headers={"accept": accept})).render()
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
