"""Numbers for Prometheus: requests as this process counts them, the rest as the database has it.

Builds and replays run in workers. What the database says of them is the same whichever server is asked, and needs no
port in a worker.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Min
from django.utils import timezone
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from redis import Redis

from deployments.models import Deployment
from fleet.models import Node
from programs.models import Build, Replay
from telemetry.models import Point, Resolution

log = logging.getLogger(__name__)
WINDOW = timedelta(hours=1)
# Rows of the window that are looked at for durations, newest first.
MOST = 10_000
QUANTILES = (0.5, 0.95, 1.0)
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
QUEUE = "celery"

registry = CollectorRegistry()
REQUESTS = Counter("flowprotect_requests", "Requests answered.", ["method", "route", "status"], registry=registry)
SECONDS = Histogram("flowprotect_request_seconds", "Time to answer a request.", ["route"], registry=registry)


def count_request(method: str | None, route: str, status: int, seconds: float) -> None:
    """Called with every request that is answered. Methods of a client's own making share a label."""
    REQUESTS.labels(method if method in METHODS else "other", route, str(status)).inc()
    SECONDS.labels(route).observe(seconds)


def finished(rows: Any, name: str, states: tuple[str, str], now: datetime) -> Iterator[Metric]:
    """How many rows ended within WINDOW, and how long they took from being asked for, by result."""
    total = GaugeMetricFamily(f"flowprotect_{name}s_finished", f"{name}s that ended within an hour.", labels=["result"])
    took = GaugeMetricFamily(
        f"flowprotect_{name}_seconds",
        f"From asking for a {name} to its end, of those that ended within an hour.",
        labels=["result", "quantile"],
    )
    recent = rows.filter(finished_on__gte=now - WINDOW)
    counts = dict(recent.order_by().values_list("state").annotate(Count("pk")))
    for state in states:
        total.add_metric([state], counts.get(state, 0))
        times = recent.filter(state=state).order_by("-finished_on").values_list("created_on", "finished_on")[:MOST]
        seconds = sorted((end - start).total_seconds() for start, end in times)
        for quantile in QUANTILES if seconds else ():
            took.add_metric([state, str(quantile)], seconds[min(len(seconds) - 1, int(quantile * len(seconds)))])
    yield from (total, took)


def builds(now: datetime) -> Iterator[Metric]:
    """Builds by result, and those under way by state."""
    yield from finished(Build.objects, "build", ("ready", "failed"), now)
    yield waiting(Build.objects, "build", ("queued", "compiling", "verifying", "replaying"))


def replays(now: datetime) -> Iterator[Metric]:
    """Replays by result, and those under way by state."""
    yield from finished(Replay.objects, "replay", ("done", "failed"), now)
    yield waiting(Replay.objects, "replay", ("queued", "running"))


def waiting(rows: Any, name: str, states: tuple[str, ...]) -> Metric:
    """Rows that have not ended, by state."""
    metric = GaugeMetricFamily(f"flowprotect_{name}s_open", f"{name}s that have not ended.", labels=["state"])
    counts = dict(rows.filter(state__in=states).order_by().values_list("state").annotate(Count("pk")))
    for state in states:
        metric.add_metric([state], counts.get(state, 0))
    return metric


def deployments(now: datetime) -> Iterator[Metric]:
    """What waits for a decision, and for how long."""
    rows = Deployment.objects.filter(state=Deployment.State.PENDING)
    found = rows.aggregate(count=Count("pk"), oldest=Min("submitted_on"))
    yield GaugeMetricFamily(
        "flowprotect_deployments_pending", "Deployments that wait for a decision.", value=found["count"]
    )
    age = (now - found["oldest"]).total_seconds() if found["oldest"] else 0.0
    yield GaugeMetricFamily(
        "flowprotect_deployments_pending_seconds", "How long the oldest of them has waited.", value=age
    )


def nodes(now: datetime) -> Iterator[Metric]:
    """Nodes by state. One that has been silent too long counts as offline, as everywhere else."""
    metric = GaugeMetricFamily("flowprotect_nodes", "Edge nodes.", labels=["state"])
    states = [node.reachable_state for node in Node.objects.only("state", "last_seen_on")]
    for state in Node.State.values:
        metric.add_metric([state], states.count(state))
    yield metric


def telemetry(now: datetime) -> Iterator[Metric]:
    """How old the newest second is that each node online has stored."""
    metric = GaugeMetricFamily(
        "flowprotect_telemetry_lag_seconds", "Age of the newest numbers of a node online.", labels=["node", "hostname"]
    )
    rows = Point.objects.filter(resolution=Resolution.SECOND, at__gte=now - WINDOW, node__state=Node.State.ONLINE)
    for node, hostname, newest in rows.order_by().values_list("node", "node__hostname").annotate(Max("at")):
        metric.add_metric([str(node), hostname], max(0.0, (now - newest).total_seconds()))
    yield metric


def queue(now: datetime) -> Iterator[Metric]:
    """Tasks that no worker has taken."""
    if settings.EMBEDDED:
        return
    with Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2) as client:
        yield GaugeMetricFamily("flowprotect_queue_depth", "Tasks that no worker has taken.", value=client.llen(QUEUE))


PARTS: tuple[Callable[[datetime], Iterator[Metric]], ...] = (builds, replays, deployments, nodes, telemetry, queue)


class Rooms(Collector):
    """Asks each part. One that fails is left out and counted, so that the others are still seen."""

    def describe(self) -> Iterable[Metric]:
        """Nothing: the registry would ask the database when this module is imported."""
        return ()

    def collect(self) -> Iterator[Metric]:
        failures = GaugeMetricFamily("flowprotect_scrape_failed", "Whether these are missing.", labels=["part"])
        now = timezone.now()
        for part in PARTS:
            try:
                found = list(part(now))
            except Exception:
                log.exception("no numbers of %s", part.__name__)
                found = []
                failures.add_metric([part.__name__], 1)
            else:
                failures.add_metric([part.__name__], 0)
            yield from found
        yield failures


registry.register(Rooms())
