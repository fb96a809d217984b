"""Replay of an uploaded capture in the compatible API."""

import time

from django.conf import settings
from django.http import HttpResponse
from rest_framework.response import Response

from accounts.permissions import require
from deployments.cloudflare.rules import newest_ready
from deployments.cloudflare.views import OUR_FAULT, RawView, try_again
from httpapi.codes import Code
from httpapi.envelope import failure
from httpapi.errors import Invalid
from httpapi.throttles import spend
from programs import rates
from programs.actions.start_replay import start_replay
from programs.models import Capture, Replay

PCAP = "application/vnd.tcpdump.pcap"
POLL_SECONDS = 0.1


class Pcap(RawView):
    """POST a capture, get it back annotated."""

    accepted = (PCAP, "application/octet-stream", "application/x-pcapng")

    def post(self, request, account: str, program) -> HttpResponse | Response:
        found = self.program()
        require(request.user, found.account, "developer")
        offset = request.query_params.get("ip_offset")
        if offset is not None and not (offset.isascii() and offset.isdigit() and int(offset) <= 65_535):
            raise Invalid("replay.ip_offset", "ip_offset is a number of bytes.")
        version = newest_ready(found)
        if version is None:
            raise Invalid("replay.program", "This program has no version that passed verification.")
        data = self.body()
        if not data:
            raise Invalid("capture.empty", "The body is empty; send a capture.")
        spend(self, *rates.REPLAY)
        capture = Capture.objects.create(account=found.account, name="upload", data=data)
        try:
            replay = start_replay(request.user, version, capture, int(offset) if offset else None)
            end = time.monotonic() + settings.COMPATIBLE_WAIT_SECONDS
            while replay.state in (Replay.State.QUEUED, Replay.State.RUNNING) and time.monotonic() < end:
                time.sleep(POLL_SECONDS)
                replay.refresh_from_db()
            if replay.state == Replay.State.FAILED:
                return refused_replay(replay)
            if replay.state != Replay.State.DONE:
                return try_again(Code.NOT_FINISHED, "The replay takes longer than this request may wait.")
            answer = HttpResponse(bytes(replay.annotated or b""), content_type=PCAP)
            answer["Content-Disposition"] = 'attachment; filename="annotated.pcapng"'
            return answer
        finally:
            # The compatible API keeps nothing of what was uploaded.
            capture.delete()


def refused_replay(replay: Replay) -> Response:
    """The answer for a replay that failed: its error ends with a code in brackets."""
    code = replay.error.rpartition("[")[2].rstrip("]")
    if code.startswith(OUR_FAULT):
        return try_again(Code.UNAVAILABLE, replay.error)
    return failure([(Code.REFUSED, replay.error or "The replay failed.")], 400)
