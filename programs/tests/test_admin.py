import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.tests.world import World
from programs.models import Capture, Program, Replay, Version
from programs.tests.captures import SMALL


@pytest.fixture
def operator(world: World) -> Client:
    client = Client()
    client.force_login(world.operator)
    return client


def test_it_works(operator: Client, program: Program, version: Version, capture: Capture) -> None:
    replay = Replay.objects.create(version=version, capture=capture, state="done", summary={"packets": 3, "first": []})
    for model, row in (
        ("program", program),
        ("version", version),
        ("build", version.build),
        ("replay", replay),
        ("capture", capture),
    ):
        assert operator.get(f"/admin/programs/{model}/").status_code == 200, model
        assert operator.get(f"/admin/programs/{model}/?q=x").status_code in (200, 302), model
        assert operator.get(f"/admin/programs/{model}/{row.pk}/change/").status_code == 200, model
        assert operator.post(f"/admin/programs/{model}/{row.pk}/change/", {"name": "x"}).status_code == 403, model
        assert operator.post(f"/admin/programs/{model}/{row.pk}/delete/", {"post": "yes"}).status_code == 403, model


def test_sources_are_shown_as_text(operator: Client, program: Program) -> None:
    version = Version.objects.create(program=program, number=1, source="<script>alert(1)</script>", created_by="x")
    version.refresh_from_db()
    from programs.models import Build

    Build.objects.create(version=version, diagnostics=[{"message": "<b>"}])
    page = operator.get(f"/admin/programs/version/{version.pk}/change/").content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page
    assert "&lt;b&gt;" in operator.get(f"/admin/programs/build/{version.build.pk}/change/").content.decode()


def test_supplied_captures(operator: Client, world: World) -> None:
    url = "/admin/programs/capture/add/"
    assert operator.get(url).status_code == 200
    bad = {"name": "bad", "file": SimpleUploadedFile("bad.pcap", b"rubbish")}
    assert "not a pcap" in operator.post(url, bad).content.decode()
    assert operator.post(url, {"name": "good", "file": SimpleUploadedFile("x.pcap", SMALL)}).status_code == 302
    capture = Capture.objects.get()
    assert (capture.account, capture.name, bytes(capture.data)) == (None, "good", SMALL)
    assert operator.post(f"/admin/programs/capture/{capture.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Capture.objects.exists()
