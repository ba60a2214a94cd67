"""Nothing in the memory backend grows for ever: what expired is forgotten, with every call a little, without a task."""

import asyncio

from echoes.facilities.cache import CachedKind, Entry
from echoes.facilities.registry import ConnectionInfo, WorkerInfo
from echoes_memory.broadcast import MemoryBroadcast
from echoes_memory.cache import MemoryCache
from echoes_memory.expiry import BATCH, Expiry
from echoes_memory.lock import MemoryLocks
from echoes_memory.registry import MemoryRegistry
from echoes_memory.session import MemorySessions
from echoes_memory.settings import MemorySettings

MANY = 1000
LATER = 100_000.0
THING = CachedKind("thing", "thing:{id}", "string", 60.0, dict)


async def test_expired_sessions_leave_nothing(clock, advance):
    """A thousand characters that came and went are not remembered."""
    sessions = MemorySessions(clock)
    for character in range(MANY):
        claim = await sessions.claim(character, worker="w", connection="c", fields={}, ttl=60)
        if character % 2:
            await sessions.detach(character, claim.epoch, 10)
            await sessions.close(character, claim.epoch)
    await advance(LATER)
    for _ in range(MANY // BATCH + 1):
        await sessions.read(0)
    assert (len(sessions._held), len(sessions._link_dead), len(sessions._expiry), len(sessions._expiry._queued)) == (0, 0, 0, 0)
    assert (len(sessions._closed), len(sessions._tombstones)) == (0, 0)


async def test_removed_bodies_leave_nothing(clock, advance):
    """The memory of removals and of locations ends."""
    registry = MemoryRegistry(clock)
    for character in range(MANY):
        await registry.place(character, f"l{character}", version=1, epoch=1)
        await registry.attach("w", character, ConnectionInfo("c", 1, 0.0))
        await registry.remove(character, epoch=1)
        await registry.detach("w", character, epoch=1)
    await advance(LATER)
    for _ in range(MANY // BATCH + 1):
        await registry.place(0, "a", version=1, epoch=2)
    await registry.remove(0, epoch=2)
    assert (len(registry._bodies), len(registry._locations), len(registry._removed)) == (0, 0, 1)
    assert (len(registry._holders), len(registry._connections), len(registry._expiry)) == (0, 0, 1)


async def test_reaped_workers_leave_nothing(clock, advance):
    """A worker that was reaped is not remembered."""
    registry = MemoryRegistry(clock)
    for number in range(MANY):
        await registry.heartbeat(WorkerInfo(worker_id=f"w{number}", started=0.0), 10)
        await registry.attach(f"w{number}", number, ConnectionInfo("c", 1, 0.0))
    await advance(11)
    for worker in await registry.dead_workers():
        await registry.reap(worker)
    assert (len(registry._workers), len(registry._connections), len(registry._holders)) == (0, 0, 0)


async def test_expired_values_leave_nothing(clock, advance):
    """Values and tombstones go when both their times are over."""
    cache = MemoryCache(clock)
    for number in range(MANY):
        await cache.write(THING, f"v{number}", Entry(1, b"{}"), generation=1)
        await cache.invalidate(THING, f"t{number}", version=1, generation=1)
    await advance(LATER)
    for _ in range(2 * MANY // BATCH + 1):
        await cache.invalidate(THING, "one", version=1, generation=1)
    assert (len(cache._slots), len(cache._expiry)) == (1, 1)


async def test_quiet_channels_leave_nothing(clock, advance):
    """A channel without listeners that is not used is forgotten, with its keys."""
    broadcast = MemoryBroadcast(clock)
    for number in range(MANY):
        await broadcast.publish(f"location:{number}", b"x", key="k")
        await broadcast.position(f"player:{number}")
    await advance(LATER)
    for _ in range(2 * MANY // BATCH + 1):
        await broadcast.position("one")
    assert (len(broadcast._channels), len(broadcast._expiry)) == (1, 1)


async def test_a_listener_holds_on_to_its_place_only(clock, advance):
    """On a quiet channel with a listener, messages and keys go; once the listener leaves, so does the channel."""
    broadcast = MemoryBroadcast(clock)
    subscription = await broadcast.subscribe("a", lambda item: None)
    for number in range(MANY):
        await broadcast.publish("a", b"x", key=f"k{number}")
    channel = broadcast._channels["a"]
    assert (len(channel.messages), len(channel.keys)) == (256, MANY)
    await advance(LATER)
    await broadcast.position("other")
    assert (len(channel.messages), len(channel.keys), len(channel.key_order)) == (0, 0, 0)
    await subscription.close()
    await advance(LATER)
    await broadcast.position("other")
    assert set(broadcast._channels) == {"other"}


async def test_locks_that_ran_out_leave_nothing(clock, advance):
    """Names that were locked once are not remembered, nor are waiters that gave up."""
    locks = MemoryLocks(clock)
    for number in range(MANY):
        await locks.acquire(f"n{number}", ttl=10)
    waiting = [asyncio.create_task(locks.acquire(f"n{number}", ttl=1, wait=5)) for number in range(10)]
    await advance(1)
    await advance(LATER)
    assert len(await asyncio.gather(*waiting)) == 10
    await advance(LATER)
    for _ in range(MANY // BATCH + 1):
        await locks.acquire("one", ttl=10)
    assert (list(locks._held), len(locks._queues), len(locks._expiry)) == (["one"], 0, 1)
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "lock:alarm"]


async def test_prolonging_a_key_does_not_lengthen_the_queue(clock):
    """A session that is touched a thousand times waits in the queue once."""
    sessions = MemorySessions(clock)
    claim = await sessions.claim(1, worker="w", connection="c", fields={}, ttl=60)
    for _ in range(MANY):
        await sessions.touch(1, claim.epoch, 60)
    assert len(sessions._expiry) == 1


def test_one_sweep_does_a_bounded_amount_of_work():
    """However much expired at once, one call drops a batch of it at most."""
    alive = dict.fromkeys(range(MANY), 1.0)
    expiry = Expiry(alive.get, alive.pop)
    for key, deadline in alive.items():
        expiry.watch(key, deadline)
    expiry.sweep(2.0)
    assert len(alive) == MANY - BATCH


async def test_bounds_are_settings(clock, advance):
    """History and keys follow the settings."""
    settings = MemorySettings(history_messages=3, history_messages_player=2, history_seconds=10, key_seconds=5)
    broadcast = MemoryBroadcast(clock, settings)
    for channel, kept in (("location:a", 3), ("player:1", 2)):
        since = await broadcast.publish(channel, b"first", key="k")
        for _ in range(kept):
            await broadcast.publish(channel, b"x")
        assert len((await broadcast.history(channel, since)).messages) == kept
        await broadcast.publish(channel, b"x")
        assert not (await broadcast.history(channel, since)).complete
    await advance(6)
    assert await broadcast.publish("player:1", b"again", key="k") != since
