"""accounts/{account_id}/lists: named IP lists and what is on them."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actions.add_entry import add_entry
from accounts.actions.change_list import change_list
from accounts.actions.create_list import create_list
from accounts.actions.delete_list import delete_list
from accounts.actions.remove_entry import remove_entry
from accounts.actions.set_entries import set_entries
from accounts.api.views import AccountView
from accounts.lists import check_size
from accounts.models import IPList, IPListEntry
from accounts.queries import as_text, ip_lists
from httpapi.errors import Invalid


class IPListSerializer(serializers.Serializer):
    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(
        max_length=63, help_text="What programs look up: lower-case letters, digits, _ and -. Unique in the account."
    )
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    size = serializers.IntegerField(read_only=True, help_text="How many entries it has.")
    created_on = serializers.DateTimeField(read_only=True)
    modified_on = serializers.DateTimeField(read_only=True, help_text="Of the list or of its entries.")


class IPListTextSerializer(IPListSerializer):
    text = serializers.CharField(read_only=True, help_text="One network a line, with its note as a # comment.")


class IPListChangeSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=63, required=False)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)


class IPListEntrySerializer(serializers.Serializer):
    id = serializers.IntegerField(read_only=True)
    cidr = serializers.CharField(max_length=49, help_text="A network such as 198.51.100.0/24, or one address.")
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    expires_on = serializers.DateTimeField(required=False, allow_null=True, default=None)
    created_on = serializers.DateTimeField(read_only=True)


class NewEntrySerializer(serializers.Serializer):
    """What the action itself looks at is left to it, so that its answer names the place."""

    cidr = serializers.CharField()
    note = serializers.CharField(required=False, allow_blank=True, default="")
    expires_on = serializers.DateTimeField(required=False, allow_null=True, default=None)


class IPListContentSerializer(serializers.Serializer):
    """Either `text` or `entries`."""

    text = serializers.CharField(
        required=False,
        allow_blank=True,
        trim_whitespace=False,
        help_text="One network or address a line; # begins a note. Entries that stay keep their expiry.",
    )
    entries = NewEntrySerializer(many=True, required=False)
    seen = serializers.DateTimeField(
        required=False, allow_null=True, help_text="modified_on as you read it: refused with list.changed if it is old."
    )


class ListView(AccountView):
    """Below one list, or several."""

    def list_of(self, list_id: int) -> IPList:
        return self.one(IPList.objects, "list", pk=list_id)

    def answer(self, ip_list: IPList, status: int = 200) -> Response:
        row = self.one(ip_lists(self.account), "list", pk=ip_list.pk)
        return Response(IPListSerializer(row).data, status=status)


class Lists(ListView):
    @extend_schema(operation_id="lists_list", tags=["lists"], responses=IPListSerializer(many=True))
    def get(self, request: Request, account_id: str) -> Response:
        """The lists that programs can look addresses up in."""
        return self.page(IPListSerializer, ip_lists(self.account))

    @extend_schema(
        operation_id="lists_create", tags=["lists"], request=IPListSerializer, responses={201: IPListSerializer}
    )
    def post(self, request: Request, account_id: str) -> Response:
        """Make an empty list; for developers."""
        data = self.valid(IPListSerializer)
        return self.answer(create_list(request.user, self.account, data["name"], data["note"]), 201)


class ListDetail(ListView):
    @extend_schema(operation_id="lists_get", tags=["lists"], responses=IPListTextSerializer)
    def get(self, request: Request, account_id: str, list_id: int) -> Response:
        """One list, with its entries as text."""
        row = self.one(ip_lists(self.account), "list", pk=list_id)
        row.text = as_text(row)
        return Response(IPListTextSerializer(row).data)

    @extend_schema(
        operation_id="lists_change", tags=["lists"], request=IPListChangeSerializer, responses=IPListSerializer
    )
    def patch(self, request: Request, account_id: str, list_id: int) -> Response:
        """Rename it or change its note; for developers. Programs that look up the old name find nothing."""
        data = self.valid(IPListChangeSerializer)
        return self.answer(change_list(request.user, self.list_of(list_id), **data))

    @extend_schema(operation_id="lists_delete", tags=["lists"], responses={204: None})
    def delete(self, request: Request, account_id: str, list_id: int) -> Response:
        """Delete it and its entries; for developers. Programs that look it up find nothing."""
        delete_list(request.user, self.list_of(list_id))
        return Response(status=204)


class ListEntries(ListView):
    @extend_schema(operation_id="lists_entries", tags=["lists"], responses=IPListEntrySerializer(many=True))
    def get(self, request: Request, account_id: str, list_id: int) -> Response:
        """The list's entries in the order of their addresses, IPv4 first."""
        rows = IPListEntry.objects.for_account(self.account).filter(ip_list=self.list_of(list_id))
        return self.page(IPListEntrySerializer, rows)

    @extend_schema(
        operation_id="lists_set_entries",
        tags=["lists"],
        request=IPListContentSerializer,
        responses=IPListSerializer,
    )
    def put(self, request: Request, account_id: str, list_id: int) -> Response:
        """Replace all entries, or none where a line is bad; for developers."""
        ip_list = self.list_of(list_id)
        many = request.data.get("entries") if isinstance(request.data, dict) else None
        check_size(len(many) if isinstance(many, list) else 0)
        data = self.valid(IPListContentSerializer)
        if ("text" in data) == ("entries" in data):
            raise Invalid("list.content", "Send either text or entries.")
        content = data["text"] if "text" in data else [dict(row) for row in data["entries"]]
        return self.answer(set_entries(request.user, ip_list, content, data.get("seen")))

    @extend_schema(
        operation_id="lists_add_entry",
        tags=["lists"],
        request=IPListEntrySerializer,
        responses={201: IPListEntrySerializer},
    )
    def post(self, request: Request, account_id: str, list_id: int) -> Response:
        """Add one entry; for developers."""
        data = self.valid(IPListEntrySerializer)
        row = add_entry(request.user, self.list_of(list_id), data["cidr"], data["note"], data["expires_on"])
        return Response(IPListEntrySerializer(row).data, status=201)


class ListEntryDetail(ListView):
    @extend_schema(operation_id="lists_remove_entry", tags=["lists"], responses={204: None})
    def delete(self, request: Request, account_id: str, list_id: int, entry_id: int) -> Response:
        """Remove one entry; for developers."""
        remove_entry(request.user, self.one(IPListEntry.objects, "list entry", pk=entry_id, ip_list=list_id))
        return Response(status=204)
