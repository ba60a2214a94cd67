"""Time that a test can turn, and the machine's own."""

import asyncio
import time

import pytest
from echoes.clock import ManualClock, SystemClock


async def test_a_manual_clock_stands_still():
    """Nothing but `advance` moves it."""
    clock = ManualClock(100.0)
    sleeper = asyncio.create_task(clock.sleep(1))
    await asyncio.sleep(0)
    assert (clock.time(), clock.monotonic()) == (100.0, 100.0)
    assert not sleeper.done()
    await clock.advance(1)
    assert sleeper.done()


async def test_sleepers_wake_in_the_order_of_their_deadlines():
    """Each wakes at its own deadline and sees it on the clock, for every order of calls."""
    clock = ManualClock(100.0)
    woken = []

    async def sleep(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((seconds, clock.time()))

    tasks = [asyncio.create_task(sleep(seconds)) for seconds in (3, 1, 2)]
    await clock.advance(10)
    assert woken == [(1, 101.0), (2, 102.0), (3, 103.0)]
    assert clock.time() == 110.0
    await asyncio.gather(*tasks)


async def test_a_sleeper_that_lies_down_again_wakes_again():
    """A loop with a pause runs as often as it would have in real time."""
    clock = ManualClock(0.0)
    ticks = []

    async def tick() -> None:
        while True:
            await clock.sleep(2)
            ticks.append(clock.time())

    task = asyncio.create_task(tick())
    await clock.advance(7)
    assert ticks == [2.0, 4.0, 6.0]
    task.cancel()


async def test_a_sleeper_does_not_wake_early():
    """A deadline that is not reached stays."""
    clock = ManualClock()
    sleeper = asyncio.create_task(clock.sleep(10))
    await clock.advance(9.5)
    assert not sleeper.done()
    await clock.advance(0.5)
    assert sleeper.done()


async def test_a_cancelled_sleeper_does_not_disturb_the_others():
    """The clock skips a cancelled sleeper."""
    clock = ManualClock()
    gone, stays = (asyncio.create_task(clock.sleep(5)) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()
    await clock.advance(6)
    assert gone.cancelled()
    assert stays.done()


async def test_no_time_is_no_wait():
    """Sleeping for nothing, or less, returns at once on both clocks."""
    for clock in (ManualClock(), SystemClock()):
        async with asyncio.timeout(1):
            await clock.sleep(0)
            await clock.sleep(-1)


async def test_the_system_clock_is_the_machines():
    """Wall-clock seconds since 1970, and a time that never runs backwards."""
    clock = SystemClock()
    assert clock.time() == pytest.approx(time.time(), abs=5)
    before = clock.monotonic()
    await clock.sleep(0.01)
    assert clock.monotonic() - before >= 0.009
