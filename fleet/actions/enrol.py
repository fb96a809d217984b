"""Turn a machine that holds an enrolment token into a node."""

import secrets

from django.db import transaction
from django.utils import timezone

from accounts.audit import record
from fleet.live import announce_node
from fleet.models import EnrolmentToken, Node, digest
from httpapi.errors import Forbidden


def enrol(secret: str, hostname: str, agent_version: str) -> tuple[Node, str]:
    """A new node and its credential, which is never seen again.

    The token is found by its hash, so comparing takes no secret-dependent time. Raises Forbidden
    (`enrolment.token`, `enrolment.expired`, `enrolment.used`).
    """
    token = EnrolmentToken.objects.select_related("datacenter__region").filter(hash=digest(secret)).first()
    if token is None:
        raise Forbidden("enrolment.token", "This enrolment token is not valid.")
    now = timezone.now()
    if token.expires_on <= now:
        raise Forbidden("enrolment.expired", "This enrolment token has expired.")
    credential = "fpn_" + secrets.token_urlsafe(32)
    with transaction.atomic():
        # Only one of two machines with the same token changes this row.
        if not EnrolmentToken.objects.filter(pk=token.pk, used_on__isnull=True).update(used_on=now):
            raise Forbidden("enrolment.used", "This enrolment token has been used.")
        node = Node.objects.create(
            datacenter=token.datacenter,
            hostname=hostname,
            agent_version=agent_version,
            credential_hash=digest(credential),
            last_seen_on=now,
        )
        EnrolmentToken.objects.filter(pk=token.pk).update(node=node)
        record(None, None, "node.enrol", node, node=str(node.pk), token=token.pk)
        announce_node(node)
    return node, credential
