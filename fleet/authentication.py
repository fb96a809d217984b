"""Nodes prove who they are with the credential they got when they enrolled."""

from typing import Any

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission

from fleet.models import Node
from fleet.queries import node_with


def bearer(header: bytes) -> str | None:
    """The secret in an Authorization header of the kind Bearer."""
    kind, _, secret = header.decode("latin-1").partition(" ")
    return secret.strip() or None if kind.lower() == "bearer" else None


def bearer_of(scope: dict[str, Any]) -> str | None:
    """The secret in the Authorization header of a WebSocket handshake."""
    for name, value in scope["headers"]:
        if name.lower() == b"authorization":
            return bearer(value)
    return None


class NodeAuthentication(BaseAuthentication):
    """`Authorization: Bearer fpn_…`; the node becomes `request.user`."""

    def authenticate(self, request):
        secret = bearer(get_authorization_header(request))
        if secret is None:
            return None
        node = node_with(secret)
        if node is None:
            raise AuthenticationFailed("This credential is not valid.", code="node.credential")
        return node, None

    def authenticate_header(self, request) -> str:
        return "Bearer"


class IsNode(BasePermission):
    """Nodes only."""

    def has_permission(self, request, view) -> bool:
        return isinstance(request.user, Node)
