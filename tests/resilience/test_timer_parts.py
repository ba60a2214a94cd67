"""Timers while their backend is away: each part keeps a worker, in PostgreSQL, and goes back to its share afterwards."""

import asyncio

import pytest
from echoes.facilities import Facilities, LockManager, Registry, WorkerInfo
from echoes.resilience.breaker import Breaker
from echoes.resilience.guarded import guarded
from echoes.resilience.lock import ResilientLocks
from echoes.resilience.registry import ResilientRegistry
from echoes.storage.database import connect
from echoes.storage.timers import PARTS
from echoes.tasks import timer_parts
from echoes.tasks.timer_parts import TimerParts


@pytest.fixture
async def workers(far, near, clock, database_url, monkeypatch):
    """The parts of two workers over one store, with short leases, and their breakers."""
    monkeypatch.setattr(timer_parts, "TTL", 0.5)
    monkeypatch.setattr(timer_parts, "LOOK", 0.0)
    async with connect(database_url, pool=4, timeout=5) as database:
        found = []
        for name in ("one", "two"):
            await near.registry.heartbeat(WorkerInfo(worker_id=name, started=0.0), 1000.0)
            breaker = Breaker(name, clock, failures=1, patience=5)
            locks = ResilientLocks(guarded("lock", LockManager, far.locks, breaker), database)
            registry = ResilientRegistry(guarded("registry", Registry, far.registry, breaker))
            found.append((TimerParts(Facilities(None, registry, None, None, locks)), breaker, locks))
        yield found


async def until(workers, condition, trial=None):
    """Let both workers take their turns until a condition holds."""
    async with asyncio.timeout(30):
        while not condition():
            for parts, breaker, _ in workers:
                if trial is not None:
                    await breaker.try_again(trial)
                await parts.turn()
            await asyncio.sleep(0.01)


async def test_every_part_keeps_a_worker_while_the_store_is_away(workers, switch, near, far, clock):
    """Both go on with what they hold, and take what runs out in PostgreSQL; when the store is back, each has half of the parts there."""
    (one, _, _), (two, _, _) = workers

    def shared():
        return len(one.held) == len(two.held) == PARTS // 2 and not set(one.held) & set(two.held)

    await until(workers, shared)
    switch.away = True
    await until(workers, lambda: sum(len(locks._in_postgres) for _, _, locks in workers) == PARTS)
    assert sorted(one.held + two.held) == list(range(PARTS))
    await clock.advance(2)  # the store's clock: what was held there before has run out
    switch.away = False
    await until(workers, lambda: shared() and not any(locks._in_postgres for _, _, locks in workers), lambda: far.registry.retire("probe"))
    for part in range(PARTS):
        assert await near.locks.acquire(f"clock:{part}", ttl=1.0) is None
