"""The room's registration with Django."""

from django.apps import AppConfig


class FleetConfig(AppConfig):
    """Regions, nodes and bundles."""

    name = "fleet"
