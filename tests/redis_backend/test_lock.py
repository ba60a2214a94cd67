"""Leases beyond their contract: what becomes of a waiter that is cancelled while Redis does not answer, and who asks how often."""

import asyncio
import gc

import pytest
from echoes.testing.collector import breathe, in_time
from echoes_redis.keys import Keys
from echoes_redis.lock import POLL_SECONDS, RedisLocks
from echoes_redis.session import RedisSessions

KEYS = Keys()
ON_REDIS = pytest.mark.parametrize("backend", ["redis"], indirect=True)


@ON_REDIS
@pytest.mark.parametrize("cancels", [1, 2], ids=["waits-for-the-answer", "and-is-cancelled-again"])
async def test_a_caller_cancelled_while_the_reply_is_under_way_holds_no_lock(drivers, redis_server, cancels):
    """Redis grants the lease after its caller was cancelled: the lease is released at once, not after its ttl."""
    locks, other = (RedisLocks(driver, KEYS) for driver in drivers)
    await locks.release(await locks.acquire("warm", ttl=1))
    with redis_server.paused():
        asking = asyncio.create_task(locks.acquire("tick", ttl=3600))
        await breathe()
        asking.cancel()
        await breathe()
        assert not asking.done()
        if cancels > 1:
            asking.cancel()
            await asyncio.wait([asking])
    await asyncio.wait([asking])
    assert asking.cancelled()
    assert await in_time(other.acquire("tick", ttl=10, wait=5)) is not None


async def test_of_a_workers_waiters_one_looks(drivers, monkeypatch):
    """However many wait, Redis is asked as often as by one; the others ask once, at first."""
    locks = RedisLocks(drivers[0], KEYS)
    held = await locks.acquire("tick", ttl=60)
    asked = []
    attempt = locks._attempt

    async def counted(name, ttl):
        asked.append(asyncio.current_task())
        return await attempt(name, ttl)

    monkeypatch.setattr(locks, "_attempt", counted)
    waiting = [asyncio.create_task(locks.acquire("tick", ttl=60, wait=60)) for _ in range(10)]
    async with asyncio.timeout(10):
        while len(asked) < 10 + 5:
            await asyncio.sleep(POLL_SECONDS[0])
    assert len(set(asked[10:])) == 1
    for one in waiting:
        one.cancel()
    await asyncio.wait(waiting)
    assert await locks.release(held) is True
    asked.clear()
    waiting.clear()
    del one
    gc.collect()
    assert not locks._queues


async def test_a_waiter_behind_another_gives_up_in_time(drivers):
    """Its own time counts while it queues, too."""
    locks = RedisLocks(drivers[0], KEYS)
    await locks.acquire("tick", ttl=60)
    patient = asyncio.create_task(locks.acquire("tick", ttl=1, wait=60))
    await breathe()
    assert await in_time(locks.acquire("tick", ttl=1, wait=0.05)) is None
    patient.cancel()
    await asyncio.wait([patient])


async def test_tokens_and_epochs_grow_while_redis_clock_steps_back(drivers, advance):
    """After a failover to a machine whose clock is an hour behind, no token and no epoch comes again."""
    locks, sessions = RedisLocks(drivers[0], KEYS), RedisSessions(drivers[0], KEYS)
    tokens, epochs = [], []
    for step in (0, -3600, -3600, 3600):
        await advance(step)
        lease = await locks.acquire("tick", ttl=10)
        tokens.append(lease.token)
        await locks.release(lease)
        claim = await sessions.claim(17, worker="w", connection="c", fields={}, ttl=10)
        epochs.append(claim.epoch)
        await drivers[0].call("DEL", KEYS.session(17))
    assert tokens == sorted(set(tokens))
    assert epochs == sorted(set(epochs))
