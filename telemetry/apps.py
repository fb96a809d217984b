"""The room's registration with Django."""

from django.apps import AppConfig


class TelemetryConfig(AppConfig):
    """Numbers and sampled packets from nodes."""

    name = "telemetry"
