"""Rules in the compatible API. Changes wait for approval unless the account waives it."""

import uuid
from dataclasses import replace
from typing import Any

from django.db import transaction
from rest_framework.response import Response

from accounts.permissions import require
from deployments.actions.change import change, terms_asked
from deployments.actions.close import withdraw
from deployments.actions.request import request_create, request_delete
from deployments.cloudflare.present import rule_json, visible_rules
from deployments.cloudflare.views import AccountView
from deployments.models import Deployment, Rule
from deployments.queries import pending_for
from deployments.terms import Terms, is_milder, of_rule
from httpapi.envelope import envelope, envelope_list
from httpapi.errors import Invalid, Missing
from httpapi.parsers import LimitedJSONParser
from httpapi.text import is_storable
from programs.models import Build, Program, Version

FIELDS = ("scope", "name", "mode", "expression")


class RuleView(AccountView):
    """Takes JSON objects."""

    parser_classes = [LimitedJSONParser]

    def rule(self) -> Rule:
        rule = visible_rules(self.account()).filter(pk=self.kwargs["rule"]).first()
        if rule is None:
            raise Missing("rule")
        return rule

    def fields(self, allowed: tuple[str, ...], required: tuple[str, ...] = ()) -> dict[str, str]:
        """The JSON body as text fields. Invalid (`rule.body`) where it is anything else."""
        body: Any = self.request.data
        if not isinstance(body, dict):
            raise Invalid("rule.body", "Send a JSON object.")
        if unknown := sorted(set(body) - set(allowed)):
            raise Invalid("rule.body", f"These fields cannot be set here: {', '.join(unknown)}.")
        if missing := [name for name in required if not body.get(name)]:
            raise Invalid("rule.body", f"These fields are missing: {', '.join(missing)}.")
        for name, value in body.items():
            if not isinstance(value, str) and not (name == "expression" and value is None):
                raise Invalid("rule.body", f"{name} is a string.")
            if value and not is_storable(value):
                raise Invalid("rule.body", f"{name} has a character that cannot be kept.")
        return {name: value or "" for name, value in body.items()}


class Rules(RuleView):
    """The list, and new rules."""

    def get(self, request, account: str) -> Response:
        return envelope_list(request, visible_rules(self.account()).order_by("created_on", "pk"), rule_json)

    def post(self, request, account: str) -> Response:
        owner = self.account()
        require(request.user, owner, "developer")
        asked = self.fields(("program_id", *FIELDS), required=("program_id", "scope", "name", "mode"))
        try:
            program = Program.objects.for_account(owner).filter(pk=uuid.UUID(asked["program_id"])).first()
        except ValueError as error:
            raise Invalid("rule.program", "program_id is a UUID.") from error
        if program is None:
            raise Invalid("rule.program", "There is no such program.")
        version = newest_ready(program)
        if version is None:
            raise Invalid("rule.program", "This program has no version that passed verification.")
        terms = Terms(version, asked["scope"], asked["name"], asked["mode"], asked.get("expression", ""))
        made = request_create(request.user, owner, terms)
        return envelope(rule_json(visible_rules(owner).get(pk=made.rule_ref)))

    def delete(self, request, account: str) -> Response:
        owner = self.account()
        require(request.user, owner, "developer")
        with transaction.atomic():
            return envelope([end(request.user, rule) for rule in visible_rules(owner)])


class RuleDetail(RuleView):
    """One rule."""

    def get(self, request, account: str, rule) -> Response:
        return envelope(rule_json(self.rule()))

    def patch(self, request, account: str, rule) -> Response:
        found = self.rule()
        require(request.user, found.account, "developer")
        asked: dict[str, Any] = self.fields(FIELDS)
        live = replace(of_rule(found), **asked)
        # Making a rule milder counts from what is live; anything else goes on top of what already waits.
        milder = found.live and is_milder(of_rule(found), live)
        change(request.user, found, live if milder else replace(terms_asked(found, pending_for(found)), **asked))
        return envelope(rule_json(self.rule()))

    def delete(self, request, account: str, rule) -> Response:
        return envelope(end(request.user, self.rule()))


def newest_ready(program: Program) -> Version | None:
    """The newest version that nodes could run."""
    return program.versions.filter(build__state=Build.State.READY).order_by("-number").first()


def end(actor: Any, rule: Rule) -> dict[str, str]:
    """Asks for the rule's deletion; one that was never live, or already waits for its deletion, is not asked twice."""
    waiting = pending_for(rule)
    if waiting and not rule.live:
        withdraw(actor, waiting)
        return {"id": str(rule.pk), "deployment_status": "withdrawn"}
    if waiting and waiting.change == Deployment.Change.DELETE:
        return {"id": str(rule.pk), "deployment_status": waiting.state}
    if waiting:
        withdraw(actor, waiting)
    made = request_delete(actor, rule)
    return {"id": str(rule.pk), "deployment_status": made.state}
