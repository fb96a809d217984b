"""Addresses of rules and deployments."""

from django.urls import path

from deployments.api import views
from deployments.api.emergency import EmergencyOff
from deployments.cloudflare.urls import cloudflare_urlpatterns

ACCOUNT = "accounts/<str:account>/"
api_urlpatterns = [
    path(ACCOUNT + "emergency-off", EmergencyOff.as_view()),
    path(ACCOUNT + "rules", views.Rules.as_view()),
    path(ACCOUNT + "deployments", views.Deployments.as_view()),
    path(ACCOUNT + "deployments/<uuid:deployment>", views.DeploymentDetail.as_view()),
    path(ACCOUNT + "deployments/<uuid:deployment>/approve", views.Approve.as_view()),
    path(ACCOUNT + "deployments/<uuid:deployment>/reject", views.Reject.as_view()),
    path(ACCOUNT + "deployments/<uuid:deployment>/withdraw", views.Withdraw.as_view()),
    path(ACCOUNT + "deployments/<uuid:deployment>/rollback", views.RollBack.as_view()),
    path(ACCOUNT + "deployments/<uuid:deployment>/submit", views.Submit.as_view()),
]

__all__ = ["api_urlpatterns", "cloudflare_urlpatterns"]
