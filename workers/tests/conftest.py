"""Fixtures of the room's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from workers.tests.live import Stack, running


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """Redis, and whatever the test starts; all of it is ended after the test."""
    with running(tmp_path) as found:
        yield found
