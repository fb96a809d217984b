"""The ASGI application: HTTP through Django, WebSockets through Channels."""

import os

import django
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flowprotect.settings")
django.setup()

from operations import traces  # noqa: E402

# Before the application is made: tracing is a middleware.
traces.start()
http = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402

from flowprotect.rooms import patterns  # noqa: E402


class BrowserOrigin:
    """Checks the origin of browsers, which always send one; agents send none and carry a credential instead."""

    def __init__(self, inner) -> None:
        self.inner = inner
        self.checked = AllowedHostsOriginValidator(inner)

    async def __call__(self, scope, receive, send):
        names = {name.lower() for name, _ in scope["headers"]}
        return await (self.checked if b"origin" in names else self.inner)(scope, receive, send)


websocket = BrowserOrigin(AuthMiddlewareStack(URLRouter(patterns("routing", "websocket_urlpatterns"))))
application = ProtocolTypeRouter({"http": http, "websocket": websocket})
