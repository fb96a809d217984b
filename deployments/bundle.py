"""What nodes carry out: composed here, signed and served by fleet."""

import base64
from typing import Any

from django.db import connection

from accounts.models import Account, Prefix
from accounts.queries import networks_by_list
from deployments.models import Deployment, Rule
from fleet.actions.publish import publish
from programs.models import Build

# Any constant will do: it names the lock to PostgreSQL.
_LOCK = 0x464C4F57


def account_entry(account: Account) -> dict[str, Any]:
    """One account's part of the engine's configuration; of its prefixes, those that are proven."""
    rules = Rule.objects.for_account(account).filter(live=True).order_by("created_on").select_related("version__build")
    return {
        "id": account.pk,
        "prefixes": list(account.prefixes.filter(state=Prefix.State.PROVEN).values_list("cidr", flat=True)),
        "allowlist": list(account.allowlist.values_list("cidr", flat=True)),
        "settings": {
            "on_error": account.on_error,
            "on_too_large": account.on_too_large,
            "source_entries": account.source_entries,
            "flow_entries": account.flow_entries,
            "fuel": account.fuel,
            "lists": networks_by_list(account),
        },
        "rules": [
            {
                "id": str(rule.pk),
                "program": rule.version.build.elf_sha256,
                "scope": rule.scope,
                "name": rule.name,
                "mode": rule.mode,
                "expression": rule.expression,
            }
            for rule in rules
        ],
    }


def compose() -> dict[str, Any]:
    """Every account's rules, and every program that is live or waits for approval (nodes load those early)."""
    live = Rule.objects.filter(live=True).values("version")
    pending = Deployment.objects.filter(state=Deployment.State.PENDING, version__isnull=False).values("version")
    builds = Build.objects.filter(state=Build.State.READY)
    builds = builds.filter(version__in=live) | builds.filter(version__in=pending)
    programs = {
        build.elf_sha256: {"elf": base64.b64encode(bytes(build.elf or b"")).decode()} for build in builds.distinct()
    }
    accounts = Account.objects.filter(prefixes__state=Prefix.State.PROVEN).distinct().order_by("pk")
    return {"programs": programs, "accounts": [account_entry(account) for account in accounts]}


def lock() -> None:
    """Holds back other changes of what is in force until this transaction ends.

    SQLite's immediate transactions already exclude each other. Call it before reading what will be composed.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def send(account: Account | None = None) -> None:
    """Publishes what is in force now; with `account`, nodes switch that account over at once."""
    publish(compose(), activation=account_entry(account) if account else None)
