"""The operators' pages for places, nodes and enrolment. Every change goes through an action."""

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from fleet.actions.issue_enrolment_token import issue_enrolment_token
from fleet.actions.retire_node import retire_node
from fleet.actions.revoke_enrolment_token import revoke_enrolment_token
from fleet.actions.save_place import remove_place, save_place
from fleet.models import Bundle, Datacenter, EnrolmentToken, Node, Region
from fleet.queries import current_serial
from httpapi.errors import Refused

COLOURS = {"online": "#15803d", "offline": "#b91c1c", "enrolled": "#b45309", "retired": "#64748b"}


def is_operator(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.is_staff)


class OperatorAdmin(ModelAdmin):
    """Pages for every operator."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_operator(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_operator(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class PlaceAdmin(OperatorAdmin):
    """Regions and datacenters."""

    actions = None
    search_fields = ("code", "name")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_operator(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_operator(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_operator(request)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        save_place(request.user, obj)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        remove_place(request.user, obj)


@admin.register(Region)
class RegionAdmin(PlaceAdmin):
    list_display = ("code", "name")


@admin.register(Datacenter)
class DatacenterAdmin(PlaceAdmin):
    list_display = ("code", "name", "region")
    list_filter = ("region",)
    list_select_related = ("region",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code", "region") if obj else ()


@admin.register(Node)
class NodeAdmin(OperatorAdmin):
    """How each node is; only retiring changes anything."""

    list_display = (
        "hostname",
        "datacenter",
        "shown_state",
        "lag",
        "agent_version",
        "shown_confinement",
        "last_seen_on",
        "problem",
    )
    list_filter = ("state", "datacenter__region", "datacenter")
    list_select_related = ("datacenter__region",)
    search_fields = ("hostname", "id")
    actions = ("retire",)
    fields = (
        ("hostname", "id"),
        "datacenter",
        ("shown_state", "lag"),
        ("agent_version", "enrolled_on", "last_seen_on"),
        "problem",
        "shown_held_back",
        "shown_confinement",
        "shown_programs",
    )
    readonly_fields = ("shown_state", "lag", "problem", "shown_held_back", "shown_confinement", "shown_programs")

    @admin.display(description="state", ordering="state")
    def shown_state(self, node: Node) -> str:
        return format_html('<b style="color:{}">{}</b>', COLOURS[node.reachable_state], node.reachable_state)

    @admin.display(description="configuration", ordering="serial")
    def lag(self, node: Node) -> str:
        behind = current_serial() - node.serial
        if behind <= 0:
            return f"{node.serial} (newest)"
        return format_html('{} (<b style="color:{}">{} behind</b>)', node.serial, COLOURS["enrolled"], behind)

    @admin.display(description="error")
    def problem(self, node: Node) -> str:
        return f"{node.error['message'] or 'No details'} [{node.error['code']}]" if node.error else "–"

    @admin.display(description="accounts held back")
    def shown_held_back(self, node: Node) -> str:
        lines = [f"{why['message']} [{why['code']}]" for _, why in sorted(node.held_back.items())]
        return format_html("<pre>{}</pre>", "\n".join(lines)) if lines else "none"

    @admin.display(description="confined")
    def shown_confinement(self, node: Node) -> str:
        if node.confinement is None:
            return "not said"
        missing = node.confinement["missing"]
        return node.confinement["state"] + (f", without {', '.join(missing)}" if missing else "")

    @admin.display(description="programs loaded")
    def shown_programs(self, node: Node) -> str:
        return format_html("<pre>{}</pre>", "\n".join(node.loaded)) if node.loaded else "none"

    def has_retire_permission(self, request: HttpRequest) -> bool:
        return is_operator(request)

    @admin.action(description="Retire: end the credential for good", permissions=["retire"])
    def retire(self, request: HttpRequest, nodes: QuerySet[Node]) -> None:
        for node in nodes:
            try:
                retire_node(request.user, node)
                messages.success(request, f"{node} is retired.")
            except Refused as error:
                messages.error(request, error.message)


class TokenForm(forms.ModelForm):
    """What a new enrolment token is for."""

    days = forms.IntegerField(
        min_value=1, max_value=90, initial=7, label="Valid for (days)", widget=UnfoldAdminIntegerFieldWidget
    )

    class Meta:
        model = EnrolmentToken
        fields = ("datacenter", "note")


@admin.register(EnrolmentToken)
class EnrolmentTokenAdmin(OperatorAdmin):
    """Issue tokens, whose secret is shown once, and revoke those nobody has used."""

    form = TokenForm
    actions = None
    list_display = ("datacenter", "note", "created_on", "expires_on", "used_on", "node")
    list_select_related = ("datacenter", "node__datacenter")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (
            ("datacenter", "note", "created_on", "expires_on", "used_on", "node")
            if obj
            else (
                "datacenter",
                "note",
                "days",
            )
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_operator(request)

    def has_delete_permission(self, request: HttpRequest, obj: EnrolmentToken | None = None) -> bool:
        return is_operator(request) and (obj is None or obj.used_on is None)

    def save_form(self, request: HttpRequest, form: TokenForm, change: bool) -> EnrolmentToken:
        data = form.cleaned_data
        form.save_m2m = lambda: None  # type: ignore[method-assign]
        terms = {"note": data["note"], "days": data["days"]}
        token, secret = issue_enrolment_token(request.user, data["datacenter"], **terms)
        # For `response_add` of this same request.
        request.issued = (token, secret)  # type: ignore[attr-defined]
        return token

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The action has saved it."""

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        token, secret = request.issued  # type: ignore[attr-defined]
        context = {
            **self.admin_site.each_context(request),
            "title": "Enrolment token",
            "token": token,
            "secret": secret,
        }
        response = TemplateResponse(request, "admin/fleet/enrolmenttoken/issued.html", context)
        response["Cache-Control"] = "no-store"
        return response

    def delete_model(self, request: HttpRequest, obj: EnrolmentToken) -> None:
        revoke_enrolment_token(request.user, obj)


@admin.register(Bundle)
class BundleAdmin(OperatorAdmin):
    """What has been published, without the programs' bytes."""

    list_display = ("serial", "created_on")
    fields = ("serial", "created_on", "shown_content")
    readonly_fields = ("shown_content",)

    @admin.display(description="content")
    def shown_content(self, bundle: Bundle) -> str:
        shown = {"programs": sorted(bundle.content["programs"]), "accounts": bundle.content["accounts"]}
        return format_html("<pre>{}</pre>", json.dumps(shown, indent=2))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Bundle]:
        rows = super().get_queryset(request)
        page = request.resolver_match and request.resolver_match.url_name or ""
        return rows if page.endswith("_change") else rows.defer("content")
