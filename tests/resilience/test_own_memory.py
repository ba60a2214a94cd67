"""A worker's own memory while its backend is down, method by method: sessions, the registry, leases. No database."""

import pytest
from echoes.errors import FacilityUnavailable, LeaseLost, StaleEpoch, Unavailable
from echoes.facilities import Body, ConnectionInfo, Lease
from echoes.resilience.lock import ResilientLocks
from echoes.resilience.registry import ResilientRegistry
from echoes.resilience.session import ResilientSessions
from echoes.storage import leases

HELD = {"worker": "w", "connection": "c", "ttl": 60.0}


# ── sessions ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def sessions(far, clock):
    return ResilientSessions(far.sessions, clock)


def claimed(sessions, character=1, **more):
    return sessions.claim(character, fields={"location_id": "yard", "version": 3}, **HELD, **more)


@pytest.mark.parametrize("above", [0, 10**18])
async def test_an_epoch_of_this_worker_is_above_all_that_it_knows(sessions, switch, clock, above):
    """The clock's, the row's, and that of the former claim, though the clock stands still."""
    switch.away = True
    first = await claimed(sessions, above=above)
    assert first.epoch == max(above + 1, int(clock.time() * 1_000_000))
    assert first.previous is None
    second = await claimed(sessions)
    assert (second.epoch, second.previous.epoch) == (first.epoch + 1, first.epoch)
    assert sessions.unconfirmed == {1}


async def test_a_claim_that_the_store_takes_is_confirmed(sessions, near, switch):
    """So is one that is restored there, and one that a read finds under its epoch; another epoch confirms nothing."""
    switch.away = True
    await claimed(sessions)
    switch.away = False
    await claimed(sessions)
    assert sessions.unconfirmed == set()
    switch.away = True
    claim = await claimed(sessions)
    switch.away = False
    assert (await sessions.read(1)).epoch < claim.epoch
    assert sessions.unconfirmed == {1}
    assert await sessions.restore(1, claim.epoch, fields={"location_id": "yard", "version": 3}, **HELD)
    assert sessions.unconfirmed == set()
    sessions.unconfirmed.add(1)
    await sessions.read(1)
    assert sessions.unconfirmed == set()
    await near.sessions.claim(1, worker="other", connection="d", fields={}, ttl=60.0)
    sessions.unconfirmed.add(1)
    assert not await sessions.restore(1, claim.epoch, fields={"location_id": "gone", "version": 9}, **HELD)
    assert sessions.unconfirmed == {1}
    switch.away = True
    assert (await sessions.read(1)).location_id == "yard"


async def test_a_restored_session_is_this_workers(sessions, switch):
    """Also when another process of this worker has claimed it."""
    assert await sessions.restore(1, 9, fields={"location_id": "yard", "version": 3}, **HELD)
    assert await sessions.overdue() == []
    switch.away = True
    assert (await sessions.read(1)).epoch == 9


async def test_sessions_of_this_worker_are_read_here(sessions, switch, clock):
    """As they were claimed and written; others are not known."""
    claim = await claimed(sessions)
    switch.away = True
    await clock.advance(5)
    await sessions.write(1, claim.epoch, {"location_id": "market", "version": 4}, 60.0)
    found = await sessions.read(1)
    assert (found.epoch, found.worker_id, found.connection, found.websocket_connected) == (claim.epoch, "w", "c", True)
    assert (found.location_id, found.version, found.last_heartbeat) == ("market", 4, clock.time() - 5)
    await sessions.write(1, claim.epoch, {"location_id": "late", "version": 3}, 60.0)
    assert (await sessions.read(1)).location_id == "market"
    await sessions.write(1, claim.epoch, {"location_id": "same", "version": 4}, 60.0)
    assert [one and one.location_id for one in await sessions.read_many([2, 1])] == [None, "same"]
    assert await sessions.read(2) is None
    with pytest.raises(FacilityUnavailable):
        await sessions.ask(1)


