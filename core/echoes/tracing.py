"""Whether traces are on. While they are off, nothing of OpenTelemetry is imported, and a command records no step."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from echoes.errors import ConfigurationError
from echoes.steps import Recorder

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

    from echoes.spans import Spans


@asynccontextmanager
async def tracing(worker_id: str, *, on: bool) -> AsyncIterator["Spans | None"]:
    """Export spans while the body runs, if traces are on. Raises `ConfigurationError` where the extra is not installed."""
    if not on:
        yield None
        return
    try:
        from echoes.spans import Spans  # noqa: PLC0415 - it needs the extra `otel`

        made = Spans(_exporter(), worker_id)
    except ImportError as error:
        raise ConfigurationError(
            f"ECHOES_TRACES is true, and OpenTelemetry is not installed ({error}); install echoes-of-the-ashes[otel], or unset ECHOES_TRACES"
        ) from error
    try:
        yield made
    finally:
        await asyncio.to_thread(made.close)


def _exporter() -> "SpanExporter":
    """The exporter over OTLP and HTTP: the variables OTEL_EXPORTER_OTLP_* say where to."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - it needs the extra `otel`

    return OTLPSpanExporter()


class _Both:
    """Records one command for a sampling and as spans."""

    def __init__(self, *recorders: Recorder) -> None:
        self._recorders = recorders

    @property
    def traceparent(self) -> str:
        """That of the spans."""
        return next((one.traceparent for one in self._recorders if one.traceparent), "")

    def step(self, name: str, began: float, ended: float) -> None:
        """Record a step."""
        for one in self._recorders:
            one.step(name, began, ended)

    def done(self, command: str, outcome: str) -> None:
        """The command is over."""
        for one in self._recorders:
            one.done(command, outcome)


def recorders(sampled: Callable[[int], Recorder | None], spans: "Spans | None") -> Callable[[int], Recorder | None]:
    """Return the function that answers the recorder of a character's command: that of its sampling, of the traces, of both, or none."""
    if spans is None:
        return sampled

    def recorder_of(character_id: int) -> Recorder:
        traced, sample = spans.recorder_of(character_id), sampled(character_id)
        return traced if sample is None else _Both(sample, traced)

    return recorder_of
