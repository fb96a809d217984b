"""Delete entries of the audit log that are older than the installation keeps them."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.audit import record
from accounts.models import AuditEntry

# Whatever the settings say: what happened lately must be there to be looked into.
LEAST_DAYS = 30
BATCH = 1000


def expire_audit() -> int:
    """Deletes entries older than settings.AUDIT_DAYS; returns how many. The log says that it was done."""
    before = timezone.now() - timedelta(days=max(settings.AUDIT_DAYS, LEAST_DAYS))
    gone = 0
    while keys := list(AuditEntry.objects.filter(at__lt=before).order_by("at").values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            batch = AuditEntry.objects.filter(pk__in=keys).delete()[0]
            if batch:
                record(None, None, "audit.expire", "audit log", before=before.isoformat(), entries=batch)
        gone += batch
    return gone
