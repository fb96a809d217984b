"""Programs in the compatible API."""

import uuid

from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import require
from deployments.actions.upload import move_rules, new_source, upload
from deployments.cloudflare.present import program_json, shown_programs
from deployments.cloudflare.views import RawView, finished_build, refused_build, source_text
from deployments.models import Rule
from httpapi.envelope import envelope, envelope_list
from httpapi.errors import Invalid, Refused
from httpapi.throttles import spend
from programs import rates
from programs.actions.delete_program import delete_program
from programs.models import Build, Program

SOURCE_TYPES = ("text/plain", "text/x-csrc")
NAME_LIMIT = 120


class Programs(RawView):
    """The list, and upload of a new program."""

    accepted = SOURCE_TYPES

    def get(self, request, account: str) -> Response:
        rows = shown_programs(self.account()).order_by("created_on", "pk")
        return envelope_list(request, rows, program_json)

    def post(self, request, account: str) -> Response:
        owner = self.account()
        require(request.user, owner, "developer")
        spend(self, *rates.BUILD)
        version = upload(request.user, owner, program_name(request), source_text(self.body()))
        build = finished_build(version)
        if build.state != Build.State.READY:
            return refused_build(build)
        return envelope(program_json(shown_programs(owner).get(pk=version.program_id)))

    def delete(self, request, account: str) -> Response:
        owner = self.account()
        require(request.user, owner, "developer")
        rows = list(Program.objects.for_account(owner).order_by("created_on", "pk"))
        ids = [str(program.pk) for program in rows]
        used = sorted({str(rule.program_id) for rule in Rule.objects.for_account(owner)})
        if used:
            raise Refused("program.in_use", f"Programs that rules use cannot be deleted: {', '.join(used)}.")
        with transaction.atomic():
            for program in rows:
                delete_program(request.user, program)
        return envelope([{"id": key} for key in ids])


class ProgramDetail(RawView):
    """One program: get, new source, delete."""

    accepted = SOURCE_TYPES

    def get(self, request, account: str, program) -> Response:
        return envelope(program_json(self.program()))

    def patch(self, request, account: str, program) -> Response:
        found = self.program()
        require(request.user, found.account, "developer")
        spend(self, *rates.BUILD)
        version = new_source(request.user, found, source_text(self.body()))
        build = finished_build(version)
        if build.state != Build.State.READY:
            return refused_build(build)
        asked = [
            {"id": str(made.pk), "rule_id": str(made.rule_ref), "status": made.state}
            for made in move_rules(request.user, found, version)
        ]
        return envelope({**program_json(self.program()), "deployments": asked})

    def delete(self, request, account: str, program) -> Response:
        found = self.program()
        answer = {"id": str(found.pk)}
        delete_program(request.user, found)
        return envelope(answer)


def program_name(request: Request) -> str:
    """What `X-Program-Name` says, as UTF-8 where it is that; a new UUID without it. Raises Invalid (`program.name`)."""
    given = request.headers.get("X-Program-Name", "")
    try:
        # HTTP servers hand headers over as Latin-1.
        given = given.encode("latin-1").decode()
    except UnicodeError:
        pass
    name = given.strip()
    if len(name) > NAME_LIMIT:
        raise Invalid("program.name", f"A program's name has at most {NAME_LIMIT} characters.")
    if not (name or " ").isprintable():
        raise Invalid("program.name", "A program's name has printable characters only.")
    return name or str(uuid.uuid4())
