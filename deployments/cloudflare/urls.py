"""Addresses below /client/v4."""

from django.urls import path

from deployments.cloudflare.pcap import Pcap
from deployments.cloudflare.programs import ProgramDetail, Programs
from deployments.cloudflare.rules import RuleDetail, Rules
from deployments.cloudflare.schema import Schema

CONFIGS = "accounts/<str:account>/magic/programmable_flow_protection/configs/"
cloudflare_urlpatterns = [
    path("schema", Schema.as_view()),
    path(CONFIGS + "programs", Programs.as_view()),
    path(CONFIGS + "programs/<uuid:program>", ProgramDetail.as_view()),
    path(CONFIGS + "programs/<uuid:program>/pcap", Pcap.as_view()),
    path(CONFIGS + "rules", Rules.as_view()),
    path(CONFIGS + "rules/<uuid:rule>", RuleDetail.as_view()),
]
