"""A plugin's lifespan that hangs, raises or ends: it is named, and nothing else suffers."""

import asyncio
import contextlib

import pytest
from echoes.errors import ConfigurationError, PluginError
from echoes.plugins.lifespans import Lifespan
from structlog.testing import capture_logs

WHO = "backend 'odd' (echoes-odd)"


def span(*parts, seconds=0.05):
    return Lifespan(WHO, lambda: [one() for one in parts], seconds, "; to play on without it: ECHOES_BACKEND=memory")


def making(events, *, before=None, after=None):
    @contextlib.asynccontextmanager
    async def part():
        if before is not None:
            await before()
        events.append("began")
        try:
            yield
        finally:
            events.append("ended")
            if after is not None:
                await after()

    return part


async def hang():
    await asyncio.Event().wait()


async def hang_through_a_cancellation():
    """Ignores one cancellation."""
    try:
        await hang()
    except asyncio.CancelledError:
        await hang()


async def fail():
    raise TypeError("not like that")


async def leave():
    raise SystemExit(3)


async def lose():
    raise asyncio.CancelledError


@pytest.mark.parametrize("stuck", [hang, hang_through_a_cancellation])
async def test_a_plugin_that_hangs_at_the_start_is_named(stuck):
    """The log line and the error say how to start without the plugin."""
    with capture_logs() as logs, pytest.raises(PluginError, match=r"'odd'.*did not start within 0.05 s.*ECHOES_BACKEND=memory"):
        async with span(making([], before=stuck)).running():
            pytest.fail("it has not begun")
    assert [(one["event"], one["plugin"], one["step"]) for one in logs] == [("plugin.lifespan_hung", WHO, "start")]


@pytest.mark.parametrize("stuck", [hang, hang_through_a_cancellation])
async def test_a_plugin_that_hangs_at_the_end_is_named(stuck):
    """The lifespans that began before it end in order."""
    events = []
    with pytest.raises(PluginError, match=r"'odd'.*did not stop within"):
        async with span(making(events)).running(), span(making([], after=stuck)).running():
            pass
    assert events == ["began", "ended"]


@pytest.mark.parametrize("act", [fail, leave, lose])
@pytest.mark.parametrize("step", ["start", "stop"])
async def test_a_plugin_that_raises_is_named(step, act):
    """For any exception."""
    when = {"start": "before", "stop": "after"}[step]
    with pytest.raises(PluginError, match=rf"'odd'.*cannot {step}: "):
        async with span(making([], **{when: act})).running():
            assert step == "stop"


async def test_an_operators_error_passes_as_it_is():
    """It says already what to do."""

    async def refuse():
        raise ConfigurationError("set ECHOES_ODD_URL")

    with pytest.raises(ConfigurationError, match=r"^set ECHOES_ODD_URL$"):
        async with span(making([], before=refuse)).running():
            pytest.fail("it has not begun")


async def test_it_is_left_in_the_task_in_which_it_was_entered():
    """So it may hold a task group; and what it does to its task does not reach the server's."""
    tasks = []

    @contextlib.asynccontextmanager
    async def part():
        tasks.append(asyncio.current_task())
        async with asyncio.TaskGroup():
            yield
        tasks.append(asyncio.current_task())

    async with span(part).running():
        pass
    assert len(tasks) == 2
    assert tasks[0] is tasks[1] is not asyncio.current_task()


async def test_a_lifespan_that_ends_early_is_logged_and_reported_in_health():
    """A task of the plugin failed: the server continues, and health and log name the plugin."""

    @contextlib.asynccontextmanager
    async def part():
        async with asyncio.TaskGroup() as group:
            group.create_task(fail())
            yield

    one = span(part)
    with capture_logs() as logs:
        async with one.running():
            while not one.ended:
                await asyncio.sleep(0)
    assert "not like that" in one.ended or "TaskGroup" in one.ended
    assert [(line["event"], line["plugin"]) for line in logs] == [("plugin.lifespan_ended", WHO)]


async def test_the_first_error_is_raised():
    """An error of a lifespan that cannot end does not replace the error of the body."""
    with pytest.raises(KeyError):
        async with span(making([], after=fail)).running():
            raise KeyError("first")
