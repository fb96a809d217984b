"""GET /client/v4/schema."""

from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from deployments.cloudflare.document import DOCUMENT
from httpapi.envelope import EnvelopeView


class Schema(EnvelopeView):
    """The OpenAPI document, for anybody."""

    authentication_classes = []
    permission_classes = [AllowAny]

    def get(self, request: Request) -> Response:
        return Response(DOCUMENT)
