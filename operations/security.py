"""What a browser may load and run on our pages (Content-Security-Policy)."""

import secrets
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

# What vite leaves in index.html where the nonce of the answer goes.
PLACEHOLDER = "CSP-NONCE"
HEADER = "Content-Security-Policy"
COMMON = {
    "default-src": "'none'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
APP = {**COMMON, "script-src": "'self'", "style-src": "'self'"}
# Unfold evaluates Alpine's expressions, and has scripts and styles in its templates.
ADMIN = {
    **COMMON,
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval'",
    "style-src": "'self' 'unsafe-inline'",
}


def nonce_of(request: HttpRequest) -> str:
    """The nonce with which style elements of this answer's page are let in; the editor makes such elements."""
    if not hasattr(request, "csp_nonce"):
        request.csp_nonce = secrets.token_urlsafe(16)  # type: ignore[attr-defined]
    return request.csp_nonce  # type: ignore[attr-defined]


def policy(request: HttpRequest) -> str:
    """The header's value for this request's answer."""
    rules = dict(ADMIN if request.path_info.startswith("/admin/") else APP)
    if hasattr(request, "csp_nonce"):
        rules["style-src"] += f" 'nonce-{request.csp_nonce}'"
    return "; ".join(f"{name} {value}" for name, value in rules.items())


class PolicyMiddleware:
    """Adds the header to every answer, but for Django's own error pages of development: they style themselves."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not (settings.DEBUG and response.status_code == 500):
            response.headers.setdefault(HEADER, policy(request))
        return response
