"""The committed OpenAPI document, which the front end's types are made from, is what the server says."""

import json
from pathlib import Path

from django.core.management import call_command

COMMITTED = Path(__file__).resolve().parent.parent / "frontend" / "openapi.json"


def test_the_document_is_current(tmp_path: Path) -> None:
    made = tmp_path / "openapi.json"
    call_command("spectacular", format="openapi-json", file=str(made), fail_on_warn=True)
    assert json.loads(made.read_text()) == json.loads(COMMITTED.read_text()), "run: make api"