@pytest.mark.parametrize(("character", "more"), [(2, 0), (1, 1), (1, -1)])
async def test_a_session_that_is_not_held_here_is_refused(sessions, switch, character, more):
    """Another character's, and another epoch: a write, and a touch."""
    claim = await claimed(sessions)
    switch.away = True
    with pytest.raises(StaleEpoch):
        await sessions.write(character, claim.epoch + more, {"location_id": "x"}, 60.0)
    with pytest.raises(StaleEpoch):
        await sessions.touch(character, claim.epoch + more, 60.0)
    await sessions.touch(1, claim.epoch, 60.0)
    assert (await sessions.read(1)).location_id == "yard"


async def test_a_session_that_ends_is_forgotten(sessions, switch, clock):
    """When the store has ended it, or has another one; not by the end of an older one, and not while the store is away."""
    claim = await claimed(sessions)
    switch.away = True
    with pytest.raises(FacilityUnavailable):
        await sessions.detach(1, claim.epoch, 30.0)
    found = await sessions.read(1)
    assert (found.websocket_connected, found.grace_until) == (False, clock.time() + 30)
    switch.away = False
    sessions.unconfirmed.add(1)
    assert await sessions.detach(1, claim.epoch, 30.0) == pytest.approx(clock.time() + 30)
    assert sessions.unconfirmed == set()
    switch.away = True
    assert await sessions.read(1) is None
    switch.away = False
    newer = await claimed(sessions)
    with pytest.raises(StaleEpoch):
        await sessions.detach(1, newer.epoch - 1, 30.0)
    switch.away = True
    assert (await sessions.read(1)).websocket_connected
    switch.away = False
    assert (await sessions.close(1, newer.epoch)).epoch == newer.epoch
    switch.away = True
    assert await sessions.read(1) is None


async def test_a_session_that_another_worker_has_taken_is_forgotten(sessions, near, switch):
    """Its end is refused by the store."""
    claim = await claimed(sessions)
    await near.sessions.claim(1, worker="other", connection="d", fields={}, ttl=60.0)
    with pytest.raises(StaleEpoch):
        await sessions.detach(1, claim.epoch, 30.0)
    switch.away = True
    assert await sessions.read(1) is None


async def test_only_writable_fields_are_written(sessions):
    """Also while the store is away: nothing is kept that it would refuse."""
    claim = await claimed(sessions)
    with pytest.raises(ValueError, match="no writable field 'epoch'"):
        await sessions.write(1, claim.epoch, {"epoch": 9}, 60.0)
    with pytest.raises(ValueError, match="no writable field 'epoch'"):
        await sessions.claim(1, fields={"epoch": 9}, **HELD)
    with pytest.raises(ValueError, match="no writable field 'epoch'"):
        await sessions.restore(1, claim.epoch, fields={"epoch": 9}, **HELD)


# ── the registry ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def registry(far):
    return ResilientRegistry(far.registry)


def placed(registry, character=1, location="yard", version=3, name="Mara"):
    return registry.place(character, location, version=version, epoch=5, name=name)


async def test_bodies_of_this_worker_are_found_here(registry, switch):
    """By location, by name and by number, connected or not."""
    await placed(registry)
    await placed(registry, 2, "market", name="Tomas")
    switch.away = True
    await registry.attach("w", 1, ConnectionInfo("c", 5, 0.0))
    mara, tomas = Body(1, "Mara", "yard", connected=True), Body(2, "Tomas", "market", connected=False)
    assert (await registry.locate(1), await registry.locate(3)) == ("yard", None)
    assert (await registry.players_in("yard"), await registry.players_in("quay")) == ({1}, frozenset())
    assert await registry.everyone() == {1: "yard", 2: "market"}
    crowd = await registry.crowd(None, limit=1)
    assert (list(crowd.bodies), crowd.total) == ([mara], 2)
    assert list((await registry.crowd(None, limit=9, after="mara")).bodies) == [tomas]
    assert list((await registry.crowd("market", limit=9)).bodies) == [tomas]
    assert list(await registry.find("tom", limit=9)) == [tomas]
    assert list(await registry.find("tom", location="yard", limit=9)) == []


async def test_a_body_moves_here_under_its_version(registry, near, switch):
    """An older or equal version moves nothing; what the store has missed it gets once."""
    await placed(registry)
    switch.away = True
    assert await registry.move(1, "old", version=3)
    assert await registry.locate(1) == "yard"
    assert await registry.move(1, "market", version=4)
    assert await registry.locate(1) == "market"
    with pytest.raises(FacilityUnavailable):
        await registry.move(2, "market", version=4)
    switch.away = False
    await registry.resync()
    assert await near.registry.locate(1) == "market"
    switch.asked = 0
    await registry.resync()
    assert switch.asked == 0
    assert await near.registry.find("mara", limit=2)


