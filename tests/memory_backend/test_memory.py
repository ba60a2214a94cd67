"""The promises of the memory backend beyond the contracts: order among waiters, no time without a clock, settings."""

import asyncio

import pytest
from echoes.clock import ManualClock
from echoes.facilities.broadcast import Position
from echoes_memory.broadcast import MemoryBroadcast
from echoes_memory.lock import MemoryLocks
from echoes_memory.session import MemorySessions
from echoes_memory.settings import MemorySettings
from pydantic import ValidationError


class Wayward(ManualClock):
    """Its wall clock can be set; monotonic time continues."""

    shift = 0.0

    def time(self) -> float:
        return super().time() + self.shift


async def test_epochs_grow_while_the_clock_steps_back(advance):
    """A wall clock that was set back gives out no epoch twice, also for characters that the store has forgotten."""
    clock = Wayward()
    sessions = MemorySessions(clock)
    epochs = []
    for shift in (0, -3600, -7200, 0):
        clock.shift = shift
        claim = await sessions.claim(1, worker="w", connection="c", fields={}, ttl=10)
        epochs.append(claim.epoch)
        await clock.advance(11)
    assert epochs == sorted(set(epochs))


async def test_tokens_grow_while_the_clock_steps_back():
    """Leases end by monotonic time, too."""
    clock = Wayward()
    locks = MemoryLocks(clock)
    tokens = []
    for shift in (0, -3600, -7200, 0):
        clock.shift = shift
        lease = await locks.acquire("tick", ttl=10)
        tokens.append(lease.token)
        await clock.advance(11)
    assert tokens == sorted(set(tokens))


async def test_leases_do_not_end_early_when_the_clock_steps(advance):
    """How long something lasts is measured, not read off the wall."""
    clock = Wayward()
    sessions, locks = MemorySessions(clock), MemoryLocks(clock)
    await sessions.claim(1, worker="w", connection="c", fields={}, ttl=10)
    await locks.acquire("tick", ttl=10)
    clock.shift = 7200
    assert await sessions.read(1) is not None
    assert await locks.acquire("tick", ttl=10) is None


async def test_waiters_are_served_in_the_order_in_which_they_asked(clock):
    """First come, first served; no later client slips in between."""
    locks = MemoryLocks(clock)
    order = []

    async def work(number: int) -> None:
        lease = await locks.acquire("tick", ttl=60, wait=60)
        order.append(number)
        await locks.release(lease)

    held = await locks.acquire("tick", ttl=60)
    waiting = [asyncio.create_task(work(number)) for number in range(10)]
    await asyncio.sleep(0)
    await locks.release(held)
    assert await locks.acquire("tick", ttl=60) is None
    await asyncio.gather(*waiting)
    assert order == list(range(10))


async def test_a_short_deadline_behind_a_long_one_is_kept(clock, advance):
    """A waiter far back in the queue gives up when its own time is over."""
    locks = MemoryLocks(clock)
    await locks.acquire("tick", ttl=1000)
    patient = asyncio.create_task(locks.acquire("tick", ttl=1, wait=500))
    hasty = asyncio.create_task(locks.acquire("tick", ttl=1, wait=5))
    await asyncio.sleep(0)
    await advance(6)
    assert hasty.done()
    assert not patient.done()
    await advance(500)
    assert (await hasty, await patient) == (None, None)


async def test_a_waiter_cancelled_with_the_release_passes_it_on(clock):
    """In one process no grant is lost on its way: the next waiter has it at once."""
    locks = MemoryLocks(clock)
    held = await locks.acquire("tick", ttl=60)
    first, second = (asyncio.create_task(locks.acquire("tick", ttl=60, wait=30)) for _ in range(2))
    await asyncio.sleep(0)
    await locks.release(held)
    first.cancel()
    async with asyncio.timeout(5):
        assert await second is not None
    assert first.cancelled()


async def test_an_idle_waiter_does_not_spin(clock):
    """Waiting costs no steps of the event loop."""
    locks = MemoryLocks(clock)
    await locks.acquire("tick", ttl=1000)
    asked = 0

    def counted() -> float:
        nonlocal asked
        asked += 1
        return ManualClock.monotonic(clock)

    clock.monotonic = counted
    waiter = asyncio.create_task(locks.acquire("tick", ttl=1, wait=500))
    for _ in range(100):
        await asyncio.sleep(0)
    assert asked < 10
    waiter.cancel()


async def test_delivery_is_over_when_publish_returns(clock):
    """In one process nothing waits between a publisher and a sink."""
    broadcast = MemoryBroadcast(clock)
    got = []
    await broadcast.subscribe("a", got.append)
    position = await broadcast.publish("a", b"x")
    assert [message.position for message in got] == [position]


async def test_a_sink_that_publishes_at_once_is_not_entered_twice(clock):
    """Also where tasks start eagerly, a sink sees one message at a time, in order, and a joiner misses none."""
    broadcast = MemoryBroadcast(clock)
    calls, inside, late = [], [], []

    def sink(message) -> None:
        assert not inside
        inside.append(message)
        calls.append(message.position.offset)
        if len(calls) < 5:
            with pytest.raises(StopIteration):
                broadcast.publish("a", b"x").send(None)
            with pytest.raises(StopIteration):
                broadcast.subscribe("a", late.append, since=Position(message.position.epoch, 0)).send(None)
        inside.clear()

    await broadcast.subscribe("a", sink)
    await broadcast.publish("a", b"x")
    assert calls == [1, 2, 3, 4, 5]
    assert [message.position.offset for message in late if message.position.offset == 5] == [5] * 4
    assert len(late) == 4 * 5


async def test_two_lives_never_share_an_epoch(clock):
    """A restarted process has other channel epochs, also within the same microsecond."""
    first, second = MemoryBroadcast(clock), MemoryBroadcast(clock)
    assert (await first.position("a")).epoch != (await second.position("a")).epoch


def test_settings_come_from_the_given_environment_alone(monkeypatch):
    """`ECHOES_MEMORY_*` is read from what the core hands over, never from the process."""
    monkeypatch.setenv("ECHOES_MEMORY_HISTORY_MESSAGES", "7")
    settings = MemorySettings.read({"ECHOES_MEMORY_KEY_SECONDS": "12.5", "ECHOES_OTHER": "x"})
    assert (settings.history_messages, settings.key_seconds) == (256, 12.5)
    assert MemorySettings().history_messages == 256


def test_settings_are_frozen_and_checked():
    """A nonsensical bound is refused with the field's name; nothing changes after boot."""
    with pytest.raises(ValidationError, match="history_messages"):
        MemorySettings.read({"ECHOES_MEMORY_HISTORY_MESSAGES": "0"})
    with pytest.raises(ValidationError, match="frozen"):
        MemorySettings().history_messages = 5
