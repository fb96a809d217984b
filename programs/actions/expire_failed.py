"""Delete programs that never passed and that nobody touches any more."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.audit import record
from programs.models import Build, Program

# What the compatible API promises of a failed program, counted from its last change.
KEPT = timedelta(days=30)


def expire_failed() -> int:
    """Deletes programs whose builds have all failed, KEPT after their last change; returns how many.

    A program without a version is not failed, and one that a rule uses has a build that did not.
    """
    builds = Build.objects.filter(version__program=OuterRef("pk"))
    old = Program.objects.filter(Exists(builds), modified_on__lt=timezone.now() - KEPT)
    failed = old.exclude(Exists(builds.exclude(state=Build.State.FAILED)))
    return sum(_expire(failed.filter(pk=key)) for key in list(failed.values_list("pk", flat=True)))


@transaction.atomic
def _expire(rows: QuerySet[Program]) -> int:
    # Asked again and held: new source may have come meanwhile.
    program = rows.select_for_update(of=("self",)).select_related("account").first()
    if program is None:
        return 0
    key = str(program.pk)
    program.delete()
    record(program.account, None, "program.expire", program, id=key)
    return 1
