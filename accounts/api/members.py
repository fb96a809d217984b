"""accounts/{account_id}/members: people and their roles."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actions.add_member import add_member
from accounts.actions.change_member import change_member
from accounts.actions.remove_member import remove_member
from accounts.api.views import AccountView
from accounts.models import Membership, Role


class MemberSerializer(serializers.Serializer):
    id = serializers.IntegerField(read_only=True)
    email = serializers.EmailField(max_length=254, source="user.email")
    name = serializers.CharField(read_only=True, source="user.name")
    role = serializers.ChoiceField(choices=Role.choices)
    created_on = serializers.DateTimeField(read_only=True)


class RoleSerializer(serializers.Serializer):
    role = serializers.ChoiceField(choices=Role.choices)


class Members(AccountView):
    @extend_schema(operation_id="members_list", tags=["members"], responses=MemberSerializer(many=True))
    def get(self, request: Request, account_id: str) -> Response:
        """The account's people."""
        return self.page(MemberSerializer, Membership.objects.for_account(self.account).select_related("user"))

    @extend_schema(
        operation_id="members_add", tags=["members"], request=MemberSerializer, responses={201: MemberSerializer}
    )
    def post(self, request: Request, account_id: str) -> Response:
        """Let in a person whom the operator has added to this installation; for owners."""
        data = self.valid(MemberSerializer)
        member = add_member(request.user, self.account, data["user"]["email"], data["role"])
        return Response(MemberSerializer(member).data, status=201)


class MemberDetail(AccountView):
    @extend_schema(operation_id="members_change", tags=["members"], request=RoleSerializer, responses=MemberSerializer)
    def patch(self, request: Request, account_id: str, member_id: int) -> Response:
        """Give a member another role; for owners. An account keeps at least one owner."""
        member = self.one(Membership.objects.select_related("user", "account"), "member", pk=member_id)
        return Response(MemberSerializer(change_member(request.user, member, self.valid(RoleSerializer)["role"])).data)

    @extend_schema(operation_id="members_remove", tags=["members"], responses={204: None})
    def delete(self, request: Request, account_id: str, member_id: int) -> Response:
        """Let a member go: anybody as an owner, else yourself."""
        remove_member(
            request.user, self.one(Membership.objects.select_related("user", "account"), "member", pk=member_id)
        )
        return Response(status=204)
