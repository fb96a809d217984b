"""Celery tasks. Each calls one action; none has logic of its own."""

from celery import shared_task


@shared_task(name="programs.build_version")
def build_version(build_id: str) -> None:
    from programs.actions.build_version import build_version as action

    action(build_id)


@shared_task(name="programs.run_replay")
def run_replay(replay_id: str) -> None:
    from programs.actions.run_replay import run_replay as action

    action(replay_id)


@shared_task(name="programs.recover")
def recover() -> int:
    from programs.actions.recover import recover as action

    return action()


@shared_task(name="programs.expire_failed")
def expire_failed_programs() -> int:
    from programs.actions.expire_failed import expire_failed

    return expire_failed()


@shared_task(name="programs.expire_captures")
def expire_captures() -> int:
    from programs.actions.expire_captures import expire_captures as action

    return action()


@shared_task(name="accounts.expire_audit")
def expire_audit() -> int:
    from accounts.actions.expire_audit import expire_audit as action

    return action()


@shared_task(name="deployments.expire")
def expire_deployments() -> int:
    from deployments.actions.expire import expire

    return expire()


@shared_task(name="accounts.expire_lists")
def expire_list_entries() -> int:
    from accounts.actions.expire_lists import expire_lists

    return expire_lists()


@shared_task(name="telemetry.rollup")
def roll_up_telemetry() -> int:
    from telemetry.actions.rollup import rollup

    return rollup()


@shared_task(name="telemetry.prune")
def prune_telemetry() -> int:
    from telemetry.actions.prune import prune

    return prune()
