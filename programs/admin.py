"""The operators' pages for programs. All but supplied captures are for reading only."""

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.admin import ModelAdmin, TabularInline

from httpapi.errors import Refused
from programs.actions.add_capture import add_capture
from programs.actions.delete_capture import delete_capture
from programs.limits import check_capture
from programs.models import Build, Capture, Program, Replay, Version


class ReadOnly:
    """Nothing is added, changed or deleted here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def code(text: str) -> str:
    """Text in a fixed-width font, as it is."""
    return format_html('<pre style="white-space:pre;overflow:auto;max-height:40rem">{}</pre>', text)


class VersionInline(ReadOnly, TabularInline):
    model = Version
    fields = readonly_fields = ("number", "sha256", "created_by", "created_on")
    show_change_link = True
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Version]:
        return super().get_queryset(request).defer("source")


@admin.register(Program)
class ProgramAdmin(ReadOnly, ModelAdmin):
    """Programs with their versions."""

    list_display = ("name", "account", "created_on", "modified_on")
    list_select_related = ("account",)
    search_fields = ("name", "account__name", "account__id")
    inlines = (VersionInline,)


@admin.register(Version)
class VersionAdmin(ReadOnly, ModelAdmin):
    """A source text and what its build says."""

    list_display = ("program", "number", "account", "state", "created_by", "created_on")
    list_filter = ("build__state",)
    search_fields = ("program__name", "sha256", "program__account__name")
    fields = ("program", "number", "account", "state", "sha256", "created_by", "created_on", "text")
    ordering = ("-created_on",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Version]:
        return super().get_queryset(request).select_related("program__account", "build").defer("build__elf")

    @admin.display(description="account")
    def account(self, version: Version) -> str:
        return version.program.account.name

    @admin.display(description="build")
    def state(self, version: Version) -> str:
        return version.build.state

    @admin.display(description="source")
    def text(self, version: Version) -> str:
        return code(version.source)


@admin.register(Build)
class BuildAdmin(ReadOnly, ModelAdmin):
    """How far a build is, how long its steps took, and what was wrong."""

    list_display = ("version", "state", "attempt", "instructions", "compiler", "created_on", "finished_on")
    list_filter = ("state",)
    search_fields = ("version__program__name", "elf_sha256")
    fields = (
        *("version", "state", "attempt", "compiler", "instructions", "elf_sha256"),
        *("created_on", "changed_on", "finished_on", "milliseconds", "found"),
    )
    ordering = ("-created_on",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Build]:
        return super().get_queryset(request).select_related("version__program").defer("elf", "version__source")

    @admin.display(description="milliseconds")
    def milliseconds(self, build: Build) -> str:
        return ", ".join(f"{step} {value}" for step, value in build.steps.items())

    @admin.display(description="diagnostics")
    def found(self, build: Build) -> str:
        return code(json.dumps(build.diagnostics, indent=2))


@admin.register(Replay)
class ReplayAdmin(ReadOnly, ModelAdmin):
    """What replays gave."""

    list_display = ("version", "capture", "state", "error", "created_by", "created_on")
    list_filter = ("state",)
    fields = (
        *("version", "capture", "ip_offset", "state", "error", "created_by"),
        *("created_on", "changed_on", "finished_on", "result"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Replay]:
        rows = super().get_queryset(request).select_related("version__program", "capture")
        return rows.defer("annotated", "capture__data", "version__source")

    @admin.display(description="summary")
    def result(self, replay: Replay) -> str:
        summary = {name: value for name, value in (replay.summary or {}).items() if name != "first"}
        return code(json.dumps(summary, indent=2))


class SuppliedForm(forms.ModelForm):
    """A capture for everybody."""

    file = forms.FileField(help_text="A pcap or pcapng file.")

    class Meta:
        model = Capture
        fields = ("name",)

    def clean_file(self) -> bytes:
        data = self.cleaned_data["file"].read()
        try:
            check_capture(data)
        except Refused as error:
            raise ValidationError(error.message) from error
        return data


@admin.register(Capture)
class CaptureAdmin(ModelAdmin):
    """Captures. Operators add and delete the supplied ones; accounts' own are listed without their content."""

    form = SuppliedForm
    list_display = ("name", "account", "size", "created_on")
    search_fields = ("name", "account__name")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Capture]:
        return super().get_queryset(request).select_related("account").defer("data")

    def has_change_permission(self, request: HttpRequest, obj: Capture | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Capture | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.account_id is None)

    def get_fields(self, request: HttpRequest, obj: Capture | None = None) -> tuple[str, ...]:
        return ("name", "account", "size", "created_on") if obj else ("name", "file")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    def save_model(self, request: HttpRequest, obj: Capture, form: Any, change: bool) -> None:
        obj.pk = add_capture(request.user, None, obj.name, form.cleaned_data["file"]).pk
        obj._state.adding = False

    def delete_model(self, request: HttpRequest, obj: Capture) -> None:
        delete_capture(request.user, obj)
