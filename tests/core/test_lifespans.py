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


async def hang_whatever():
    """It does not even let itself be cancelled, once."""
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


@pytest.mark.parametrize("stuck", [hang, hang_whatever])
async def test_who_hangs_at_the_start_is_named(stuck):
    """With a line and an error that say how to play on."""
    with capture_logs() as logs, pytest.raises(PluginError, match=r"'odd'.*did not start within 0.05 s.*ECHOES_BACKEND=memory"):
        async with span(making([], before=stuck)).running():
            pytest.fail("it has not begun")
    assert [(one["event"], one["plugin"], one["step"]) for one in logs] == [("plugin.lifespan_hung", WHO, "start")]


@pytest.mark.parametrize("stuck", [hang, hang_whatever])
async def test_who_hangs_at_the_end_is_named(stuck):
    """What was begun before it ends in order."""
    events = []
    with pytest.raises(PluginError, match=r"'odd'.*did not stop within"):
        async with span(making(events)).running(), span(making([], after=stuck)).running():
            pass
    assert events == ["began", "ended"]


@pytest.mark.parametrize("act", [fail, leave, lose])
@pytest.mark.parametrize("step", ["start", "stop"])
async def test_who_raises_is_named(step, act):
    """Whatever it raises."""
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


async def test_a_lifespan_that_ends_before_its_time_is_told():
    """A task of its own has failed: the server lives, health and log name the plugin."""

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


async def test_what_happened_first_counts():
    """The body's own error is not covered by that of a lifespan which cannot end."""
    with pytest.raises(KeyError):
        async with span(making([], after=fail)).running():
            raise KeyError("first")
