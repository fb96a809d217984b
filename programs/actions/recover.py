"""Find builds and replays whose worker died, or whose message was lost."""

import logging
from datetime import timedelta

from django.utils import timezone

from httpapi.tasks import send
from programs.actions.build_version import finish, step
from programs.actions.run_replay import fail
from programs.engine.build import failure
from programs.models import Build, IllegalTransition, Replay

log = logging.getLogger(__name__)
# Longer than any step may take.
STUCK = timedelta(seconds=60)
ATTEMPTS = 2


def recover() -> int:
    """Sends what waits too long again, and ends what was tried often enough; returns how many rows it touched."""
    late = timezone.now() - STUCK
    builds = Build.objects.exclude(state__in=["ready", "failed"]).filter(changed_on__lt=late)
    found = list(builds.select_related("version__program"))
    for build in found:
        recover_build(build)
    replays = list(Replay.objects.filter(state__in=["queued", "running"], changed_on__lt=late).defer("annotated"))
    for replay in replays:
        recover_replay(replay)
    return len(found) + len(replays)


def recover_build(build: Build) -> None:
    """Queues a build again; after ATTEMPTS workers have died of it, it has failed."""
    log.warning("build %s has been %s since %s", build.pk, build.state, build.changed_on)
    if build.attempt >= ATTEMPTS:
        message = f"the build was interrupted {build.attempt} times"
        hint = "Add the version again; tell the operator if this happens again."
        finish(build, "failed", diagnostics=[failure("compile", "build.interrupted", message, hint=hint)])
        return
    if build.state == Build.State.QUEUED:
        # Noted, so that a long queue is not filled with more and more messages.
        Build.objects.filter(pk=build.pk, state="queued").update(changed_on=timezone.now())
    else:
        try:
            step(build, "queued")
        except IllegalTransition:
            return
    send("programs.build_version", str(build.pk))


def recover_replay(replay: Replay) -> None:
    """Sends a waiting replay again; one that was running has failed."""
    if replay.state == Replay.State.RUNNING:
        fail(replay, "the replay was interrupted; start it again [replay.interrupted]")
        return
    Replay.objects.filter(pk=replay.pk, state="queued").update(changed_on=timezone.now())
    send("programs.run_replay", str(replay.pk))
