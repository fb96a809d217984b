"""End deployments that nobody decided on."""

from datetime import timedelta

from django.utils import timezone

from deployments.actions.close import close
from deployments.models import Deployment

LIFETIME = timedelta(days=7)


def expire() -> int:
    """Ends what has waited for longer than LIFETIME; returns how many."""
    late = Deployment.objects.filter(state="pending", submitted_on__lt=timezone.now() - LIFETIME)
    rows = list(late.select_related("account"))
    for deployment in rows:
        close(None, deployment, "expired", f"Nobody decided within {LIFETIME.days} days.")
    return len(rows)
