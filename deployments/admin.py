"""Where operators decide: the pending deployments, each with its C diff, build and replay."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from deployments import approval, queries
from deployments.actions.approve import approve
from deployments.actions.close import reject
from deployments.actions.roll_back import roll_back
from deployments.admin_emergency import emergency_off_page
from deployments.api.views import allowed
from deployments.models import Deployment, Rule
from httpapi.errors import Refused
from programs.models import Build, Version

COLOURS = {
    "pending": "#b45309",
    "live": "#15803d",
    "rejected": "#b91c1c",
    "rolled_back": "#b91c1c",
}


class ReadOnly(ModelAdmin):
    """Rows that only actions change."""

    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False

    def has_view_permission(self, request, obj=None) -> bool:
        return bool(request.user.is_active and request.user.is_staff)

    def has_module_permission(self, request) -> bool:
        return self.has_view_permission(request)


@admin.register(Rule)
class RuleAdmin(ReadOnly):
    """What is in force."""

    list_display = ["program", "version", "account", "scope", "name", "mode", "live"]
    list_filter = ["mode", "scope", "live"]
    list_select_related = ["program", "version__program", "account"]

    def get_urls(self):
        off = self.admin_site.admin_view(emergency_off_page)
        return [path("off/<str:pk>", off, name="deployments_emergency_off"), *super().get_urls()]


@admin.register(Deployment)
class DeploymentAdmin(ReadOnly):
    """Approve, reject, roll back."""

    list_display = ["__str__", "account", "shown_state", "requested_by", "created_on", "decided_by"]
    list_filter = ["state", "change"]
    list_select_related = ["account"]
    change_form_template = "admin/deployments/deployment/change_form.html"

    @admin.display(description="state", ordering="state")
    def shown_state(self, deployment: Deployment) -> str:
        colour = COLOURS.get(deployment.state, "#64748b")
        return format_html('<b style="color:{}">{}</b>', colour, deployment.get_state_display())

    def get_urls(self):
        decide = require_POST(self.admin_site.admin_view(self.decide))
        return [
            path("<uuid:pk>/decide/<str:verb>", decide, name="deployments_deployment_decide"),
            *super().get_urls(),
        ]

    def get_fieldsets(self, request, obj=None):
        return []

    def change_view(self, request, object_id, form_url="", extra_context=None):
        deployment = self.get_object(request, object_id)
        if deployment is None:
            return super().change_view(request, object_id, form_url, extra_context)
        new = None if deployment.change == "delete" else deployment.version
        review = {
            "deployment": deployment,
            "terms": deployment.after or deployment.previous or {},
            "changed": queries.changed_terms(deployment),
            "diff": diff_rows(queries.source_diff(deployment)),
            "old": queries.compared_version(deployment),
            "new": new,
            "build": getattr(new, "build", None),
            "compared": compared_builds(queries.compared_version(deployment), new),
            "replays": queries.replays_of(new),
            "may_decide": deployment.state == "pending" and allowed(approval.require_decider, request.user, deployment),
            "may_roll_back": deployment.state == "live"
            and allowed(approval.require_undo, request.user, deployment.account),
            "title": str(deployment),
        }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **review})

    def decide(self, request: HttpRequest, pk, verb: str) -> HttpResponse:
        """Carries out approve, reject or rollback, and says how it went."""
        deployment = get_object_or_404(Deployment.objects.select_related("account", "rule__version__program"), pk=pk)
        reason = request.POST.get("reason", "")
        try:
            if verb == "approve":
                approve(request.user, deployment, switch_on="switch_on" in request.POST)
            elif verb == "reject":
                reject(request.user, deployment, reason)
            elif verb == "rollback":
                roll_back(request.user, deployment, reason)
            else:
                return HttpResponse(status=404)
            messages.success(request, f"{deployment} is {deployment.get_state_display().lower()}.")
        except Refused as error:
            messages.error(request, error.message)
        return HttpResponseRedirect(reverse("admin:deployments_deployment_change", args=[pk]))


def compared_builds(old: Version | None, new: Version | None) -> list[dict[str, str]]:
    """What the verifier knows of the version before and the new one, a row a fact; `–` where there is none."""
    before, after = (told(getattr(version, "build", None)) for version in (old, new))
    return [
        {"fact": fact, "before": before.get(fact, "–"), "after": after.get(fact, "–")}
        for fact in dict.fromkeys([*after, *before])
    ]


def told(build: Build | None) -> dict[str, str]:
    """A build's verdict and facts in words; only what is known."""
    if build is None:
        return {}
    words = {
        "Instructions": "–" if build.instructions is None else f"{build.instructions:,} of 8,192",
        "Verdict": build.get_verdict_display() or "not recorded",
    }
    facts = build.facts
    if facts:
        fuel = facts["worst_case_fuel"]
        frames = ", ".join(str(frame["bytes"]) for frame in facts["stack"])
        words |= {
            "Worst-case fuel": "not bounded" if fuel is None else f"{fuel:,} a packet",
            "Helpers": ", ".join(helper["name"] for helper in facts["helpers"]) or "none",
            "Stack per frame": f"{frames} of 512 bytes" if frames else "none",
            "Looks at each packet": "no: some get a verdict unseen" if facts["ignores_packet"] else "yes",
        }
    loops = [found for found in build.diagnostics if is_loop_warning(found)]
    return words | {"Loops not proven to end": "; ".join(place(found) for found in loops) or "none"}


def is_loop_warning(found: dict[str, Any]) -> bool:
    """Whether a finding is the verifier's warning that only fuel ends a loop."""
    return found.get("severity") == "warning" and found.get("code") == "verify.unproven_loop"


def place(found: dict[str, Any]) -> str:
    """A finding with its line, where it has one."""
    line = found.get("line")
    return f"line {line}: {found['message']}" if line else str(found["message"])


def diff_rows(lines: list[str]) -> list[dict[str, str]]:
    """Lines of a unified diff with the kind that the page colours by."""
    kinds = {"+": "added", "-": "removed", "@": "place"}
    return [{"kind": kinds.get(line[:1], "same"), "text": line} for line in lines]
