"""How long the audit log is kept."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.actions import expire_audit as module
from accounts.actions.expire_audit import expire_audit
from accounts.audit import record
from accounts.models import AuditEntry

pytestmark = pytest.mark.django_db


def entry(days: float) -> AuditEntry:
    made = record(None, None, "test", days)
    AuditEntry.objects.filter(pk=made.pk).update(at=timezone.now() - timedelta(days=days))
    return made


def test_older_entries_go_and_the_log_says_so(settings, monkeypatch) -> None:
    settings.AUDIT_DAYS = 400
    monkeypatch.setattr(module, "BATCH", 2)
    for _ in range(3):
        entry(400.1)
    young = entry(399.9)
    assert expire_audit() == 3
    left = AuditEntry.objects.order_by("pk")
    assert left[0] == young
    assert [(row.action, row.actor, row.data["entries"]) for row in left[1:]] == [
        ("audit.expire", "flowprotect", 2),
        ("audit.expire", "flowprotect", 1),
    ]
    assert expire_audit() == 0
    assert AuditEntry.objects.count() == 3


@pytest.mark.parametrize("days", [0, -5, 29])
def test_thirty_days_are_kept_whatever_is_set(settings, days: int) -> None:
    settings.AUDIT_DAYS = days
    entry(29.9)
    entry(30.1)
    assert expire_audit() == 1
    assert AuditEntry.objects.filter(action="test").count() == 1
