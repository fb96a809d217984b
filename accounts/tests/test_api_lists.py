from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts.models import AuditEntry, IPList, IPListEntry
from accounts.queries import networks_by_list
from accounts.signals import protection_changed
from accounts.tests.checks import check_isolation, check_roles, check_rubbish
from accounts.tests.world import World


@pytest.fixture
def told():
    heard: list = []

    def hear(account, **_) -> None:
        heard.append(account.pk)

    protection_changed.connect(hear)
    yield heard
    protection_changed.disconnect(hear)


@pytest.fixture
def bots(world: World) -> IPList:
    return IPList.objects.create(account=world.ours, name="bots")


def send(world: World, method: str, path: str, body=None):
    return getattr(world.client("developer"), method)(world.url(path), body, format="json")


def put(world: World, bots: IPList, **body):
    return send(world, "put", f"lists/{bots.pk}/entries", body)


def cidrs(world: World) -> list[str]:
    return networks_by_list(world.ours)["bots"]


def last_audit(world: World) -> AuditEntry:
    return AuditEntry.objects.for_account(world.ours).order_by("-id")[0]


def test_it_works(world: World, told) -> None:
    made = send(world, "post", "lists", {"name": "bots", "note": "seen in attacks"}).json()
    assert (made["name"], made["note"], made["size"]) == ("bots", "seen in attacks", 0)
    bots = IPList.objects.get()
    answer = put(world, bots, text="# mine\n2001:db8::/32\n\n203.0.113.9 # probe\n9.0.0.0/8\n203.0.113.9/32#again\n")
    assert (answer.status_code, answer.json()["size"]) == (200, 3)
    assert cidrs(world) == ["9.0.0.0/8", "203.0.113.9/32", "2001:db8::/32"]
    viewer = world.client("viewer")
    assert viewer.get(world.url("lists")).json()["results"] == [answer.json()]
    shown = viewer.get(world.url(f"lists/{bots.pk}")).json()
    assert shown["text"] == "9.0.0.0/8\n203.0.113.9/32  # again\n2001:db8::/32\n"
    rows = viewer.get(world.url(f"lists/{bots.pk}/entries?page_size=2")).json()
    assert (rows["count"], [row["cidr"] for row in rows["results"]]) == (3, ["9.0.0.0/8", "203.0.113.9/32"])
    row = send(world, "post", f"lists/{bots.pk}/entries", {"cidr": "10.0.0.1"}).json()
    assert (row["cidr"], row["expires_on"]) == ("10.0.0.1/32", None)
    assert send(world, "delete", f"lists/{bots.pk}/entries/{row['id']}").status_code == 204
    assert send(world, "delete", f"lists/{bots.pk}/entries/{row['id']}").status_code == 404
    renamed = send(world, "patch", f"lists/{bots.pk}", {"name": "botnet"}).json()
    assert (renamed["name"], renamed["note"], renamed["size"]) == ("botnet", "seen in attacks", 3)
    assert send(world, "delete", f"lists/{bots.pk}").status_code == 204
    assert not IPListEntry.objects.exists()
    assert told == [world.ours.pk] * 6
    actions = AuditEntry.objects.for_account(world.ours).order_by("id").values_list("action", flat=True)
    assert list(actions) == [f"list.{what}" for what in ("create", "set", "add", "remove", "change", "delete")]


def test_isolation_and_roles(world: World, bots: IPList) -> None:
    entry = IPListEntry.objects.create(ip_list=bots, cidr="10.0.0.0/8", sort_key="4")
    one, entries = f"lists/{bots.pk}", f"lists/{bots.pk}/entries"
    writes = [
        ("post", "lists", {"name": "new"}),
        ("patch", one, {"note": "x"}),
        ("put", entries, {"text": "10.0.0.1"}),
        ("post", entries, {"cidr": "10.0.0.1"}),
        ("delete", f"{entries}/{entry.pk}", None),
        ("delete", one, None),
    ]
    for path in ("lists", one, entries):
        check_isolation(world, "get", path)
    for method, path, body in writes:
        check_isolation(world, method, path, body)
        check_roles(world, method, path, "developer", body)
    stranger = world.client("stranger")
    for method, path, body in writes[1:]:
        assert getattr(stranger, method)(world.url(path, world.theirs), body, format="json").status_code == 404
    for path in (one, entries):
        assert stranger.get(world.url(path, world.theirs)).status_code == 404
    assert stranger.get(world.url("lists", world.theirs)).json()["count"] == 0
    assert stranger.post(world.url("lists", world.theirs), {"name": "bots"}, format="json").status_code == 201
    other = IPList.objects.create(account=world.ours, name="other")
    assert send(world, "delete", f"lists/{other.pk}/entries/{entry.pk}").status_code == 404
    assert IPListEntry.objects.get() == entry


