"""The room's addresses below /api/v1/."""

from django.urls import path

from programs.api.captures import CaptureDetail, Captures
from programs.api.check import Check
from programs.api.programs import ProgramDetail, Programs
from programs.api.replays import ReplayAnnotated, ReplayDetail, Replays, ReplayTrace
from programs.api.versions import VersionDetail, Versions

ACCOUNT = "accounts/<str:account_id>"
PROGRAM = f"{ACCOUNT}/programs/<uuid:program_id>"
api_urlpatterns = [
    path(f"{ACCOUNT}/programs", Programs.as_view(), name="programs"),
    path(PROGRAM, ProgramDetail.as_view(), name="program"),
    path(f"{PROGRAM}/versions", Versions.as_view(), name="versions"),
    path(f"{PROGRAM}/versions/<int:number>", VersionDetail.as_view(), name="version"),
    path(f"{ACCOUNT}/captures", Captures.as_view(), name="captures"),
    path(f"{ACCOUNT}/captures/<uuid:capture_id>", CaptureDetail.as_view(), name="capture"),
    path(f"{ACCOUNT}/replays", Replays.as_view(), name="replays"),
    path(f"{ACCOUNT}/replays/<uuid:replay_id>", ReplayDetail.as_view(), name="replay"),
    path(f"{ACCOUNT}/replays/<uuid:replay_id>/annotated", ReplayAnnotated.as_view(), name="replay-annotated"),
    path(f"{ACCOUNT}/replays/<uuid:replay_id>/trace", ReplayTrace.as_view(), name="replay-trace"),
    path(f"{ACCOUNT}/check", Check.as_view(), name="check"),
]
