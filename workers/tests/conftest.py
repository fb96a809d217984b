"""Fixtures of the room's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from workers.tests.live import Stack, running


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """Redis and a database, with a worker that waits for tasks."""
    with running(tmp_path) as found:
        found.start_worker()
        yield found
