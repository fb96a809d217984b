"""WebSocket addresses."""

from django.urls import path

from fleet.consumers.agent import AgentConsumer

websocket_urlpatterns = [path("fleet/v1/agent", AgentConsumer.as_asgi())]
