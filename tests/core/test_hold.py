"""`hold`: a body under a lease that renews itself."""

import asyncio
from contextlib import suppress

import pytest
from echoes.clock import SystemClock
from echoes.errors import FacilityUnavailable, LeaseLost
from echoes.facilities.lock import Lease, hold
from echoes_memory.lock import MemoryLocks

TTL = 0.09


class Watched(MemoryLocks):
    """Counts renewals, and fails in them on request."""

    def __init__(self) -> None:
        super().__init__(SystemClock())
        self.renewals = 0
        self.asked, self.renewed = asyncio.Event(), asyncio.Event()
        self.failure: Exception | None = None
        self.stalled = False

    async def renew(self, lease: Lease, *, ttl: float) -> None:
        self.renewals += 1
        self.asked.set()
        if self.renewals >= 6:
            self.renewed.set()
        if self.stalled:
            await asyncio.Event().wait()
        if self.failure:
            raise self.failure
        await super().renew(lease, ttl=ttl)


@pytest.fixture
def locks() -> Watched:
    return Watched()


@pytest.fixture(autouse=True)
async def _in_time():
    async with asyncio.timeout(10):
        yield


async def test_the_body_runs_under_a_lease_and_gives_it_back(locks):
    """Within the body the name is taken, after it free."""
    async with hold(locks, "tick") as lease:
        assert lease is not None
        assert await locks.acquire("tick", ttl=1) is None
    assert await locks.acquire("tick", ttl=1) is not None


async def test_a_taken_name_yields_none(locks):
    """The body gets None instead of a lease, and nothing is released in the end."""
    await locks.acquire("tick", ttl=10)
    async with hold(locks, "tick") as lease:
        assert lease is None
    assert await locks.acquire("tick", ttl=1) is None


async def test_hold_may_wait(locks):
    """With `wait` the body runs once the name is free."""
    await locks.acquire("tick", ttl=0.02)
    async with hold(locks, "tick", wait=5) as lease:
        assert lease is not None


async def test_the_lease_is_renewed_while_the_body_runs(locks):
    """A body that takes longer than `ttl` keeps its lease."""
    async with hold(locks, "tick", ttl=TTL):
        await locks.renewed.wait()
        assert await locks.acquire("tick", ttl=1) is None
    renewals = locks.renewals
    await asyncio.sleep(TTL)
    assert locks.renewals == renewals


async def test_a_lost_lease_cancels_the_body(locks):
    """When another worker has the lease, the body is cancelled where it waits and `LeaseLost` comes out."""
    cancelled = False
    with pytest.raises(LeaseLost, match="tick"):
        async with hold(locks, "tick", ttl=TTL) as lease:
            await locks.release(lease)
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled = True
                raise
    assert cancelled
    assert asyncio.current_task().cancelling() == 0


@pytest.mark.parametrize("stalled", [False, True], ids=["refused", "stalled"])
async def test_a_store_out_of_reach_costs_the_lease(locks, stalled):
    """When renewing fails, or never answers, for all of `ttl`, the body stops before another worker can start."""
    locks.stalled, locks.failure = stalled, FacilityUnavailable("away")
    loop = asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(LeaseLost):
        async with hold(locks, "tick", ttl=TTL):
            await asyncio.Event().wait()
    assert TTL * 0.9 <= loop.time() - began < TTL * 5


async def test_a_short_outage_costs_nothing(locks):
    """A renewal that failed is tried again while the lease lasts."""
    locks.failure = FacilityUnavailable("away")
    async with hold(locks, "tick", ttl=0.6):
        await locks.asked.wait()
        locks.failure = None
        await locks.renewed.wait()


async def test_the_bodys_exception_passes_through_unchanged(locks):
    """An exception of the body passes through unchanged, and the name is free."""
    problem = KeyError("mine")
    with pytest.raises(KeyError) as caught:
        async with hold(locks, "tick"):
            raise problem
    assert caught.value is problem
    assert await locks.acquire("tick", ttl=1) is not None


async def test_an_exception_made_of_the_loss_passes_through(locks):
    """A body may answer its cancellation with an error of its own: it passes, and no cancellation is left behind."""
    with pytest.raises(KeyError):
        async with hold(locks, "tick", ttl=TTL) as lease:
            await locks.release(lease)
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                raise KeyError from None
    assert asyncio.current_task().cancelling() == 0


async def test_a_body_that_ignores_the_loss_raises_lease_lost_at_its_end(locks):
    """A body that swallowed its cancellation still gets `LeaseLost`."""
    with pytest.raises(LeaseLost):
        async with hold(locks, "tick", ttl=TTL) as lease:
            await locks.release(lease)
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
    assert asyncio.current_task().cancelling() == 0


async def test_a_foreign_cancellation_passes_through(locks):
    """The owner of the task cancels it and gets a cancelled task, and the name is free."""
    inside = asyncio.Event()

    async def work() -> None:
        async with hold(locks, "tick"):
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await inside.wait()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert await locks.acquire("tick", ttl=1) is not None


async def test_a_foreign_timeout_passes_through(locks):
    """`asyncio.timeout` around a held body works as ever."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01), hold(locks, "tick"):
            await asyncio.Event().wait()
    assert await locks.acquire("tick", ttl=1) is not None


async def test_a_foreign_cancellation_beats_the_loss(locks):
    """When both come together the foreign one counts."""

    async def work() -> None:
        async with hold(locks, "tick", ttl=TTL) as lease:
            await locks.release(lease)
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                asyncio.current_task().cancel()
                await asyncio.sleep(0)

    task = asyncio.create_task(work())
    await asyncio.wait([task])
    assert task.cancelled()


async def test_a_lease_that_cannot_be_given_back_runs_out(locks, monkeypatch):
    """A store that goes away just then does not spoil what the body has done."""

    async def away(lease: Lease) -> bool:
        raise FacilityUnavailable(lease.name)

    monkeypatch.setattr(locks, "release", away)
    async with hold(locks, "tick", ttl=TTL):
        pass
    assert await locks.acquire("tick", ttl=1, wait=5) is not None
