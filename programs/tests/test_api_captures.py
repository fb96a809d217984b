import struct

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.tests.checks import check_isolation, check_roles
from accounts.tests.world import World
from programs import limits
from programs.models import Capture
from programs.tests.captures import SMALL

PCAPNG = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)


def body(data: bytes = SMALL, name: str = "small.pcap", **fields) -> dict:
    return {"file": SimpleUploadedFile(name, data), **fields}


def upload(world: World, role: str = "developer", **parts):
    return world.client(role).post(world.url("captures"), body(**parts), format="multipart")


def test_it_works(world: World) -> None:
    answer = upload(world)
    assert answer.status_code == 201, answer.content
    row = answer.json()
    assert (row["name"], row["size"], row["supplied"]) == ("small.pcap", len(SMALL), False)
    assert world.client("viewer").get(world.url("captures")).json()["results"] == [row]
    assert bytes(Capture.objects.get().data) == SMALL
    assert world.client("developer").delete(world.url(f"captures/{row['id']}")).status_code == 204
    assert not Capture.objects.exists()


def test_names(world: World) -> None:
    assert upload(world, name="x" * 250).json()["name"] == "x" * 200
    client = world.client("developer")
    named = client.post(world.url("captures"), {**body(), "name": "flood"}, format="multipart")
    assert named.json()["name"] == "flood"
    for name in ("x" * 201, "a\0b"):
        answer = client.post(world.url("captures"), {**body(), "name": name}, format="multipart")
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_supplied_ones_are_everybodys_and_stay(world: World, capture: Capture) -> None:
    supplied = Capture.objects.create(account=None, name="supplied", data=SMALL)
    for client, account, count in (
        (world.client("viewer"), world.ours, 2),
        (world.client("stranger"), world.theirs, 1),
    ):
        rows = client.get(world.url("captures", account)).json()["results"]
        assert {"supplied": True, "name": "supplied"}.items() <= next(
            row for row in rows if row["id"] == str(supplied.pk)
        ).items()
        assert len(rows) == count
    answer = world.client("owner").delete(world.url(f"captures/{supplied.pk}"))
    assert (answer.status_code, answer.json()["code"]) == (403, "capture.supplied")


def test_isolation_and_roles(world: World, capture: Capture) -> None:
    check_isolation(world, "get", "captures")
    check_isolation(world, "delete", f"captures/{capture.pk}")
    check_roles(world, "delete", f"captures/{capture.pk}", "developer")
    assert upload(world, "viewer").status_code == 403
    assert upload(world, "nobody").status_code == 401
    assert upload(world, "stranger").status_code == 404
    stranger = world.client("stranger")
    assert stranger.delete(world.url(f"captures/{capture.pk}", world.theirs)).status_code == 404
    assert Capture.objects.get() == capture


@pytest.mark.parametrize("data", [PCAPNG, SMALL, b"\xa1\xb2\x3c\x4d" + bytes(20)])
def test_formats(world: World, data: bytes) -> None:
    assert upload(world, data=data).status_code == 201


@pytest.mark.parametrize(
    "data",
    [b"", b"\0", SMALL[:23], PCAPNG[:27], b"\x0a\x0d\x0d\x0a" + bytes(60), b"\x1f\x8b\x08" + bytes(60), b"MZ" * 50],
)
def test_what_is_no_capture(world: World, data: bytes) -> None:
    answer = upload(world, data=data)
    assert (answer.status_code, answer.json()["code"]) == (400, "capture.format")
    assert not Capture.objects.exists()


def test_too_large(world: World, settings) -> None:
    settings.CAPTURE_LIMIT = len(SMALL)
    assert upload(world).status_code == 201
    answer = upload(world, data=SMALL + b"x")
    assert (answer.status_code, answer.json()["code"]) == (413, "capture.too_large")
    answer = upload(world, data=SMALL + bytes(100_000))
    assert (answer.status_code, answer.json()["code"]) == (413, "capture.too_large")


def test_too_many(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("programs.actions.add_capture.CAPTURES", 1)
    assert limits.CAPTURES == 100
    assert upload(world).status_code == 201
    answer = upload(world)
    assert (answer.status_code, answer.json()["code"]) == (409, "capture.too_many")


def test_other_bodies(world: World) -> None:
    client, url = world.client("developer"), world.url("captures")
    assert client.post(url, {"file": "text"}, format="multipart").status_code == 400
    assert client.post(url, {}, format="multipart").status_code == 400
    assert client.post(url, {"file": "x"}, format="json").status_code == 415
    for content_type in ("multipart/form-data", "multipart/form-data; boundary=x"):
        answer = client.post(url, b"rubbish", content_type=content_type)
        assert (answer.status_code, bool(answer.json()["code"])) == (400, True)
