"""The committed OpenAPI documents are what the server says; the front end's types are made from the first."""

import json
from pathlib import Path

from django.core.management import call_command
from django.test import Client

ROOT = Path(__file__).resolve().parent.parent.parent


def committed(path: str) -> object:
    return json.loads((ROOT / path).read_text())


def test_the_document_is_current(tmp_path: Path) -> None:
    made = tmp_path / "openapi.json"
    call_command("spectacular", format="openapi-json", file=str(made), fail_on_warn=True)
    assert json.loads(made.read_text()) == committed("frontend/openapi.json"), "run: make api"


def test_the_compatible_document_is_current() -> None:
    served = Client().get("/client/v4/schema").json()
    assert served == committed("docs/openapi/cloudflare.json"), "run: make api"