def test_rubbish(world: World, bots: IPList) -> None:
    check_rubbish(world, "post", "lists")
    check_rubbish(world, "patch", f"lists/{bots.pk}", empty_is_valid=True)
    check_rubbish(world, "put", f"lists/{bots.pk}/entries")
    check_rubbish(world, "post", f"lists/{bots.pk}/entries")
    assert send(world, "get", f"lists/{10**30}").status_code == 404


@pytest.mark.parametrize("name", ["Bots", "a b", "", "a" * 64, "bots\n", "ä", "a.b", 7.5, None])
def test_bad_names(world: World, bots: IPList, name) -> None:
    for method, path in (("post", "lists"), ("patch", f"lists/{bots.pk}")):
        answer = send(world, method, path, {"name": name})
        if name == "bots\n":  # the API trims what it reads
            assert answer.status_code in (200, 409)
        else:
            assert (answer.status_code, answer.json()["code"] in ("invalid", "list.name")) == (400, True)


def test_names_are_unique_in_the_account(world: World, bots: IPList) -> None:
    IPList.objects.create(account=world.ours, name="cats")
    for method, path in (("post", "lists"), ("patch", f"lists/{bots.pk}")):
        answer = send(world, method, path, {"name": "cats"})
        assert (answer.status_code, answer.json()["code"]) == (409, "list.name_taken")
    assert send(world, "patch", f"lists/{bots.pk}", {"name": "bots"}).status_code == 200


