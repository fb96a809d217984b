"""The time that builds take, counted against the account's quota of build minutes."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db.models import F
from django.utils import timezone

from accounts.models import Account
from accounts.quotas import check_quota
from programs.models import Build, BuildTime

# What a build holds from when it is asked for until it ends, in milliseconds: more than its steps may take.
HELD = 60_000


def spent_today(account: Account) -> int:
    """Milliseconds, with what waiting builds hold."""
    row = BuildTime.objects.for_account(account).filter(day=timezone.now().date()).first()
    return row.milliseconds if row else 0


def hold_time(account: Account) -> None:
    """Holds time for a build of the locked account. Raises OverQuota (`quota.build_minutes`)."""
    check_quota(account, "build_minutes", HELD)
    day = timezone.now().date()
    BuildTime.objects.get_or_create(account=account, day=day)
    BuildTime.objects.for_account(account).filter(day=day).update(milliseconds=F("milliseconds") + HELD)


@contextmanager
def settled(build: Build) -> Iterator[None]:
    """Puts what the block took in the place of what the build held; a later attempt adds to that.

    A build that no worker ever takes, or whose worker dies, keeps what it held.
    """
    began = time.monotonic()
    try:
        yield
    finally:
        took = int(1000 * (time.monotonic() - began))
        rows = BuildTime.objects.for_account(build.version.program.account_id).filter(day=build.created_on.date())
        rows.update(milliseconds=F("milliseconds") + took - (HELD if build.attempt == 1 else 0))
