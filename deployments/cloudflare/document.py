"""The OpenAPI 3.1 document of the compatible API. Written by hand: its shape is given from outside.

`python -m deployments.cloudflare.document` prints it.
"""

import json
from typing import Any

from httpapi.codes import Code

BASE = "/client/v4/accounts/{account_id}/magic/programmable_flow_protection/configs"
UUID = {"type": "string", "format": "uuid"}
TIME = {"type": "string", "format": "date-time"}
SCOPE = {"type": "string", "enum": ["global", "region", "datacenter"]}
MODE = {"type": "string", "enum": ["enabled", "monitoring", "disabled"]}
COUNT = {"type": "integer", "minimum": 0}
NONE: dict[str, Any] = {"type": "array", "maxItems": 0}
REFUSALS = {
    400: "refused; 1001 where the program does not compile or verify",
    401: "no valid token",
    403: "the token's role does not allow this, or a quota of the account is used up (1011)",
    404: "not there, or not visible to this token",
    409: "in conflict with what is there",
    413: "the body is too large",
    415: "the body has another content type",
    429: "too many requests",
    500: "a fault of the server",
    503: "not finished in time (1004), or impossible just now (1010); send the same again",
}
READ = (401, 404, 429, 500)
LIST = (400, *READ)
WRITE = (400, 403, 409, *READ)
SEND = (413, 415, *WRITE)
BUILD = (503, *SEND)


def obj(properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    """A JSON object's schema; everything is required unless said."""
    names = list(properties) if required is None else required
    shape: dict[str, Any] = {"type": "object", "properties": properties}
    return {**shape, "required": names} if names else shape


def ref(name: str, kind: str = "schemas") -> dict[str, str]:
    """A pointer into the components."""
    return {"$ref": f"#/components/{kind}/{name}"}


def many(schema: dict[str, Any]) -> dict[str, Any]:
    """A list."""
    return {"type": "array", "items": schema}


TERMS = {"scope": SCOPE, "name": {"type": "string"}, "mode": MODE, "expression": {"type": "string"}}
ASKED = {
    "scope": SCOPE,
    "name": {"type": "string", "minLength": 1, "maxLength": 63},
    "mode": MODE,
    "expression": {"type": ["string", "null"], "maxLength": 8192},
}
PROGRAM_FIELDS = {
    "id": UUID,
    "name": {"type": "string"},
    "status": {"type": "string", "enum": ["success", "failed", "pending"]},
    "created_on": TIME,
    "modified_on": TIME,
}
SCHEMAS = {
    "Program": obj(PROGRAM_FIELDS),
    "ChangedProgram": obj(
        {
            **PROGRAM_FIELDS,
            "deployments": many(
                obj({"id": UUID, "rule_id": UUID, "status": {"type": "string", "enum": ["live", "pending"]}})
            ),
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
            "pending": {"anyOf": [ref("Pending"), {"type": "null"}]},
        }
    ),
    "Pending": obj(
        {
            "deployment_id": UUID,
            "change": {"type": "string", "enum": ["create", "update", "delete"]},
            **{name: {"type": ["string", "null"]} for name in ("program_id", *TERMS)},
        }
    ),
    "Gone": obj({"id": UUID}),
    "EndingRule": obj(
        {"id": UUID, "deployment_status": {"type": "string", "enum": ["live", "pending", "withdrawn"]}},
    ),
    "ResultInfo": obj({name: COUNT for name in ("page", "per_page", "count", "total_count", "total_pages")}),
    "NewRule": obj({"program_id": UUID, **ASKED}, ["program_id", "scope", "name", "mode"])
    | {"additionalProperties": False},
    "ChangedRule": obj(ASKED, []) | {"additionalProperties": False},
}


def refusal(status: int, text: str) -> dict[str, Any]:
    """The response of a refusal, with the codes that come with its status."""
    codes = [int(code) for code in Code if code.status == status]
    error = obj({"code": {"type": "integer", "enum": codes}, "message": {"type": "string", "minLength": 1}})
    body = obj(
        {
            "result": {"type": "null"},
            "success": {"const": False},
            "errors": many(error) | {"minItems": 1},
            "messages": NONE,
        }
    )
    answer: dict[str, Any] = {"description": text, "content": {"application/json": {"schema": body}}}
    if status in (429, 503):
        seconds = {"type": "integer", "minimum": 1}
        answer["headers"] = {"Retry-After": {"description": "seconds to wait", "required": True, "schema": seconds}}
    if status == 401:
        answer["headers"] = {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}}}
    return answer


def refusals(statuses: tuple[int, ...]) -> dict[str, Any]:
    """Pointers to the responses of these refusals."""
    return {str(status): ref(f"Refused{status}", "responses") for status in sorted(statuses)}


