"""Fixtures of the room's tests."""

import pytest
from django.core.cache import cache

from accounts.tests.world import World, make_world


@pytest.fixture
def world(db) -> World:
    cache.clear()
    return make_world()
