"""The lock manager's laws: leases with fencing tokens."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from echoes.clock import Advance
from echoes.errors import LeaseLost
from echoes.facilities.lock import Lease, LockManager
from echoes.testing.collector import ODD_NAMES, breathe, in_time

Forget = Callable[[], Awaitable[LockManager]] | None

TTL = 10.0


async def take(locks: LockManager, name: str = "tick", *, ttl: float = TTL, wait: float = 0) -> Lease:
    """Acquire what must be free."""
    lease = await in_time(locks.acquire(name, ttl=ttl, wait=wait))
    assert lease is not None
    return lease


@pytest.mark.asyncio
class LockManagerContract:
    """Override `store` and `advance`; `other` and `forget` where they mean something."""

    @pytest.fixture
    def store(self) -> LockManager:
        """The first worker's view, with nothing held."""
        pytest.fail("override the fixture `store`")

    @pytest.fixture
    def other(self, store: LockManager) -> LockManager:
        """A second worker's view of the same locks."""
        return store

    @pytest.fixture
    def advance(self) -> Advance:
        """Lets seconds pass for the store, and for every waiting caller."""
        pytest.fail("override the fixture `advance`")

    @pytest.fixture
    def forget(self) -> Forget:
        """Loses everything as a crash would, and answers the lock manager to go on with."""
        return None

    # Holding

    async def test_a_free_name_is_granted(self, store: LockManager) -> None:
        """A lease says its name and its token."""
        lease = await take(store, "tick")
        assert lease.name == "tick"
        assert lease.token > 1_500_000_000 * 1_000_000

    async def test_a_held_name_is_refused(self, store: LockManager, other: LockManager) -> None:
        """While it is held no other caller gets it, on the same worker either."""
        await take(store)
        assert await other.acquire("tick", ttl=TTL) is None
        assert await store.acquire("tick", ttl=TTL) is None

    async def test_names_are_apart(self, store: LockManager) -> None:
        """Holding one name holds no other."""
        await take(store, "tick")
        await take(store, "tock")
        await take(store, "tick:tock")

    @pytest.mark.parametrize("name", ODD_NAMES)
    async def test_a_name_may_be_any_text(self, store: LockManager, other: LockManager, name: str) -> None:
        """Names are any text."""
        lease = await take(store, name)
        assert lease.name == name
        assert await other.acquire(name, ttl=TTL) is None
        await store.renew(lease, ttl=TTL)
        assert await store.release(lease) is True

    async def test_one_of_many_racers_gets_it(self, store: LockManager, other: LockManager) -> None:
        """Racing acquisitions: exactly one lease."""
        leases = await asyncio.gather(*((store, other)[n % 2].acquire("tick", ttl=TTL) for n in range(50)))
        assert sum(lease is not None for lease in leases) == 1

    # Giving back

    async def test_a_released_name_is_free(self, store: LockManager, other: LockManager) -> None:
        """After a release the next one gets it; releasing twice is refused and takes nothing from the new holder."""
        lease = await take(store)
        assert await store.release(lease) is True
        await take(other)
        assert await store.release(lease) is False
        assert await store.acquire("tick", ttl=TTL) is None

    async def test_any_worker_may_release_by_the_token(self, store: LockManager, other: LockManager) -> None:
        """The token is the key, not the object that acquired it; another token opens nothing."""
        lease = await take(store)
        assert await other.release(Lease(lease.name, lease.token + 1)) is False
        assert await other.release(Lease("tock", lease.token)) is False
        assert await other.release(Lease(lease.name, lease.token)) is True

    # Running out

    async def test_a_lease_runs_out(self, store: LockManager, other: LockManager, advance: Advance) -> None:
        """A holder that does not renew loses the name after its ttl, not before."""
        await take(store)
        await advance(TTL / 2)
        assert await other.acquire("tick", ttl=TTL) is None
        await advance(TTL / 2 + 1)
        await take(other)

    async def test_a_renewed_lease_holds_on(self, store: LockManager, other: LockManager, advance: Advance) -> None:
        """The ttl counts from the last renewal."""
        lease = await take(store)
        for _ in range(3):
            await advance(TTL * 0.75)
            await store.renew(lease, ttl=TTL)
        await advance(TTL * 0.75)
        assert await other.acquire("tick", ttl=TTL) is None
        await advance(TTL * 0.5)
        await take(other)

    async def test_renewing_a_lost_lease_raises_lease_lost(self, store: LockManager, other: LockManager, advance: Advance) -> None:
        """Renewing a lease that ran out, was released or was taken over raises `LeaseLost` and changes nothing."""
        released = await take(store, "tock")
        await store.release(released)
        with pytest.raises(LeaseLost):
            await store.renew(released, ttl=TTL)
        old = await take(store)
        await advance(TTL + 1)
        with pytest.raises(LeaseLost):
            await store.renew(old, ttl=TTL)
        assert await store.release(old) is False
        new = await take(other)
        with pytest.raises(LeaseLost):
            await store.renew(old, ttl=100 * TTL)
        assert await store.release(old) is False
        await other.renew(new, ttl=TTL)
        await advance(TTL + 1)
        await take(store)

    # Tokens

    async def test_tokens_grow(self, store: LockManager, other: LockManager, advance: Advance) -> None:
        """Each acquisition of a name has a greater token than all before: after a release, after running out, much later."""
        tokens: list[int] = []
        for pause in (0, 0, TTL + 1, 1000, 10_000):
            await advance(pause)
            lease = await take((store, other)[len(tokens) % 2])
            tokens.append(lease.token)
            if pause < TTL:
                await store.release(lease)
        assert tokens == sorted(set(tokens))

    async def test_a_token_is_at_least_the_time_in_microseconds(self, store: LockManager, advance: Advance) -> None:
        """Tokens follow the store's clock."""
        first = await take(store)
        await store.release(first)
        await advance(5)
        assert (await take(store)).token - first.token >= 5 * 1_000_000

    async def test_a_forgetful_store_still_gives_newer_tokens(self, store: LockManager, advance: Advance, forget: Forget) -> None:
        """After losing everything the next token is greater than all before, and the old lease is lost."""
        if forget is None:
            pytest.skip("this store cannot forget")
        old = await take(store)
        await advance(1)
        store = await forget()
        with pytest.raises(LeaseLost):
            await store.renew(old, ttl=TTL)
        new = await take(store)
        assert new.token > old.token
        assert await store.release(old) is False

    # Waiting

    async def test_a_waiter_gets_a_released_name(self, store: LockManager, other: LockManager) -> None:
        """A waiter gets the name once the holder releases it."""
        lease = await take(store)
        waiter = asyncio.create_task(other.acquire("tick", ttl=TTL, wait=60))
        await breathe()
        assert not waiter.done()
        await store.release(lease)
        got = await in_time(waiter)
        assert got is not None
        assert got.token > lease.token

    async def test_a_waiter_gets_a_name_whose_lease_runs_out(self, store: LockManager, other: LockManager, advance: Advance) -> None:
        """A waiter gets the name once a dead holder's lease is over."""
        await take(store)
        waiter = asyncio.create_task(other.acquire("tick", ttl=TTL, wait=60))
        await breathe()
        await advance(TTL + 1)
        assert await in_time(waiter) is not None

    async def test_a_waiter_gives_up_in_time(self, store: LockManager, other: LockManager, advance: Advance) -> None:
        """A waiter that has waited all of `wait` seconds without getting the lock gets None."""
        await take(store, ttl=10 * TTL)
        waiter = asyncio.create_task(other.acquire("tick", ttl=TTL, wait=5))
        await breathe()
        assert await other.acquire("tick", ttl=TTL) is None  # an answer later than the waiter's first: its time runs
        assert not waiter.done()
        await advance(6)
        assert await in_time(waiter) is None

    async def test_a_renewal_keeps_waiters_waiting(self, store: LockManager, other: LockManager, advance: Advance) -> None:
        """Waiting does not end with the ttl that the lease had when it began."""
        lease = await take(store)
        waiter = asyncio.create_task(other.acquire("tick", ttl=TTL, wait=60))
        await breathe()
        await advance(TTL * 0.75)
        await store.renew(lease, ttl=TTL)
        await advance(TTL * 0.75)
        assert not waiter.done()
        await advance(TTL * 0.5)
        assert await in_time(waiter) is not None

    async def test_every_waiter_has_its_turn_alone(self, store: LockManager, other: LockManager) -> None:
        """Many who wait hold the name one after another, never two at once, with growing tokens."""
        inside: list[int] = []
        tokens: list[int] = []

        async def work(view: LockManager, number: int) -> None:
            lease = await take(view, ttl=60, wait=60)
            inside.append(number)
            assert inside == [number]
            tokens.append(lease.token)
            await asyncio.sleep(0)
            inside.remove(number)
            assert await view.release(lease) is True

        await in_time(asyncio.gather(*(work((store, other)[n % 2], n) for n in range(20))))
        assert len(tokens) == 20
        assert tokens == sorted(set(tokens))

    async def test_a_cancelled_waiter_never_holds_it(self, store: LockManager, other: LockManager) -> None:
        """A caller that was cancelled while waiting does not end up as a holder."""
        lease = await take(store)
        waiter = asyncio.create_task(other.acquire("tick", ttl=60, wait=60))
        await breathe()
        waiter.cancel()
        await asyncio.wait([waiter])
        assert waiter.cancelled()
        await store.release(lease)
        await take(store)

    async def test_a_cancelled_waiter_does_not_block_the_next_waiter(self, store: LockManager, other: LockManager) -> None:
        """When one of many waiters is cancelled the next one gets its turn."""
        lease = await take(store)
        first = asyncio.create_task(other.acquire("tick", ttl=60, wait=60))
        await breathe()
        second = asyncio.create_task(store.acquire("tick", ttl=60, wait=60))
        await breathe()
        first.cancel()
        await asyncio.wait([first])
        await store.release(lease)
        assert await in_time(second) is not None

    async def test_a_waiter_cancelled_with_the_release_blocks_the_others_for_its_ttl_at_most(
        self, store: LockManager, other: LockManager, advance: Advance
    ) -> None:
        """A waiter is cancelled at the moment of its grant, while the answer is under way: the others wait for its ttl at most."""
        lease = await take(store)
        first = asyncio.create_task(other.acquire("tick", ttl=TTL, wait=60))
        await breathe()
        second = asyncio.create_task(store.acquire("tick", ttl=TTL, wait=60))
        await breathe()
        await store.release(lease)
        first.cancel()
        await asyncio.wait([first])
        await advance(TTL + 1)
        assert await in_time(second) is not None
