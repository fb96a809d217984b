"""The room's addresses below /api/v1/."""

from django.urls import path

from telemetry.api.views import SamplesView, StatsView

api_urlpatterns = [
    path("accounts/<str:account_id>/stats", StatsView.as_view(), name="stats"),
    path("accounts/<str:account_id>/samples", SamplesView.as_view(), name="samples"),
]
