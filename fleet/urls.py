"""The room's addresses: /api/v1/ for people and programs, /fleet/v1/ for agents."""

from django.urls import path

from fleet.api.agent import BundleView, Enrol
from fleet.api.nodes import Nodes

api_urlpatterns = [path("accounts/<str:account_id>/nodes", Nodes.as_view(), name="nodes")]
agent_urlpatterns = [
    path("enrol", Enrol.as_view(), name="fleet-enrol"),
    path("bundle", BundleView.as_view(), name="fleet-bundle"),
]
