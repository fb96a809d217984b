"""What the compatible views share: the account, limits, and waiting for a build."""

from typing import Any

from django.conf import settings
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser
from rest_framework.response import Response

from accounts.authentication import BearerAuthentication
from accounts.models import Account
from accounts.permissions import visible_account
from deployments.cloudflare.present import shown_programs
from httpapi.codes import Code
from httpapi.envelope import EnvelopeView, failure
from httpapi.errors import Invalid, Missing, Refused
from httpapi.throttles import ActorThrottle
from programs.models import Build, Program, Version
from programs.queries import wait_for_build

RETRY_AFTER_SECONDS = 5
SHOWN_DIAGNOSTICS = 10
# What a build or a replay says of the server and not of the program.
OUR_FAULT = ("sandbox.", "build.", "replay.crashed", "replay.interrupted")


class TooLarge(Refused):
    """A body over the limit."""

    status_code = 413


class RawParser(BaseParser):
    """Keeps the body as bytes, up to the compatible endpoint's limit."""

    media_type = "*/*"

    def parse(self, stream, media_type=None, parser_context=None) -> Any:
        limit = settings.COMPATIBLE_UPLOAD_LIMIT
        data = stream.read(limit + 1)
        if len(data) > limit:
            raise TooLarge("too_large", f"The body has more than {limit} bytes.")
        return data


class Rate(ActorThrottle):
    """Per token; the average that Cloudflare's own API allows (1200 in five minutes)."""

    scope = "compatible"
    rate = "240/min"


class AccountView(EnvelopeView):
    """Below /accounts/{account_id}. Tokens only: no cookie, so no CSRF token is ever asked for."""

    authentication_classes = [BearerAuthentication]
    throttle_classes = [Rate]

    def account(self) -> Account:
        return visible_account(self.request.user, self.kwargs["account"])

    def program(self) -> Program:
        rows = shown_programs(self.account()).select_related("account")
        program = rows.filter(pk=self.kwargs["program"]).first()
        if program is None:
            raise Missing("program")
        return program


class RawView(AccountView):
    """Takes a raw body."""

    parser_classes = [RawParser]
    accepted: tuple[str, ...] = ()

    def body(self) -> bytes:
        kind = (self.request.content_type or "").partition(";")[0].strip().lower()
        if kind not in self.accepted:
            raise UnsupportedMediaType(kind or "none")
        data: Any = self.request.data
        return bytes(data) if isinstance(data, bytes | bytearray) else b""


def source_text(body: bytes) -> str:
    """The body as C source. Invalid (`source.*`) where it is empty, too large, or not UTF-8."""
    if not body.strip():
        raise Invalid("source.empty", "The body is empty; send the C source.")
    if len(body) > settings.SOURCE_LIMIT:
        raise TooLarge("source.too_large", f"A program has at most {settings.SOURCE_LIMIT} bytes of source.")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise Invalid("source.encoding", f"The source is not UTF-8 (byte {error.start}).") from error


def finished_build(version: Version) -> Build:
    """The version's build once it has ended, waiting as long as the compatible API allows."""
    return wait_for_build(version.build, settings.COMPATIBLE_WAIT_SECONDS)


def refused_build(build: Build) -> Response:
    """The answer for a build that failed, or that still runs."""
    if not build.finished:
        return try_again(Code.NOT_FINISHED, "The build goes on; send the same again for its result.")
    found = [item for item in build.diagnostics if item.get("severity") == "error"] or build.diagnostics
    if any(str(item.get("code")).startswith(OUR_FAULT) for item in found):
        return try_again(Code.UNAVAILABLE, "This server could not build the program; nothing is known against it.")
    rows = [
        (Code.VERIFICATION_FAILED, f"Program verification failed: {_sentence(item)}")
        for item in found[:SHOWN_DIAGNOSTICS]
    ]
    unknown = (Code.VERIFICATION_FAILED, "Program verification failed: the build gave no reason")
    return failure(rows or [unknown], 400)


def try_again(code: Code, message: str) -> Response:
    """503 with the seconds to wait."""
    return failure([(code, message)], code.status, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


def _sentence(item: dict[str, Any]) -> str:
    where = f"line {item['line']}: " if item.get("line") else ""
    hint = f" ({item['hint']})" if item.get("hint") else ""
    return f"{where}{item['message']}{hint} [{item['code']}]"
