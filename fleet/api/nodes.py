"""accounts/{account_id}/nodes: the machines that protect the account."""

from typing import Any

from django.db.models import Value
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import AccountView
from fleet.live import public_error
from fleet.models import Node
from fleet.queries import nodes_with_currency


class NodeErrorSerializer(serializers.Serializer):
    code = serializers.CharField()
    message = serializers.CharField()


class NodeSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    hostname = serializers.CharField()
    region = serializers.CharField(source="datacenter.region.code")
    datacenter = serializers.CharField(source="datacenter.code")
    state = serializers.ChoiceField(choices=Node.State.choices, source="reachable_state")
    serial = serializers.IntegerField(help_text="The configuration it carries out; 0 for none yet.")
    current = serializers.BooleanField(help_text="Whether that is the newest.")
    agent_version = serializers.CharField()
    last_seen_on = serializers.DateTimeField(allow_null=True)
    error = serializers.SerializerMethodField()
    held_back = serializers.SerializerMethodField(
        help_text="Why the node carries out less for this account than what is published; null where it does not."
    )
    confinement = serializers.SerializerMethodField(
        help_text="How far the agent has given up its privileges: full, partial, off, or unknown."
    )

    @extend_schema_field(NodeErrorSerializer(allow_null=True))
    def get_error(self, node: Node) -> dict[str, str] | None:
        return public_error(node.error)

    @extend_schema_field(NodeErrorSerializer(allow_null=True))
    def get_held_back(self, node: Any) -> dict[str, str] | None:
        return node.held_back.get(node.asked_for)

    @extend_schema_field(serializers.ChoiceField(choices=["full", "partial", "off", "unknown"]))
    def get_confinement(self, node: Node) -> str:
        return node.confinement["state"] if node.confinement else "unknown"


class Nodes(AccountView):
    @extend_schema(operation_id="nodes_list", tags=["nodes"], responses=NodeSerializer(many=True))
    def get(self, request: Request, account_id: str) -> Response:
        """Every node in service. Nodes are shared: each carries out the rules of every account."""
        return self.page(NodeSerializer, nodes_with_currency().annotate(asked_for=Value(account_id)))
