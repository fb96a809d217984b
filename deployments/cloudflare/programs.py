"""Programs in the compatible API."""

import uuid
from typing import Any

from rest_framework.response import Response

from accounts.permissions import require
from deployments.actions.request import request_update
from deployments.cloudflare.present import program_json
from deployments.cloudflare.views import RawView, finished_build, refused_build, source_text
from deployments.models import Rule
from deployments.terms import Terms
from httpapi.envelope import envelope, envelope_list
from httpapi.errors import Invalid, Refused
from programs.actions.add_version import add_version
from programs.actions.create_program import create_program
from programs.actions.delete_program import delete_program
from programs.models import Build, Program, Version

SOURCE_TYPES = ("text/plain", "text/x-csrc")


class Programs(RawView):
    """The list, and upload of a new program."""

    accepted = SOURCE_TYPES

    def get(self, request, account: str) -> Response:
        rows = Program.objects.for_account(self.account()).order_by("created_on", "pk")
        return envelope_list(request, rows, program_json)

    def post(self, request, account: str) -> Response:
        owner = self.account()
        require(request.user, owner, "developer")
        source = source_text(self.body())
        name = request.headers.get("X-Program-Name", "").strip() or str(uuid.uuid4())
        if len(name) > 120:
            raise Invalid("program.name", "A program's name has at most 120 characters.")
        program = create_program(request.user, owner, name, source)
        build = finished_build(program.versions.select_related("build").get())
        if build.state != Build.State.READY:
            return refused_build(build)
        return envelope(program_json(program))

    def delete(self, request, account: str) -> Response:
        owner = self.account()
        require(request.user, owner, "developer")
        rows = list(Program.objects.for_account(owner))
        used = [str(rule.program_id) for rule in Rule.objects.for_account(owner)]
        if used:
            raise Refused(
                "program.in_use", f"Programs that rules use cannot be deleted: {', '.join(sorted(set(used)))}."
            )
        for program in rows:
            delete_program(request.user, program)
        return envelope([{"id": str(program.pk)} for program in rows])


class ProgramDetail(RawView):
    """One program: get, new source, delete."""

    accepted = SOURCE_TYPES

    def get(self, request, account: str, program) -> Response:
        return envelope(program_json(self.program()))

    def patch(self, request, account: str, program) -> Response:
        found = self.program()
        require(request.user, found.account, "developer")
        version = add_version(request.user, found, source_text(self.body()))
        build = finished_build(Version.objects.select_related("build").get(pk=version.pk))
        if build.state != Build.State.READY:
            return refused_build(build)
        waiting = [self._move(request.user, rule, version) for rule in found.rules.filter(live=True)]
        found.refresh_from_db()
        return envelope({**program_json(found), "deployments": waiting})

    @staticmethod
    def _move(actor: Any, rule: Rule, version: Version) -> dict[str, str]:
        made = request_update(actor, rule, Terms(version, rule.scope, rule.name, rule.mode, rule.expression))
        return {"id": str(made.pk), "rule_id": str(rule.pk), "status": made.state}

    def delete(self, request, account: str, program) -> Response:
        found = self.program()
        answer = {"id": str(found.pk)}
        delete_program(request.user, found)
        return envelope(answer)