def answer(result: dict[str, Any], statuses: tuple[int, ...], paged: bool = False) -> dict[str, Any]:
    """The responses of an operation: the enveloped result, and the refusals."""
    fields = {"result": result, "success": {"const": True}, "errors": NONE, "messages": NONE}
    if paged:
        fields["result_info"] = ref("ResultInfo")
    content = {"application/json": {"schema": obj(fields)}}
    return {"200": {"description": "done", "content": content}, **refusals(statuses)}


def operation(name: str, summary: str, responses: dict[str, Any], **more: Any) -> dict[str, Any]:
    """One operation."""
    return {"operationId": name, "summary": summary, "responses": responses, **more}


def query(name: str, least: int, most: int) -> dict[str, Any]:
    """An optional whole number in the query string."""
    return {"name": name, "in": "query", "schema": {"type": "integer", "minimum": least, "maximum": most}}


PAGE = [query("page", 1, 2**31 - 1), query("per_page", 1, 1000)]
SOURCE = {
    "required": True,
    "content": {kind: {"schema": {"type": "string", "minLength": 1}} for kind in ("text/plain", "text/x-csrc")},
}
NAME_HEADER = {
    "name": "X-Program-Name",
    "in": "header",
    "description": "a UUID is the name where this is left out",
    "schema": {"type": "string", "maxLength": 120},
}
BYTES = {"schema": {"type": "string", "format": "binary"}}
PCAP = {"application/vnd.tcpdump.pcap": BYTES}
CAPTURES = {**PCAP, "application/x-pcapng": BYTES, "application/octet-stream": BYTES}
ANNOTATED = {
    "description": "the annotated capture (pcapng)",
    "content": PCAP,
    "headers": {"Content-Disposition": {"required": True, "schema": {"type": "string"}}},
}


def json_body(name: str) -> dict[str, Any]:
    """A required JSON body."""
    return {"required": True, "content": {"application/json": {"schema": ref(name)}}}


def path_parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A part of the path."""
    return {"name": name, "in": "path", "required": True, "schema": schema}


ACCOUNT = path_parameter("account_id", {"type": "string", "pattern": "^[0-9a-f]{32}$"})
PROGRAM, RULE = path_parameter("program_id", UUID), path_parameter("rule_id", UUID)
PATHS = {
    f"{BASE}/programs": {
        "parameters": [ACCOUNT],
        "get": operation("programs_list", "List programs", answer(many(ref("Program")), LIST, True), parameters=PAGE),
        "post": operation(
            "programs_create", "Upload a program; waits for its build", answer(ref("Program"), BUILD),
            requestBody=SOURCE, parameters=[NAME_HEADER],
        ),
        "delete": operation("programs_delete_all", "Delete every program", answer(many(ref("Gone")), WRITE)),
    },
    f"{BASE}/programs/{{program_id}}": {
        "parameters": [ACCOUNT, PROGRAM],
        "get": operation("programs_get", "Get a program", answer(ref("Program"), READ)),
        "patch": operation(
            "programs_update", "New source for a program", answer(ref("ChangedProgram"), BUILD), requestBody=SOURCE
        ),
        "delete": operation("programs_delete", "Delete a program", answer(ref("Gone"), WRITE)),
    },
    f"{BASE}/programs/{{program_id}}/pcap": {
        "parameters": [ACCOUNT, PROGRAM],
        "post": operation(
            "programs_pcap", "Replay a capture; gives it back annotated", {"200": ANNOTATED, **refusals(BUILD)},
            requestBody={"required": True, "content": CAPTURES}, parameters=[query("ip_offset", 0, 65_535)],
        ),
    },
    f"{BASE}/rules": {
        "parameters": [ACCOUNT],
        "get": operation("rules_list", "List rules", answer(many(ref("Rule")), LIST, True), parameters=PAGE),
        "post": operation(
            "rules_create", "Ask for a rule", answer(ref("Rule"), SEND), requestBody=json_body("NewRule")
        ),
        "delete": operation(
            "rules_delete_all", "Ask for the end of every rule", answer(many(ref("EndingRule")), WRITE)
        ),
    },
    f"{BASE}/rules/{{rule_id}}": {
        "parameters": [ACCOUNT, RULE],
        "get": operation("rules_get", "Get a rule", answer(ref("Rule"), READ)),
        "patch": operation(
            "rules_update", "Change a rule", answer(ref("Rule"), SEND), requestBody=json_body("ChangedRule")
        ),
        "delete": operation("rules_delete", "Ask for the end of a rule", answer(ref("EndingRule"), WRITE)),
    },
}  # fmt: skip
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "FlowProtect, compatible API", "version": "4"},
    "security": [{"token": []}],
    "paths": PATHS,
    "components": {
        "schemas": SCHEMAS,
        "responses": {f"Refused{status}": refusal(status, text) for status, text in REFUSALS.items()},
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
    },
}

if __name__ == "__main__":
    print(json.dumps(DOCUMENT, indent=2))
