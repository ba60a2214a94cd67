"""Many steps are taken by a few tasks, and leave the event loop to everything else in between."""

import asyncio

import pytest
from echoes.concurrency import gather, slices

AT_ONCE = 50


async def test_so_many_steps_are_taken_by_so_many_tasks():
    """Five thousand steps never make five thousand tasks; the answers come in order."""
    before, most = len(asyncio.all_tasks()), 0

    async def step(number):
        nonlocal most
        await asyncio.sleep(0)
        most = max(most, len(asyncio.all_tasks()) - before)
        return number

    assert await gather((step(number) for number in range(5000)), at_once=AT_ONCE) == list(range(5000))
    assert most == AT_ONCE


async def test_steps_that_wait_for_nothing_leave_others_their_turn():
    """No more than `at_once` of them run between two turns of the event loop."""
    taken, most = 0, 0

    async def step():
        nonlocal taken
        taken += 1

    async def other():
        nonlocal taken, most
        while True:
            most, taken = max(most, taken), 0
            await asyncio.sleep(0)

    watching = asyncio.create_task(other())
    await gather((step() for _ in range(5000)), at_once=AT_ONCE)
    watching.cancel()
    assert 0 < most <= AT_ONCE


async def test_the_first_error_is_raised_when_all_have_ended():
    """Also when a step raises a cancellation of its own."""
    ended = []

    async def step(number):
        await asyncio.sleep(0)
        ended.append(number)
        if number == 3:
            raise asyncio.CancelledError
        if number == 7:
            raise ValueError(number)

    for at_once in (None, 2):
        ended.clear()
        with pytest.raises(asyncio.CancelledError):
            await gather((step(number) for number in range(20)), at_once=at_once)
        assert sorted(ended) == list(range(20))


async def test_a_cancelled_caller_starts_no_further_step():
    """The caller's cancellation reaches the steps under way, and no other starts."""
    begun, forever = [], asyncio.Event()

    async def step(number):
        begun.append(number)
        await forever.wait()

    work = asyncio.create_task(gather((step(number) for number in range(100)), at_once=3))
    while len(begun) < 3:
        await asyncio.sleep(0)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert begun == [0, 1, 2]


async def test_slices_leave_others_their_turn():
    """Each is bounded, none is left out."""
    turns = 0

    async def other():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    watching = asyncio.create_task(other())
    found = [list(some) async for some in slices(range(1001), 250)]
    watching.cancel()
    assert [len(some) for some in found] == [250, 250, 250, 250, 1]
    assert [one for some in found for one in some] == list(range(1001))
    assert turns >= 4
