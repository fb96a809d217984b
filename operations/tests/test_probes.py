"""The probes, with each part broken."""

import logging
import time
from unittest import mock

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from fleet.models import SigningKey
from fleet.signing import active_key
from operations import health

OK = {"database": "ok", "redis": "ok", "migrations": "ok", "signing_key": "ok"}
pytestmark = pytest.mark.django_db(transaction=True)


def parts(client: Client, status: int) -> dict[str, str]:
    response = client.get("/readyz")
    assert response.status_code == status, response.content
    assert response["Cache-Control"] == "no-store"
    assert response.json()["status"] == ("ok" if status == 200 else "unavailable")
    return response.json()["parts"]


def test_alive_asks_no_database_and_no_login(client: Client, settings) -> None:
    settings.ALLOWED_HOSTS = ["control.example.org"]
    settings.SECURE_SSL_REDIRECT = True
    with mock.patch.object(connection, "cursor", side_effect=AssertionError):
        response = client.get("/healthz", headers={"host": "10.0.0.7:8000"})
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert client.post("/healthz").status_code == 405


def test_alive_is_not_throttled(client: Client) -> None:
    assert {client.get("/healthz").status_code for _ in range(300)} == {200}


def test_ready_with_and_without_a_key(client: Client) -> None:
    assert parts(client, 200) == OK
    assert not SigningKey.objects.exists()
    active_key()
    assert parts(client, 200) == OK


def test_database_down_says_no_secret(client: Client, monkeypatch, caplog) -> None:
    def refuse() -> None:
        raise OSError("password=hunter2")

    monkeypatch.setitem(health.PARTS, "database", refuse)
    with caplog.at_level(logging.ERROR):
        response = client.get("/readyz")
    assert response.json()["parts"] == {**OK, "database": "failed"}
    assert b"hunter2" not in response.content


def test_redis_down(client: Client) -> None:
    class Down:
        async def send(self, *_: object) -> None:
            raise ConnectionError("redis://:secret@host")

    with mock.patch("operations.health.get_channel_layer", return_value=Down()):
        assert parts(client, 503) == {**OK, "redis": "failed"}


def test_migration_missing(client: Client) -> None:
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied("telemetry", "0002_skipped")
    try:
        assert parts(client, 503) == {**OK, "migrations": "1 not applied"}
    finally:
        recorder.record_applied("telemetry", "0002_skipped")


def test_signing_key_of_another_secret(client: Client, settings) -> None:
    active_key()
    settings.SECRET_KEY = "another"
    assert parts(client, 503) == {**OK, "signing_key": "failed"}


def test_a_part_that_hangs_is_given_up_on_and_asked_once(client: Client, monkeypatch) -> None:
    calls = []

    def hang() -> None:
        calls.append(1)
        time.sleep(0.6)

    monkeypatch.setattr(health, "PATIENCE", 0.2)
    monkeypatch.setitem(health.PARTS, "redis", hang)
    for _ in range(2):
        begun = time.monotonic()
        assert parts(client, 503)["redis"] == "timeout"
        assert time.monotonic() - begun < 0.5
    assert len(calls) == 1
    time.sleep(0.5)
