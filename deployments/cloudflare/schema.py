"""The OpenAPI 3.1 document of the compatible API. Written by hand: its shape is given from outside."""

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

BASE = "/client/v4/accounts/{account_id}/magic/programmable_flow_protection/configs"
UUID = {"type": "string", "format": "uuid"}
TIME = {"type": "string", "format": "date-time"}
SCOPE = {"type": "string", "enum": ["global", "region", "datacenter"]}
MODE = {"type": "string", "enum": ["enabled", "monitoring", "disabled"]}
ERROR_CODES = {
    "400": "refused: 1001 where verification failed, else 1000",
    "401": "10000: no valid token",
    "403": "10001: the token's role does not allow this",
    "404": "1002: not there, or not visible to this token",
    "409": "1003: in conflict with what is there",
    "413": "1006: the body is too large",
    "415": "1007: the body has another content type",
    "429": "1008: too many requests",
    "503": "1004: not finished in time; see Retry-After",
}


def obj(properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    """A JSON object's schema; everything is required unless said."""
    names = list(properties) if required is None else required
    shape: dict[str, Any] = {"type": "object", "properties": properties}
    return {**shape, "required": names} if names else shape


ERROR = obj({"code": {"type": "integer"}, "message": {"type": "string"}})
TERMS = {"scope": SCOPE, "name": {"type": "string"}, "mode": MODE, "expression": {"type": "string", "maxLength": 8192}}
SCHEMAS = {
    "Program": obj(
        {
            "id": UUID,
            "name": {"type": "string"},
            "status": {"type": "string", "enum": ["success", "failed", "pending"]},
            "created_on": TIME,
            "modified_on": TIME,
        }
    ),
    "Rule": obj(
        {
            "id": UUID,
            "program_id": UUID,
            **TERMS,
            "created_on": TIME,
            "modified_on": TIME,
            "deployment_status": {"type": "string", "enum": ["live", "pending"]},
            "pending": {"anyOf": [{"type": "object"}, {"type": "null"}]},
        }
    ),
    "ResultInfo": obj(
        {name: {"type": "integer"} for name in ("page", "per_page", "count", "total_count", "total_pages")}
    ),
    "Failure": obj(
        {
            "result": {"type": "null"},
            "success": {"const": False},
            "errors": {"type": "array", "items": ERROR, "minItems": 1},
            "messages": {"type": "array"},
        }
    ),
    "NewRule": obj({"program_id": UUID, **TERMS}, ["program_id", "scope", "name", "mode"]),
    "ChangedRule": obj(TERMS, []),
}


def ref(name: str) -> dict[str, str]:
    """A pointer into SCHEMAS."""
    return {"$ref": f"#/components/schemas/{name}"}


def answer(result: dict[str, Any], paged: bool = False) -> dict[str, Any]:
    """The responses of an operation: the enveloped result, and the refusals."""
    fields = {"result": result, "success": {"const": True}, "errors": {"type": "array"}, "messages": {"type": "array"}}
    if paged:
        fields["result_info"] = ref("ResultInfo")
    content = {"application/json": {"schema": obj(fields)}}
    return {"200": {"description": "done", "content": content}, **refusals()}


def refusals() -> dict[str, Any]:
    """Every way to be refused."""
    content = {"application/json": {"schema": ref("Failure")}}
    return {status: {"description": text, "content": content} for status, text in ERROR_CODES.items()}


def operation(name: str, summary: str, responses: dict[str, Any], **more: Any) -> dict[str, Any]:
    """One operation."""
    return {"operationId": name, "summary": summary, "responses": responses, **more}


def query(name: str, least: int, most: int | None = None) -> dict[str, Any]:
    """An optional whole number in the query string."""
    schema = {"type": "integer", "minimum": least} | ({"maximum": most} if most else {})
    return {"name": name, "in": "query", "schema": schema}


PAGE = [query("page", 1), query("per_page", 1, 1000)]
SOURCE = {"required": True, "content": {kind: {"schema": {"type": "string"}} for kind in ("text/plain", "text/x-csrc")}}
NAME_HEADER = {"name": "X-Program-Name", "in": "header", "schema": {"type": "string", "maxLength": 120}}
PCAP = {"application/vnd.tcpdump.pcap": {"schema": {"type": "string", "format": "binary"}}}
GONE = obj({"id": UUID}, ["id"])


def json_body(name: str) -> dict[str, Any]:
    """A required JSON body."""
    return {"required": True, "content": {"application/json": {"schema": ref(name)}}}


def path_parameter(name: str, pattern: str | None = None) -> dict[str, Any]:
    """A part of the path: a UUID, or text of a pattern."""
    schema = {"type": "string", "pattern": pattern} if pattern else UUID
    return {"name": name, "in": "path", "required": True, "schema": schema}


ACCOUNT = path_parameter("account_id", "^[0-9a-f]{32}$")
PROGRAM, RULE = path_parameter("program_id"), path_parameter("rule_id")


def many(schema: dict[str, Any]) -> dict[str, Any]:
    """A list."""
    return {"type": "array", "items": schema}


PATHS = {
    f"{BASE}/programs": {
        "parameters": [ACCOUNT],
        "get": operation("programs_list", "List programs", answer(many(ref("Program")), True), parameters=PAGE),
        "post": operation(
            "programs_create", "Upload a program; waits for its build", answer(ref("Program")),
            requestBody=SOURCE, parameters=[NAME_HEADER],
        ),
        "delete": operation("programs_delete_all", "Delete every program", answer(many(GONE))),
    },
    f"{BASE}/programs/{{program_id}}": {
        "parameters": [ACCOUNT, PROGRAM],
        "get": operation("programs_get", "Get a program", answer(ref("Program"))),
        "patch": operation("programs_update", "New source for a program", answer(ref("Program")), requestBody=SOURCE),
        "delete": operation("programs_delete", "Delete a program", answer(GONE)),
    },
    f"{BASE}/programs/{{program_id}}/pcap": {
        "parameters": [ACCOUNT, PROGRAM],
        "post": operation(
            "programs_pcap", "Replay a capture; gives it back annotated",
            {"200": {"description": "the annotated capture (pcapng)", "content": PCAP}, **refusals()},
            requestBody={"required": True, "content": PCAP}, parameters=[query("ip_offset", 0, 65_535)],
        ),
    },
    f"{BASE}/rules": {
        "parameters": [ACCOUNT],
        "get": operation("rules_list", "List rules", answer(many(ref("Rule")), True), parameters=PAGE),
        "post": operation("rules_create", "Ask for a rule", answer(ref("Rule")), requestBody=json_body("NewRule")),
        "delete": operation("rules_delete_all", "Ask for the end of every rule", answer(many(GONE))),
    },
    f"{BASE}/rules/{{rule_id}}": {
        "parameters": [ACCOUNT, RULE],
        "get": operation("rules_get", "Get a rule", answer(ref("Rule"))),
        "patch": operation("rules_update", "Change a rule", answer(ref("Rule")), requestBody=json_body("ChangedRule")),
        "delete": operation("rules_delete", "Ask for the end of a rule", answer(GONE)),
    },
}  # fmt: skip
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "FlowProtect, compatible API", "version": "4"},
    "security": [{"token": []}],
    "paths": PATHS,
    "components": {"schemas": SCHEMAS, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
}


@require_safe
def schema(request: HttpRequest) -> JsonResponse:
    """GET /client/v4/schema."""
    return JsonResponse(DOCUMENT)
