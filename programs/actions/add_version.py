"""Add a version to a program; building it begins at once."""

from typing import Any

from django.db import transaction
from django.db.models import Max

from accounts.audit import record
from accounts.locks import lock_account
from accounts.permissions import require
from httpapi.errors import Missing
from httpapi.live import announce
from httpapi.tasks import send
from programs.build_time import hold_time
from programs.limits import check_source
from programs.models import Build, Program, Version
from programs.present import build_event


def add_version(actor: Any, program: Program, source: str) -> Version:
    """The new version, with a queued build.

    Raises Forbidden, Invalid (`source.*`), Missing if the program is gone,
    OverQuota (`quota.build_minutes`).
    """
    account = program.account
    require(actor, account, "developer")
    check_source(source)
    with transaction.atomic():
        hold_time(lock_account(account))
        # Held so that two versions cannot take the same number.
        locked = Program.objects.select_for_update().filter(pk=program.pk).first()
        if locked is None:
            raise Missing("program")
        last = Version.objects.filter(program=locked).aggregate(last=Max("number"))["last"] or 0
        version = Version.objects.create(program=program, number=last + 1, source=source, created_by=str(actor)[:300])
        build = Build.objects.create(version=version)
        locked.save(update_fields=["modified_on"])
        record(account, actor, "version.add", version, id=str(version.pk), sha256=version.sha256)
        announce(account.pk, "build", build_event(build))
        send("programs.build_version", str(build.pk))
    return version
