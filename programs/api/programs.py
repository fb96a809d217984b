"""accounts/{account_id}/programs."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import AccountView
from accounts.permissions import require
from httpapi.errors import Missing
from httpapi.throttles import spend
from programs import rates
from programs.actions.create_program import create_program
from programs.actions.delete_program import delete_program
from programs.actions.rename_program import rename_program
from programs.api.serializers import NameSerializer, NewProgramSerializer, ProgramSerializer
from programs.models import Program
from programs.queries import programs_of, with_latest


class ProgramView(AccountView):
    """The base of views of one program."""

    def program(self, program_id: UUID) -> Program:
        """The account's program. Raises Missing."""
        program = programs_of(self.account).select_related("account").filter(pk=program_id).first()
        if program is None:
            raise Missing("program")
        return program

    def shown(self, program_id: UUID, status: int = 200) -> Response:
        """The program as JSON."""
        return Response(ProgramSerializer(with_latest([self.program(program_id)])[0]).data, status=status)


class Programs(ProgramView):
    @extend_schema(operation_id="programs_list", tags=["programs"], responses=ProgramSerializer(many=True))
    def get(self, request: Request, account_id: str) -> Response:
        """The account's programs by name."""
        rows = with_latest(self.paginate_queryset(programs_of(self.account)) or [])
        return self.get_paginated_response(ProgramSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="programs_create",
        tags=["programs"],
        request=NewProgramSerializer,
        responses={201: ProgramSerializer},
    )
    def post(self, request: Request, account_id: str) -> Response:
        """Make a program, with its first version if there is a source; for developers."""
        data = self.valid(NewProgramSerializer)
        if data["source"]:
            require(request.user, self.account, "developer")
            spend(self, *rates.BUILD)
        program = create_program(request.user, self.account, data["name"], data["source"])
        return self.shown(program.pk, 201)


class ProgramDetail(ProgramView):
    @extend_schema(operation_id="programs_get", tags=["programs"], responses=ProgramSerializer)
    def get(self, request: Request, account_id: str, program_id: UUID) -> Response:
        """One program."""
        return self.shown(program_id)

    @extend_schema(
        operation_id="programs_rename", tags=["programs"], request=NameSerializer, responses=ProgramSerializer
    )
    def patch(self, request: Request, account_id: str, program_id: UUID) -> Response:
        """Give a program another name; for developers."""
        rename_program(request.user, self.program(program_id), self.valid(NameSerializer)["name"])
        return self.shown(program_id)

    @extend_schema(operation_id="programs_delete", tags=["programs"], responses={204: None})
    def delete(self, request: Request, account_id: str, program_id: UUID) -> Response:
        """Delete a program that no rule uses, with its versions and replays; for developers."""
        delete_program(request.user, self.program(program_id))
        return Response(status=204)
