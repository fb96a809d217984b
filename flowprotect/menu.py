"""The admin's menu: what waits for a decision first, with its number."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse_lazy


def pending(request: HttpRequest) -> str:
    """How many deployments wait for a decision; nothing for none."""
    from deployments.models import Deployment

    count = Deployment.objects.filter(state=Deployment.State.PENDING).count()
    return str(count) if count else ""


def claims(request: HttpRequest) -> str:
    """How many prefixes wait for a proof; nothing for none."""
    from accounts.models import Prefix

    count = Prefix.objects.filter(state=Prefix.State.CLAIMED).count()
    return str(count) if count else ""


def link(title: str, model: str, icon: str, query: str = "", **more: Any) -> dict[str, Any]:
    """One entry: a model's list."""
    address = reverse_lazy(f"admin:{model}_changelist")
    where = (lambda request: f"{address}?{query}") if query else address
    return {"title": title, "icon": icon, "link": where, **more}


NAVIGATION = [
    {
        "title": "Deployments",
        "items": [
            link(
                "Waiting for approval",
                "deployments_deployment",
                "approval",
                "state__exact=pending",
                badge="flowprotect.menu.pending",
            ),
            link("All deployments", "deployments_deployment", "history"),
            link("Rules in force", "deployments_rule", "rule"),
        ],
    },
    {
        "title": "Customers",
        "items": [
            link("Accounts", "accounts_account", "domain"),
            link(
                "Prefixes to prove",
                "accounts_prefix",
                "verified_user",
                "state__exact=claimed",
                badge="flowprotect.menu.claims",
            ),
            link("All prefixes", "accounts_prefix", "lan"),
            link("Users", "accounts_user", "group"),
            link("Audit log", "accounts_auditentry", "receipt_long"),
        ],
    },
    {
        "title": "Programs",
        "items": [
            link("Programs", "programs_program", "code"),
            link("Versions", "programs_version", "commit"),
            link("Builds", "programs_build", "construction"),
            link("Captures", "programs_capture", "perm_media"),
            link("Replays", "programs_replay", "replay"),
        ],
    },
    {
        "title": "Edge",
        "items": [
            link("Nodes", "fleet_node", "dns"),
            link("Enrolment tokens", "fleet_enrolmenttoken", "key"),
            link("Datacenters", "fleet_datacenter", "warehouse"),
            link("Regions", "fleet_region", "public"),
            link("Bundles", "fleet_bundle", "deployed_code"),
        ],
    },
]
