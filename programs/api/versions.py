"""accounts/{account_id}/programs/{program_id}/versions."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import require
from httpapi.errors import Missing
from httpapi.pagination import Pages
from httpapi.throttles import spend
from programs import rates
from programs.actions.add_version import add_version
from programs.api.programs import ProgramView
from programs.api.serializers import SourceSerializer, VersionSerializer
from programs.queries import versions_of


class SourcePages(Pages):
    """Sources are long."""

    page_size = 20
    max_page_size = 50


class Versions(ProgramView):
    pagination_class = SourcePages

    @extend_schema(operation_id="versions_list", tags=["programs"], responses=VersionSerializer(many=True))
    def get(self, request: Request, account_id: str, program_id: UUID) -> Response:
        """The program's versions, newest first."""
        return self.page(VersionSerializer, versions_of(self.program(program_id)))

    @extend_schema(
        operation_id="versions_add", tags=["programs"], request=SourceSerializer, responses={201: VersionSerializer}
    )
    def post(self, request: Request, account_id: str, program_id: UUID) -> Response:
        """Add a version; its build begins at once and tells its steps as live events. For developers."""
        require(request.user, self.account, "developer")
        spend(self, *rates.BUILD)
        program = self.program(program_id)
        version = add_version(request.user, program, self.valid(SourceSerializer)["source"])
        return Response(VersionSerializer(versions_of(program).get(pk=version.pk)).data, status=201)


class VersionDetail(ProgramView):
    @extend_schema(operation_id="versions_get", tags=["programs"], responses=VersionSerializer)
    def get(self, request: Request, account_id: str, program_id: UUID, number: int) -> Response:
        """One version with its build."""
        version = versions_of(self.program(program_id)).filter(number=number).first()
        if version is None:
            raise Missing("version")
        return Response(VersionSerializer(version).data)