async def test_all_bodies_that_the_store_missed_are_sent_to_it(registry, near, switch):
    """While it refuses the first, the others stay owed."""
    switch.away = True
    for character in range(1, 5):
        assert await placed(registry, character)
    with pytest.raises(FacilityUnavailable):
        await registry.resync()
    switch.away = False
    await registry.resync()
    assert set(await near.registry.everyone()) == {1, 2, 3, 4}


async def test_a_body_that_changes_while_it_is_sent_stays_owed(registry, near, switch, far):
    """Its newer place is sent as well."""
    switch.away = True
    await placed(registry)
    switch.away = False
    place = far.registry.place

    class Slow:
        def __getattr__(self, name):
            return getattr(far.registry, name)

        async def place(self, *arguments, **named):
            switch.away = True
            await registry.move(1, "market", version=4)
            switch.away = False
            return await place(*arguments, **named)

    registry._inner = Slow()
    await registry.resync()
    assert await near.registry.locate(1) == "yard"
    registry._inner = far.registry
    await registry.resync()
    assert await near.registry.locate(1) == "market"


@pytest.mark.parametrize(("epoch", "kept"), [(4, "yard"), (5, None), (6, None)])
async def test_a_body_is_removed_under_its_epoch(registry, switch, epoch, kept):
    """It goes with that session or a later one, and is owed no longer."""
    switch.away = True
    await placed(registry)
    switch.away = False
    await registry.remove(1, epoch=epoch)
    switch.away = True
    assert await registry.locate(1) == kept
    switch.away = False
    switch.asked = 0
    await registry.resync()
    assert switch.asked == (1 if kept else 0)


@pytest.mark.parametrize(("epoch", "kept"), [(4, "yard"), (5, None), (6, "yard")])
async def test_a_connection_ends_under_its_epoch(registry, switch, epoch, kept):
    """This worker no longer keeps the body, also where the store does not answer."""
    await placed(registry)
    await registry.attach("w", 1, ConnectionInfo("c", 5, 0.0))
    switch.away = True
    with pytest.raises(FacilityUnavailable):
        await registry.detach("w", 1, epoch=epoch)
    assert await registry.locate(1) == kept
    assert [one.connected for one in (await registry.crowd(None, limit=9)).bodies] == ([True] if kept else [])


async def test_connections_are_the_stores(registry, near):
    """Between workers only the store's answers count."""
    info = ConnectionInfo("c", 5, 0.0)
    await registry.attach("w", 1, info)
    assert dict(await registry.connections("w")) == dict(await near.registry.connections("w")) == {1: info}
    assert list(await registry.dead_workers()) == ["w"]
    assert await registry.workers() == await near.registry.workers()
    assert dict(await registry.reap("w")) == {1: info}


# ── leases ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class Postgres:
    """Leases in PostgreSQL, as `echoes.storage.leases` answers."""

    def __init__(self, patch) -> None:
        self.token, self.holds, self.away, self.asked = 77, True, False, []
        patch.setattr(leases, "acquire", lambda _, name, ttl: self._answer("acquire", name, ttl, answer=self.token))
        patch.setattr(leases, "renew", lambda _, name, token, ttl: self._answer("renew", name, token, ttl, answer=self.holds))
        patch.setattr(leases, "release", lambda _, name, token: self._answer("release", name, token, answer=self.holds))

    async def _answer(self, *asked, answer):
        self.asked.append(asked)
        if self.away:
            raise Unavailable
        return answer


@pytest.fixture
def postgres(monkeypatch):
    return Postgres(monkeypatch)


@pytest.fixture
def locks(far, postgres):
    return ResilientLocks(far.locks, None)


