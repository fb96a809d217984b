"""Fixtures for all of the edge's tests."""

from collections.abc import Iterator

import pytest

from edge.log import log


@pytest.fixture(autouse=True)
def quiet_log() -> Iterator[None]:
    """Undoes what `main` does to the log, whose stream ends with the test."""
    yield
    log.handlers.clear()
    log.propagate = True
