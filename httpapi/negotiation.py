"""Which form an answer has."""

from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation


class AnyAnswer(DefaultContentNegotiation):
    """The view's own form, whatever the client accepts: for views that answer with a file, and JSON for errors."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> tuple[Any, str]:
        return renderers[0], renderers[0].media_type