def test_limits(world: World, bots: IPList, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(IPList, "MOST_LISTS", 1)
    monkeypatch.setattr(IPList, "MOST_ENTRIES", 2)
    answer = send(world, "post", "lists", {"name": "more"})
    assert (answer.status_code, answer.json()["code"]) == (409, "list.too_many")
    assert put(world, bots, text="10.0.0.1\n10.0.0.2\n").status_code == 200
    three = ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
    for answer in (
        put(world, bots, text="\n".join(three)),
        put(world, bots, entries=[{"cidr": cidr} for cidr in three]),
        send(world, "post", f"lists/{bots.pk}/entries", {"cidr": "10.0.0.3"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "list.entries")
    assert cidrs(world) == ["10.0.0.1/32", "10.0.0.2/32"]


def test_a_full_list(world: World, bots: IPList, django_assert_max_num_queries) -> None:
    text = "".join(f"10.{n >> 8}.{n & 255}.0/24\n" for n in range(10_000))
    with django_assert_max_num_queries(120):
        assert put(world, bots, text=text).json()["size"] == 10_000
    data = last_audit(world).data
    assert (data["total"], data["added"]["count"], len(data["added"]["first"])) == (10_000, 10_000, 20)
    assert put(world, bots, text=text + "10.200.0.0/24").json()["code"] == "list.entries"
    assert put(world, bots, text="").json()["size"] == 0


def test_every_bad_line_is_named_and_nothing_changes(world: World, bots: IPList, told) -> None:
    assert put(world, bots, text="10.0.0.1").status_code == 200
    long = "x" * 201
    text = f"10.0.0.2\nnonsense\n\n# fine\n10.0.0.1/24\n::/0\n10.0.0.9 # {long}\nfe80::1%eth0\n"
    answer = put(world, bots, text=text)
    assert (answer.status_code, answer.json()["code"]) == (400, "list.lines")
    lines = answer.json()["fields"]["lines"]
    assert [(line["line"], line["code"]) for line in lines] == [
        (2, "list.cidr"),
        (5, "list.cidr"),
        (6, "list.everything"),
        (7, "list.note"),
        (8, "list.cidr"),
    ]
    assert all(line["message"] for line in lines)
    answer = put(world, bots, entries=[{"cidr": "10.0.0.2"}, {"cidr": "?"}])
    assert [line["line"] for line in answer.json()["fields"]["lines"]] == [2]
    assert cidrs(world) == ["10.0.0.1/32"]
    assert len(told) == 1


@pytest.mark.parametrize("body", [{}, {"text": "", "entries": []}])
def test_content_is_one_of_two(world: World, bots: IPList, body) -> None:
    answer = put(world, bots, **body)
    assert (answer.status_code, answer.json()["code"]) == (400, "list.content")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"cidr": "198.51.100.1/24"}, "list.cidr"),
        ({"cidr": "::/0"}, "list.everything"),
        ({"cidr": "10.0.0.1", "note": "a\nb"}, "list.note"),
        ({"cidr": "10.0.0.1", "note": "x" * 201}, "invalid"),
        ({"cidr": "10.0.0.1", "expires_on": "2020-01-01T00:00:00Z"}, "list.expired"),
        ({"cidr": "10.0.0.1", "expires_on": "soon"}, "invalid"),
        ({"cidr": 7}, "list.cidr"),
    ],
)
def test_bad_entries(world: World, bots: IPList, body, code: str) -> None:
    answer = send(world, "post", f"lists/{bots.pk}/entries", body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_an_entry_is_there_once(world: World, bots: IPList) -> None:
    assert send(world, "post", f"lists/{bots.pk}/entries", {"cidr": "2001:DB8:0::1"}).status_code == 201
    answer = send(world, "post", f"lists/{bots.pk}/entries", {"cidr": "2001:db8::1/128"})
    assert (answer.status_code, answer.json()["code"]) == (409, "list.exists")


def test_what_stays_keeps_its_expiry_when_a_text_is_set(world: World, bots: IPList, told) -> None:
    later = (timezone.now() + timedelta(days=1)).isoformat()
    assert (
        put(world, bots, entries=[{"cidr": "10.0.0.1", "expires_on": later}, {"cidr": "10.0.0.2"}]).status_code == 200
    )
    put(world, bots, text="10.0.0.1 # a note\n10.0.0.3\n")
    row = IPListEntry.objects.get(cidr="10.0.0.1/32")
    assert (row.note, row.expires_on) == ("a note", parse_datetime(later))
    counts = {what: value["count"] for what, value in last_audit(world).data.items() if what != "total"}
    assert counts == {"added": 1, "removed": 1, "changed": 1}
    put(world, bots, text="10.0.0.3\n10.0.0.1 # a note\n")
    assert len(told) == 2
    put(world, bots, entries=[{"cidr": "10.0.0.1"}])
    assert IPListEntry.objects.get().expires_on is None


def test_an_old_text_does_not_undo_what_others_did(world: World, bots: IPList) -> None:
    seen = world.client("viewer").get(world.url(f"lists/{bots.pk}")).json()["modified_on"]
    assert put(world, bots, text="10.0.0.1", seen=seen).status_code == 200
    answer = put(world, bots, text="10.0.0.2", seen=seen)
    assert (answer.status_code, answer.json()["code"]) == (409, "list.changed")


def test_entries_expire(world: World, bots: IPList, told) -> None:
    from workers.tasks import expire_list_entries

    put(world, bots, text="10.0.0.1\n10.0.0.2\n")
    assert expire_list_entries() == 0
    IPListEntry.objects.filter(cidr="10.0.0.1/32").update(expires_on=timezone.now() - timedelta(seconds=1))
    assert cidrs(world) == ["10.0.0.2/32"]
    assert expire_list_entries() == 1
    assert [row.cidr for row in IPListEntry.objects.all()] == ["10.0.0.2/32"]
    assert told == [world.ours.pk] * 2
    entry = last_audit(world)
    assert (entry.actor, entry.action, entry.data["removed"]["first"]) == (
        "flowprotect",
        "list.expire",
        ["10.0.0.1/32"],
    )
