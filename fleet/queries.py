"""Reads of bundles and nodes that are more than a line."""

from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from fleet.models import Bundle, Node, digest

SCHEMA = 1


def current_bundle() -> Bundle | None:
    """The newest bundle."""
    return Bundle.objects.order_by("-serial").first()


def current_serial() -> int:
    """The newest serial; 0 where nothing has been published."""
    return Bundle.objects.order_by("-serial").values_list("serial", flat=True).first() or 0


def content() -> dict[str, Any]:
    """What the newest bundle says: programs and accounts."""
    bundle = current_bundle()
    return bundle.content if bundle else {"programs": {}, "accounts": []}


def payload_for(node: Node, bundle: Bundle) -> dict[str, Any]:
    """The bundle as this node gets it, before signing."""
    datacenter = node.datacenter
    return {
        "schema": SCHEMA,
        "serial": bundle.serial,
        "node": {"id": str(node.pk), "region": datacenter.region.code, "datacenter": datacenter.code},
        "programs": bundle.content["programs"],
        "accounts": bundle.content["accounts"],
    }


def working_nodes() -> QuerySet[Node]:
    """Every node that is not retired, with its place."""
    return Node.objects.exclude(state=Node.State.RETIRED).select_related("datacenter__region")


def nodes_with_currency() -> QuerySet[Node]:
    """Working nodes; `current` says whether they carry out the newest bundle."""
    current = ExpressionWrapper(Q(serial=current_serial()), output_field=BooleanField())
    return working_nodes().annotate(current=current)


def nodes_lagging() -> QuerySet[Node]:
    """Nodes that are online and do not yet carry out the newest bundle."""
    return working_nodes().filter(state=Node.State.ONLINE, serial__lt=current_serial())


def node_with(credential: str) -> Node | None:
    """The node that holds this credential, unless it is retired."""
    return working_nodes().filter(credential_hash=digest(credential)).first()
