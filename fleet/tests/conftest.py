"""Places, and nodes with known credentials."""

import pytest
from django.core.cache import cache

from fleet.models import Datacenter, Node, Region, digest


@pytest.fixture(autouse=True)
def fresh_throttles():
    cache.clear()


@pytest.fixture
def ams1(db) -> Datacenter:
    region = Region.objects.create(code="eu", name="Europe")
    return Datacenter.objects.create(code="ams1", name="Amsterdam", region=region)


@pytest.fixture
def node(ams1) -> Node:
    """A node whose credential is "fpn_edge1"."""
    return Node.objects.create(datacenter=ams1, hostname="edge1", credential_hash=digest("fpn_edge1"))
