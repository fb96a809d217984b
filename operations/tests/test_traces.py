"""Traces: none unless asked for, and no query in them. In a process of its own: tracing stays once it began."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from operations import traces

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import json, django
django.setup()
from django.test import Client
from opentelemetry import trace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from operations import traces
exporter = InMemorySpanExporter()
assert traces.start(exporter)
client = Client()
client.get("/api/v1/me?token=hunter2", headers={"x-request-id": "abcdefgh-3", "authorization": "Basic hunter2"})
client.get("/healthz")
from celery import current_app, signals
signals.worker_init.send(sender=None)
@current_app.task(name="operations.test_traced")
def traced(secret):
    pass
traced.apply(args=["hunter2"])
trace.get_tracer_provider().force_flush()
print(json.dumps([[span.name, dict(span.attributes), dict(span.resource.attributes)]
                  for span in exporter.get_finished_spans()]))
"""


def test_off_unless_asked_for(settings) -> None:
    assert settings.TRACES is False
    assert traces.start() is False


def test_missing_packages_are_named(settings, monkeypatch) -> None:
    settings.TRACES = True
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(ImproperlyConfigured, match="requirements/otel.txt"):
        traces.start()


@pytest.mark.parametrize("names", ["", "http"])
def test_a_request_is_a_span_without_its_query(tmp_path: Path, names: str) -> None:
    pytest.importorskip("opentelemetry.instrumentation.django")
    env = {**os.environ, "FLOWPROTECT_VAR": str(tmp_path), "FLOWPROTECT_TRACES": "1"}
    env |= {"DJANGO_SETTINGS_MODULE": "flowprotect.settings", "OTEL_SEMCONV_STABILITY_OPT_IN": names}
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    (name, attributes, resource), (task, about, _) = json.loads(done.stdout.splitlines()[-1])
    assert name == "GET api/v1/me"
    assert attributes["http.route"] == "api/v1/me"
    assert attributes["flowprotect.request_id"] == "abcdefgh-3"
    assert resource["service.name"] == "flowprotect"
    assert (task, about["celery.task_name"]) == ("run/operations.test_traced", "operations.test_traced")
    assert "hunter2" not in done.stdout
