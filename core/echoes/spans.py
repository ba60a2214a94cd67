"""Traces of OpenTelemetry: a span for each command and each timer, for each of its steps, and for each delivery of what it has published.

Only `echoes.tracing` imports this module, and only where traces are on: it needs the extra `otel`.
"""

import time
from collections.abc import Mapping
from time import perf_counter
from typing import TypeAlias

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags

import echoes
from echoes.correlation import CORRELATION
from echoes.metrics.counting import channel_class
from echoes.storage.timers import Due

Attributes: TypeAlias = Mapping[str, str | int | float]


class Spans:
    """Makes the spans of one worker, and exports them in a thread of the SDK. What its queue does not hold is dropped there."""

    def __init__(self, exporter: SpanExporter, worker_id: str) -> None:
        resource = Resource.create({"service.name": "echoes", "service.version": echoes.__version__, "service.instance.id": worker_id})
        self.provider = TracerProvider(resource=resource)  # OTEL_TRACES_SAMPLER decides which traces are kept
        self.provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self.provider.get_tracer("echoes", echoes.__version__)

    def recorder_of(self, character_id: int) -> "SpanRecorder":
        """The recorder of a command that begins now."""
        attributes: Attributes = {"echoes.character_id": character_id, "echoes.correlation_id": CORRELATION.get()}
        return SpanRecorder(self._tracer, "command", SpanKind.SERVER, attributes)

    def recorder_of_timer(self, timer: Due) -> "SpanRecorder":
        """The recorder of a timer that is due. Each is a trace of its own."""
        attributes: Attributes = {"echoes.subject": timer.subject, "echoes.late_seconds": round(timer.late, 3)}
        return SpanRecorder(self._tracer, "timer", SpanKind.INTERNAL, attributes)

    def delivered(self, channel: str, traceparent: str, recipients: int, began: float) -> None:
        """A message of a traced command or timer was handed to the players of this worker."""
        parent = _context_of(traceparent)
        if parent is None:
            return
        offset = _offset()
        span = self._tracer.start_span(
            "deliver", parent, SpanKind.CONSUMER, {"echoes.channel": channel_class(channel), "echoes.recipients": recipients},
            start_time=_nanoseconds(began) + offset,
        )  # fmt: skip
        span.end(_nanoseconds(perf_counter()) + offset)

    def close(self) -> None:
        """Export what waits, and end the thread. It blocks."""
        self.provider.shutdown()


class SpanRecorder:
    """Records one command, or one timer, as a span, and its steps as children."""

    def __init__(self, tracer: trace.Tracer, sort: str, kind: SpanKind, attributes: Attributes) -> None:
        self._tracer = tracer
        self._sort = sort
        self._offset = _offset()
        self._span = tracer.start_span(sort, Context(), kind, attributes)
        self._context = trace.set_span_in_context(self._span, Context())
        found = self._span.get_span_context()
        self._traceparent = f"00-{found.trace_id:032x}-{found.span_id:016x}-{found.trace_flags:02x}" if self._span.is_recording() else ""

    @property
    def traceparent(self) -> str:
        """The span's place in its trace (W3C Trace Context); empty when the trace is not kept."""
        return self._traceparent

    def step(self, name: str, began: float, ended: float) -> None:
        """Record a step."""
        if self._span.is_recording():
            span = self._tracer.start_span(name, self._context, start_time=_nanoseconds(began) + self._offset)
            span.end(_nanoseconds(ended) + self._offset)

    def done(self, command: str, outcome: str) -> None:
        """End the span under the command's name, or the timer's kind."""
        self._span.update_name(f"{self._sort} {command}")
        self._span.set_attribute("echoes.outcome", outcome)
        if outcome in {"internal", "unavailable", "failed"}:
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()


def _nanoseconds(seconds: float) -> int:
    return int(seconds * 1e9)


def _offset() -> int:
    """The difference of Unix time to the time of `perf_counter`, in nanoseconds."""
    return time.time_ns() - _nanoseconds(perf_counter())


def _context_of(traceparent: str) -> Context | None:
    """The context of a span on any worker; None for a text that is none."""
    try:
        _, trace_id, span_id, flags = traceparent.split("-")
        found = SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16)))
    except ValueError:
        return None
    return trace.set_span_in_context(NonRecordingSpan(found), Context()) if found.is_valid else None
