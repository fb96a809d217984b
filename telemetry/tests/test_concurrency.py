"""Many at once, in real threads. SQLite has one writer, and its in-memory test database has none to spare."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, connections

from fleet.actions.enrol import enrol
from fleet.actions.issue_enrolment_token import issue_enrolment_token
from fleet.actions.publish import publish
from fleet.models import Bundle, Node, SigningKey
from fleet.tests.test_bundle import CONTENT
from httpapi.errors import Forbidden
from telemetry.actions.ingest import ingest_stats
from telemetry.actions.rollup import rollup
from telemetry.messages import read_stats
from telemetry.models import WHOLE_ACCOUNT, Point
from telemetry.tests.conftest import NOW, message, rule_entry

THREADS = 8
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="needs FLOWPROTECT_DB=postgres://…"),
]


def at_once(action: Callable[[], object]) -> list[object]:
    """What each of the threads got, an exception for those that failed."""
    barrier, results = threading.Barrier(THREADS), []

    def run() -> None:
        barrier.wait()
        try:
            results.append(action())
        except Exception as error:
            results.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_one_machine_enrols(node):
    _, secret = issue_enrolment_token(None, node.datacenter)
    results = at_once(lambda: enrol(secret, "edge2", "1"))
    refused = [result for result in results if isinstance(result, Forbidden)]
    assert len(refused) == THREADS - 1 and {error.code for error in refused} == {"enrolment.used"}
    assert Node.objects.count() == 2


def test_serials_and_the_signing_key(db):
    entry = {"id": "a" * 32}
    results = at_once(lambda: publish(CONTENT, activation=entry).serial)
    assert sorted(results) == list(range(1, THREADS + 1))
    assert Bundle.objects.count() == THREADS
    assert SigningKey.objects.count() == 1


def test_reports_of_one_second(node, games):
    data = message(NOW.timestamp(), [(games.pk, {"received": 5})], [(games.pk, rule_entry())])
    results = at_once(lambda: ingest_stats(node, read_stats(data), NOW))
    assert not [result for result in results if isinstance(result, Exception)]
    assert Point.objects.get(rule=WHOLE_ACCOUNT).received == 5 * THREADS
    assert Point.objects.exclude(rule=WHOLE_ACCOUNT).get().tags == {"1": 4 * THREADS}


def test_rollups(node, games):
    ingest_stats(node, read_stats(message(NOW.timestamp(), [(games.pk, {"received": 5})])), NOW)
    assert at_once(lambda: rollup(NOW)) == [2] * THREADS
    assert [point.received for point in Point.objects.exclude(resolution=1)] == [5, 5]
