"""Rules and deployments under /api/v1/accounts/{account}/."""

from typing import Any

from django.db.models import Q
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import visible_account
from deployments import approval, queries
from deployments.actions.approve import approve
from deployments.actions.close import reject, withdraw
from deployments.actions.request import request_create, request_delete, request_update, submit
from deployments.actions.roll_back import roll_back
from deployments.api.serializers import (
    ApproveSerializer,
    DeploymentSerializer,
    ReasonSerializer,
    RequestSerializer,
    ReviewSerializer,
    RuleSerializer,
)
from deployments.models import Deployment, Rule
from deployments.present import deployment_json
from deployments.terms import Terms
from httpapi.errors import Forbidden, Missing
from httpapi.pagination import Pages

LIST_PARAMETERS = [
    OpenApiParameter("page", int),
    OpenApiParameter("page_size", int),
    OpenApiParameter("state", str, description="only deployments in this state"),
    OpenApiParameter("rule", str, description="only deployments of this rule"),
    OpenApiParameter("program", str, description="only deployments of this program"),
]


def find(actor: Any, account_id: str, deployment_id: Any) -> Deployment:
    """The account's deployment, or Missing."""
    account = visible_account(actor, account_id)
    rows = Deployment.objects.for_account(account).select_related("account", "rule", "version__program")
    deployment = rows.filter(pk=deployment_id).first()
    if deployment is None:
        raise Missing("deployment")
    return deployment


class Rules(generics.ListAPIView):
    """The rules in force."""

    serializer_class = RuleSerializer
    queryset = Rule.objects.none()

    @extend_schema(operation_id="rules_list", summary="Rules in force")
    def get(self, request, *args, **kwargs):
        return super().get(request, *args, **kwargs)

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        account = visible_account(self.request.user, self.kwargs["account"])
        return queries.live_rules(account).prefetch_related("deployments")


class Deployments(APIView):
    """History, and asking for a change."""

    pagination_class = Pages

    @extend_schema(
        operation_id="deployments_list",
        parameters=LIST_PARAMETERS,
        responses=DeploymentSerializer(many=True),
        summary="Deployments, newest first",
    )
    def get(self, request, account: str) -> Response:
        rows = Deployment.objects.for_account(visible_account(request.user, account))
        wanted = request.query_params
        if state := wanted.get("state"):
            rows = rows.filter(state=state) if state in Deployment.State.values else rows.none()
        if rule := wanted.get("rule"):
            rows = rows.filter(rule_ref__in=uuids(rule))
        if program := wanted.get("program"):
            ids = [str(key) for key in uuids(program)]
            rows = rows.filter(Q(after__program_id__in=ids) | Q(previous__program_id__in=ids))
        pages = Pages()
        page = pages.paginate_queryset(rows, request, view=self)
        return pages.get_paginated_response([deployment_json(row) for row in page or []])

    @extend_schema(
        operation_id="deployments_request",
        request=RequestSerializer,
        responses={201: DeploymentSerializer},
        summary="Ask for a change to what is in force",
    )
    def post(self, request, account: str) -> Response:
        owner = visible_account(request.user, account)
        form = RequestSerializer(data=request.data, context={"account": owner})
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        options = {"note": asked["note"], "draft": asked["draft"]}
        if asked["change"] == "create":
            scope = asked.get("scope", "global")
            name = asked.get("name") or ("global" if scope == "global" else "")
            mode = asked.get("mode", "monitoring")
            terms = Terms(asked["version"], scope, name, mode, asked.get("expression", ""))
            made = request_create(request.user, owner, terms, **options)
        else:
            rule = Rule.objects.for_account(owner).select_related("version__program").filter(pk=asked["rule"]).first()
            if rule is None:
                raise Missing("rule")
            if asked["change"] == "delete":
                made = request_delete(request.user, rule, **options)
            else:
                terms = Terms(
                    asked.get("version", rule.version),
                    asked.get("scope", rule.scope),
                    asked.get("name", "global" if asked.get("scope") == "global" else rule.name),
                    asked.get("mode", rule.mode),
                    asked.get("expression", rule.expression),
                )
                made = request_update(request.user, rule, terms, **options)
        return Response(deployment_json(made), status=201)


class DeploymentDetail(APIView):
    """One deployment with what a decider looks at."""

    @extend_schema(operation_id="deployments_get", responses=ReviewSerializer, summary="One deployment, for review")
    def get(self, request, account: str, deployment) -> Response:
        found = find(request.user, account, deployment)
        old = queries.compared_version(found)
        new = None if found.change == "delete" else found.version
        build = getattr(new, "build", None)
        review = {
            "old_source": old.source if old else None,
            "new_source": new.source if new else None,
            "changed": queries.changed_terms(found),
            "instructions": build.instructions if build else None,
            "compiler": build.compiler if build else "",
            "replays": [
                {"capture": replay.capture.name, "summary": {**(replay.summary or {}), "first": []}}
                for replay in queries.replays_of(new)
            ],
            "may_decide": found.state == "pending" and allowed(approval.require_decider, request.user, found),
            "may_roll_back": found.state == "live" and allowed(approval.require_undo, request.user, found.account),
        }
        return Response({**deployment_json(found), **review})


def allowed(check, *arguments) -> bool:
    """Whether a check that raises Forbidden passes."""
    try:
        check(*arguments)
    except Forbidden:
        return False
    return True


def uuids(text: str) -> list:
    """The text as a list of at most one UUID; rubbish matches nothing."""
    import uuid

    try:
        return [uuid.UUID(text)]
    except ValueError:
        return []


class Act(APIView):
    """Base of the verbs on a deployment."""

    def act(self, actor: Any, deployment: Deployment, reason: str) -> Deployment:
        raise NotImplementedError

    def answer(self, request, account: str, deployment) -> Response:
        found = find(request.user, account, deployment)
        form = ReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(deployment_json(self.act(request.user, found, form.validated_data["reason"])))


def verb(name: str, summary: str, action) -> type[APIView]:
    """A view that carries out one action on a deployment."""

    class View(Act):
        def act(self, actor, deployment, reason):
            return action(actor, deployment, reason)

        @extend_schema(
            operation_id=f"deployments_{name}",
            request=ReasonSerializer,
            responses=DeploymentSerializer,
            summary=summary,
        )
        def post(self, request, account: str, deployment) -> Response:
            return self.answer(request, account, deployment)

    View.__name__ = f"Deployment{name.title().replace('_', '')}"
    return View


class Approve(APIView):
    """The decision for a deployment."""

    @extend_schema(
        operation_id="deployments_approve",
        request=ApproveSerializer,
        responses=DeploymentSerializer,
        summary="Approve: in force at once",
    )
    def post(self, request, account: str, deployment) -> Response:
        found = find(request.user, account, deployment)
        form = ApproveSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(deployment_json(approve(request.user, found, switch_on=form.validated_data["switch_on"])))


Reject = verb("reject", "Reject, with a reason", reject)
Withdraw = verb("withdraw", "Take back", lambda actor, row, reason: withdraw(actor, row))
RollBack = verb("rollback", "Undo: what was in force before is again", roll_back)
Submit = verb("submit", "Send a draft to approval", lambda actor, row, reason: submit(actor, row))