async def test_a_lease_belongs_where_it_was_taken(locks, switch, postgres):
    """It is renewed and released there while the backend is away; one of the backend never asks PostgreSQL."""
    switch.away = True
    lease = await locks.acquire("clock:1", ttl=9.0)
    assert lease == Lease("clock:1", 77)
    await locks.renew(lease, ttl=8.0)
    assert await locks.release(lease) is True
    assert postgres.asked == [("acquire", "clock:1", 9.0), ("renew", "clock:1", 77, 8.0), ("release", "clock:1", 77)]
    switch.away = False
    assert await locks.release(lease) is False
    other = await locks.acquire("clock:2", ttl=9.0)
    await locks.renew(other, ttl=9.0)
    assert await locks.release(other) is True
    assert await locks.release(other) is False
    assert len(postgres.asked) == 3


async def test_a_lease_moves_to_the_backend_that_is_back(locks, near, switch, postgres):
    """With its next renewal; no other holder gets the name there, and PostgreSQL is asked no more."""
    switch.away = True
    lease = await locks.acquire("clock:1", ttl=9.0)
    switch.away = False
    await locks.renew(lease, ttl=8.0)
    assert postgres.asked == [("acquire", "clock:1", 9.0), ("release", "clock:1", 77)]
    assert await near.locks.acquire("clock:1", ttl=9.0) is None
    await locks.renew(lease, ttl=8.0)
    assert await locks.release(lease) is True
    assert await near.locks.acquire("clock:1", ttl=9.0) is not None
    assert len(postgres.asked) == 2


async def test_a_lease_is_lost_to_the_holder_of_the_name_in_the_backend(locks, near, switch, postgres):
    """Of two holders one is left."""
    switch.away = True
    lease = await locks.acquire("clock:1", ttl=9.0)
    other = await near.locks.acquire("clock:1", ttl=9.0)
    switch.away = False
    with pytest.raises(LeaseLost, match="another holder"):
        await locks.renew(lease, ttl=8.0)
    await near.locks.renew(other, ttl=9.0)
    assert postgres.asked[-1] == ("release", "clock:1", 77)


async def test_leases_that_run_out_unreleased_are_kept_one_for_a_name(locks, switch, postgres):
    """In both states: in PostgreSQL, and moved to the backend."""
    for number in range(5):
        switch.away, postgres.token = True, 70 + number
        lease = await locks.acquire("clock:1", ttl=9.0)
        assert list(locks._in_postgres.values()) == [lease]
    switch.away = False
    await locks.renew(lease, ttl=9.0)
    assert (len(locks._in_postgres), len(locks._moved)) == (0, 1)
    with pytest.raises(LeaseLost):
        await locks.renew(Lease("clock:1", 70), ttl=9.0)
    await locks.renew(lease, ttl=9.0)


async def test_a_moved_lease_that_is_lost_is_forgotten(locks, near, switch, postgres, clock):
    """As any other of the backend."""
    switch.away = True
    lease = await locks.acquire("clock:1", ttl=9.0)
    switch.away = False
    await locks.renew(lease, ttl=1.0)
    await clock.advance(2)
    with pytest.raises(LeaseLost):
        await locks.renew(lease, ttl=9.0)
    assert await locks.release(lease) is False


async def test_a_lease_that_is_taken_is_not_given_out(locks, switch, postgres):
    switch.away, postgres.token = True, None
    assert await locks.acquire("clock:1", ttl=9.0) is None


async def test_a_lease_that_is_over_is_lost_once(locks, switch, postgres):
    """After that it is no lease of PostgreSQL any more."""
    switch.away = True
    lease = await locks.acquire("clock:1", ttl=9.0)
    postgres.holds = False
    with pytest.raises(LeaseLost, match="the lease 77 on 'clock:1' is over"):
        await locks.renew(lease, ttl=9.0)
    with pytest.raises(FacilityUnavailable):
        await locks.renew(lease, ttl=9.0)
    assert len(postgres.asked) == 2


async def test_without_both_a_lease_is_unavailable(locks, switch, postgres):
    """A lease that PostgreSQL keeps is not lost by that."""
    switch.away = True
    lease = await locks.acquire("clock:1", ttl=9.0)
    postgres.away = True
    with pytest.raises(FacilityUnavailable, match="switched off"):
        await locks.acquire("clock:2", ttl=9.0)
    with pytest.raises(FacilityUnavailable, match="PostgreSQL"):
        await locks.renew(lease, ttl=9.0)
    postgres.away = False
    await locks.renew(lease, ttl=9.0)
    assert await locks.release(lease) is True
