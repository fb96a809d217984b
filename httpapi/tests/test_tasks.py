import pytest
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from httpapi.tasks import send


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch, settings) -> list[tuple]:
    """What reached the broker."""
    settings.CELERY_TASK_ALWAYS_EAGER = False
    sent: list[tuple] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, args: sent.append((name, args)))
    return sent


def test_it_works(transactional_db, broker: list) -> None:
    with transaction.atomic():
        send("room.task", "1")
        assert broker == []
    assert broker == [("room.task", ("1",))]


def test_nothing_is_sent_for_what_did_not_happen(transactional_db, broker: list) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        send("room.task", "1")
        raise ZeroDivisionError
    assert broker == []


def test_an_unreachable_broker_is_logged(transactional_db, broker: list, monkeypatch, caplog) -> None:
    def refuse(name: str, args: tuple) -> None:
        raise OperationalError("no broker")

    monkeypatch.setattr(current_app, "send_task", refuse)
    send("room.task", "1")
    assert "room.task was not sent" in caplog.text
