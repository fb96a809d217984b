"""Delete customers' captures that nobody has used for as long as the installation keeps them."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.audit import record
from programs.models import Capture, Replay


def expire_captures() -> int:
    """Deletes captures, with their replays, settings.CAPTURES_DAYS after they were added or last replayed.

    Returns how many; 0 days keeps them all. Supplied captures are the operators' and stay.
    """
    if not settings.CAPTURES_DAYS:
        return 0
    before = timezone.now() - timedelta(days=settings.CAPTURES_DAYS)
    used = Replay.objects.filter(capture=OuterRef("pk"), created_on__gte=before)
    old = Capture.objects.filter(account__isnull=False, created_on__lt=before).exclude(Exists(used))
    return sum(_expire(old.filter(pk=key)) for key in list(old.values_list("pk", flat=True)))


@transaction.atomic
def _expire(rows: QuerySet[Capture]) -> int:
    # Asked again and held: somebody may have begun a replay meanwhile.
    capture = rows.select_for_update(of=("self",)).select_related("account").defer("data").first()
    if capture is None:
        return 0
    key = str(capture.pk)
    capture.delete()
    record(capture.account, None, "capture.expire", capture, id=key)
    return 1
