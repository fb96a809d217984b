"""Traces for OpenTelemetry, where the installation asks for them (requirements/otel.txt).

Where they go is said by OpenTelemetry's own variables, such as OTEL_EXPORTER_OTLP_ENDPOINT.
"""

import os
import threading
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse

from operations import context
from operations.requests import account_of, route_of

# Both generations of names under which the instrumentation writes down the address with its query.
WITH_QUERY = ("http.url", "http.target", "url.full")
PROBES = "healthz,readyz,metrics"


_started = threading.Event()


def start(exporter: Any = None) -> bool:
    """Begins to trace requests and tasks of this process; whether it did so now.

    Spans go to `exporter`, else over OTLP. Raises ImproperlyConfigured where the packages are missing.
    """
    if not settings.TRACES or _started.is_set():
        return False
    try:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.instrumentation.celery import CeleryInstrumentor
        from opentelemetry.instrumentation.django import DjangoInstrumentor
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise ImproperlyConfigured("FLOWPROTECT_TRACES needs the packages of requirements/otel.txt.") from error
    service = os.environ.get("OTEL_SERVICE_NAME", "flowprotect")
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: service}))
    provider.add_span_processor(BatchSpanProcessor(exporter or OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    DjangoInstrumentor().instrument(request_hook=hide, response_hook=describe, excluded_urls=PROBES)
    CeleryInstrumentor().instrument()
    _started.set()
    return True


def hide(span: Any, request: HttpRequest) -> None:
    """Leaves out the query, which is whatever the client wrote."""
    if span and span.is_recording():
        attributes = dict(span.attributes)
        for name in WITH_QUERY:
            if name in attributes:
                span.set_attribute(name, str(attributes[name]).partition("?")[0])
        if "url.query" in attributes:
            span.set_attribute("url.query", "")


def describe(span: Any, request: HttpRequest, response: HttpResponse) -> None:
    """The route, the account and the id under which the log knows this request."""
    if span and span.is_recording():
        found = {
            "http.route": route_of(request),
            "flowprotect.account": account_of(request),
            "flowprotect.request_id": response.headers.get("X-Request-ID") or context.known().get("request_id"),
        }
        span.set_attributes({name: value for name, value in found.items() if value})
