"""Traces: a span for a command, its steps and its deliveries, on every worker; nothing of them while they are off."""

import asyncio
import subprocess
import sys

import pytest
from cluster import cluster, someone
from echoes.errors import ConfigurationError
from echoes.game import countdowns
from echoes.game.timers import TimerSpec
from echoes.ops import announcing
from echoes.ops.acting import SCRIPT
from echoes.settings import Settings
from echoes.storage import timers
from echoes.tracing import tracing
from echoes.web.seat import Seat


class Writer:
    """A client's writer."""

    def send(self, frame):
        """It is sent."""

    def close(self):
        """Nothing more is sent."""


@pytest.fixture
def exported(monkeypatch):
    """The SDK's exporter that keeps spans in memory; what all workers of the test export goes there."""
    reason = "the extra otel is not installed (pip install -e '.[otel]')"
    memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter", reason=reason).InMemorySpanExporter()
    monkeypatch.setattr("echoes.tracing._exporter", lambda: memory)
    return memory


@pytest.fixture
async def contexts(database_url, tmp_path, exported):
    async with cluster(database_url, tmp_path, workers=2, traces=True) as contexts:
        yield contexts


def spans_of(contexts, exported):
    """All spans by now."""
    for context in contexts:
        context.hub._traced.__self__.provider.force_flush()
    return exported.get_finished_spans()


async def seated(one):
    """A seat for a character on its worker."""
    context = one.context
    seat = Seat(context.hub, one.id, one.actor.epoch, "c", Writer(), lambda code, reason: None)
    context.hub.take_seat(seat)
    await context.hub.follow(seat, "kiln_yard", 1, {})
    await seat.release()


async def test_a_command_is_a_trace_with_its_steps(contexts, exported):
    """Queries, calls of backends, publishing: children of the command's span, within its time; with the correlation id and the outcome."""
    mara = await someone(contexts[0], "Mara")
    reply = await mara.type("drop 1 bread")
    refused = await mara.type("nonsense")
    spans = spans_of(contexts, exported)
    command, other = [one for one in spans if one.name.startswith("command ")]
    assert (command.name, other.name) == ("command drop", "command unknown")
    assert dict(command.attributes) == {
        "echoes.character_id": mara.id, "echoes.correlation_id": reply["correlation_id"], "echoes.outcome": "ok",
    }  # fmt: skip
    assert (other.attributes["echoes.correlation_id"], other.attributes["echoes.outcome"]) == (refused["correlation_id"], "unknown")
    steps = [one for one in spans if one.parent is not None and one.parent.span_id == command.context.span_id]
    assert {"turn", "decide", "query commit", "project", "publish", "session.write", "broadcast.publish"} <= {one.name for one in steps}
    assert {one.context.trace_id for one in steps} == {command.context.trace_id}
    assert all(command.start_time - 1_000_000 <= one.start_time <= one.end_time <= command.end_time + 1_000_000 for one in steps)
    assert command.resource.attributes["service.instance.id"] == contexts[0].worker_id


async def test_a_delivery_belongs_to_the_command_that_published_it(contexts, exported):
    """On the worker of each listener, with the number of those who got it."""
    mara, tomas, vera = await someone(contexts[0], "Mara"), await someone(contexts[1], "Tomas"), await someone(contexts[1], "Vera")
    for one in (tomas, vera):
        await seated(one)
    assert (await mara.type("say hello"))["ok"]
    spans = spans_of(contexts, exported)
    (command,) = [one for one in spans if one.name == "command say"]
    (delivery,) = [one for one in spans if one.name == "deliver"]
    assert (delivery.context.trace_id, delivery.parent.span_id) == (command.context.trace_id, command.context.span_id)
    assert dict(delivery.attributes) == {"echoes.channel": "location", "echoes.recipients": 2}
    assert delivery.resource.attributes["service.instance.id"] == contexts[1].worker_id


async def test_a_timer_is_a_trace_with_its_steps_and_deliveries(contexts, exported):
    """It is a trace of its own, with the subject, the lateness and the outcome; a rule that fails is an error."""
    tomas = await someone(contexts[1], "Tomas")
    await seated(tomas)
    made = await announcing.arrange(contexts[0], SCRIPT, "a test", "The server restarts.", minutes=0.01)
    async with asyncio.timeout(20):
        while not (found := [one for one in spans_of(contexts, exported) if one.name == f"timer {countdowns.KIND}"]):
            await asyncio.sleep(0.1)
        while not [
            one for one in spans_of(contexts, exported) if one.name == "deliver" and one.context.trace_id == found[0].context.trace_id
        ]:
            await asyncio.sleep(0.1)
    timer, spans = found[0], spans_of(contexts, exported)
    assert (timer.attributes["echoes.subject"], timer.attributes["echoes.outcome"]) == (f"{countdowns.KIND}:{made.id}", "done")
    assert timer.attributes["echoes.late_seconds"] >= 0
    steps = {one.name for one in spans if one.parent is not None and one.parent.span_id == timer.context.span_id}
    assert {"decide", "project", "publish", "query timers.happen", "broadcast.publish"} <= steps
    assert timer.parent is None


async def test_a_timer_that_fails_is_an_error_in_its_trace(contexts, exported, monkeypatch):
    """Its outcome says so."""
    context = contexts[0]

    def fail(_):
        raise ValueError("a test says so")

    for one in contexts:
        monkeypatch.setitem(one.clockwork.specs, "test.fails", TimerSpec("test.fails", fail))
    await timers.arm(context.database, "test.fails", "x", 0.0)
    async with asyncio.timeout(20):
        while not (found := [one for one in spans_of(contexts, exported) if one.name == "timer test.fails"]):
            await asyncio.sleep(0.1)
    assert (found[0].attributes["echoes.outcome"], found[0].status.is_ok) == ("failed", False)


async def test_traces_that_are_not_kept_leave_nothing(database_url, tmp_path, exported, monkeypatch):
    """OTEL_TRACES_SAMPLER decides: no span, and no trace in what is published."""
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    async with cluster(database_url, tmp_path, traces=True) as contexts:
        mara, tomas = await someone(contexts[0], "Mara"), await someone(contexts[0], "Tomas")
        await seated(tomas)
        assert (await mara.type("say hello"))["ok"]
        assert spans_of(contexts, exported) == ()


def test_a_trace_that_cannot_be_read_is_no_error(exported):
    """Another release, or an extension, may write anything."""
    from echoes.spans import Spans  # noqa: PLC0415 - it needs the extra

    spans = Spans(exported, "w")
    for text in ("", "nonsense", "00-0-0-01", "00-zz-1-01", "00-" + "f" * 40 + "-1-01"):
        spans.delivered("location:yard", text, 1, 0.0)
    spans.close()
    assert exported.get_finished_spans() == ()


def test_off_imports_nothing_of_opentelemetry():
    """Off is the default."""
    assert not Settings().traces
    check = "import sys, echoes.app; sys.exit(any(name.split('.')[0] == 'opentelemetry' for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


async def test_without_the_extra_the_server_does_not_start(monkeypatch):
    """And says what to install."""
    monkeypatch.setitem(sys.modules, "echoes.spans", None)
    with pytest.raises(ConfigurationError, match=r"install echoes-of-the-ashes\[otel\]"):
        async with tracing("w", on=True):
            pass
