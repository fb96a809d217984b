"""WebSocket addresses."""

from django.urls import path

from telemetry.consumers.browser import BrowserConsumer
from telemetry.consumers.node import TelemetryConsumer

websocket_urlpatterns = [
    path("ws", BrowserConsumer.as_asgi()),
    path("telemetry/v1/node", TelemetryConsumer.as_asgi()),
]
