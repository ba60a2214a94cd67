"""The health of the server: readiness and its reasons, alerts, and slow queries and errors by their kind since the workers of this host began."""

import asyncio
from collections.abc import Iterable

from msgspec import Struct
from prometheus_client import Metric

from echoes import metrics
from echoes.context import Context
from echoes.metrics import host
from echoes.metrics.reading import by_labels
from echoes.ops.acting import Operator, require_role
from echoes.ops.alerts import AlertsView
from echoes.web.health import readiness

ERRORS = {
    "command": (metrics.COMMANDS, {"internal", "unavailable", "conflict"}),
    "facility": (metrics.FACILITY_ERRORS, {"unavailable", "cancelled", "other"}),
    "query": (metrics.QUERY_FAILURES, None),
    "task": (metrics.TASK_RUNS, {"failed", "crashed"}),
    "timer": (metrics.TIMERS, {"failed", "unknown"}),
    "observer": (metrics.OBSERVED, {"failed"}),
    "worker": (metrics.WORKERS_ENDED, None),
}
"""Counters of errors by the kind of work, and the last label's values that are errors (None: all are)."""


class QueryCount(Struct):
    """The queries of one purpose: how many were slow, how many there were, and their mean in seconds."""

    purpose: str
    slow: int
    number: int
    mean: float


class ErrorCount(Struct):
    """Errors of one kind of work with the same labels, such as `say unavailable`."""

    kind: str
    name: str
    number: int


class HealthView(Struct):
    """The worker that answers, and the counts of all workers of its host."""

    worker_id: str
    ready: bool
    status: str
    reasons: list[str]
    slow: list[QueryCount]
    errors: list[ErrorCount]
    alerts: AlertsView


async def health(context: Context, operator: Operator) -> HealthView:
    """Show readiness, alerts, slow queries and errors. It needs no reason: nothing of it is about players."""
    require_role(operator, "viewer")
    state = readiness(context)
    found, alerts = await asyncio.gather(asyncio.to_thread(host.collected), context.alerts.now())
    return HealthView(context.worker_id, state.ready, state.status, state.reasons, _slow(found), _errors(found), alerts)


def _slow(found: Iterable[Metric]) -> list[QueryCount]:
    """The slow queries, those with the most first."""
    numbers, seconds = by_labels(found, metrics.QUERY_SECONDS, "_count"), by_labels(found, metrics.QUERY_SECONDS, "_sum")
    slow = {labels: number for labels, number in by_labels(found, metrics.SLOW_QUERIES).items() if number}
    return [
        QueryCount(labels[0], int(number), int(numbers[labels]), round(seconds[labels] / numbers[labels], 4))
        for labels, number in sorted(slow.items(), key=lambda one: (-one[1], one[0]))
        if numbers.get(labels)
    ]


def _errors(found: Iterable[Metric]) -> list[ErrorCount]:
    """The errors, those with the most first."""
    errors = [
        ErrorCount(kind, " ".join(labels), int(number))
        for kind, (metric, values) in ERRORS.items()
        for labels, number in by_labels(found, metric).items()
        if number and (values is None or labels[-1] in values)
    ]
    return sorted(errors, key=lambda one: (-one.number, one.kind, one.name))
