"""Every HTTP address: the APIs, the admin, and the single-page application for the rest."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView

from flowprotect.rooms import patterns
from flowprotect.spa import not_found, single_page
from operations.views import metrics

urlpatterns = [
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    path("api/v1/", include(patterns("urls", "api_urlpatterns"))),
    path("client/v4/", include(patterns("urls", "cloudflare_urlpatterns"))),
    path("fleet/v1/", include(patterns("urls", "agent_urlpatterns"))),
    path("metrics", metrics),
    path("admin", RedirectView.as_view(url="/admin/")),
    path("admin/", admin.site.urls),
    re_path(r"^(?:api|client|fleet|telemetry|ws|static|assets)(?:/.*)?$", not_found),
    re_path(r"^.*$", single_page, name="spa"),
]
handler400 = "flowprotect.spa.refused"
handler500 = "flowprotect.spa.failed"
