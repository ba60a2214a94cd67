"""The store's sessions are made to agree with the workers that really hold them, over the memory backend and a clock that a test turns."""

import asyncio

import msgspec
import pytest
from echoes.concurrency import SLICE
from echoes.errors import FacilityUnavailable
from echoes.facilities import ConnectionInfo, WorkerInfo
from echoes.game.presence import Presence
from echoes.game.reconciler import Held, Reconciler, Verdict
from echoes.storage import commits
from structlog.testing import capture_logs

TTL, GRACE, LEASE = 100.0, 60.0, 10.0


@pytest.fixture
def rows(monkeypatch):
    """The characters that PostgreSQL has, by id."""
    known = {}

    async def load_characters(database, characters):
        return {one: known[one] for one in characters if one in known}

    monkeypatch.setattr(commits, "load_characters", load_characters)
    return known


class World:
    """Two workers' reconcilers over one store."""

    def __init__(self, facilities, clock):
        self.facilities, self.clock = facilities, clock
        self.spawned, self.dropped, self.forgotten, self.told = [], set(), [], []
        self.one, self.two = (self._reconciler(worker) for worker in ("one", "two"))
        self.patient = self._reconciler("two", LEASE / 2)

    unconfirmed = ()

    def _reconciler(self, worker, patience=0.0):
        presence = Presence(self.facilities, self, self, self.clock, worker_id=worker, session_ttl=TTL, grace=GRACE)
        return Reconciler(
            self.facilities, presence, None, self.clock, worker_id=worker, session_ttl=TTL, grace=GRACE, patience=patience,
            spawn=self._spawn, unconfirmed=lambda: self.unconfirmed, dropped=self.dropped,
        )  # fmt: skip

    def forget(self, character):
        """As the command service."""
        self.forgotten.append(character)

    async def publish_message(self, message, key):
        """As the outbox."""
        self.told.append(key)

    def _spawn(self, work, name):
        self.spawned.append(name)
        work.close()

    async def sit(self, rows, row, character=1, worker="one"):
        """A character plays on a worker; answers how it is held."""
        await self.lives(worker)
        claim = await self.facilities.sessions.claim(character, worker=worker, connection="c", fields={}, ttl=TTL)
        rows[character] = row(character, epoch=claim.epoch)
        await self.facilities.registry.attach(worker, character, ConnectionInfo("c", claim.epoch, 0.0))
        await self.facilities.registry.place(character, "yard", version=1, epoch=claim.epoch)
        return Held(character, claim.epoch, "c")

    async def lives(self, *workers):
        """These workers renew their leases."""
        for worker in workers:
            await self.facilities.registry.heartbeat(WorkerInfo(worker_id=worker, started=0.0), LEASE)


@pytest.fixture
def world(facilities, clock):
    return World(facilities, clock)


async def test_a_connected_idle_player_keeps_the_session(world, clock, rows, row):
    """Without a command for any time."""
    held = await world.sit(rows, row)
    for _ in range(20):
        await clock.advance(TTL / 4)
        assert await world.one.reconcile(lambda: [held]) == []
    assert (await world.facilities.sessions.read(1)).websocket_connected


async def test_a_wiped_store_learns_of_the_players_again(world, rows, row):
    """Session, connection and body come back under the same epoch, and the player notices nothing."""
    held = await world.sit(rows, row)
    await world.facilities.registry.detach("one", 1, epoch=held.epoch)
    world.facilities.registry._bodies.clear()
    world.facilities.registry._locations.clear()
    world.facilities.sessions._drop(1)  # as if it had never been there
    assert await world.one.reconcile(lambda: [held]) == []
    assert (await world.facilities.sessions.read(1)).epoch == held.epoch
    assert (await world.facilities.registry.connections("one")).keys() == {1}
    assert await world.facilities.registry.locate(1) == "yard"


async def test_a_session_that_the_store_may_not_know_is_looked_after(world, rows, row):
    """Also where the registry knows the connection."""
    held = await world.sit(rows, row)
    world.facilities.sessions._drop(1)
    assert await world.one.reconcile(lambda: [held]) == []
    assert await world.facilities.sessions.read(1) is None, "nothing says that it is missing"
    world.unconfirmed = {1}
    assert await world.one.reconcile(lambda: [held]) == []
    assert (await world.facilities.sessions.read(1)).epoch == held.epoch


async def test_entries_that_only_the_registry_lost_are_restored(world, rows, row, monkeypatch):
    """Connection and body; the intact session is not written again."""
    held = await world.sit(rows, row)
    await world.facilities.registry.detach("one", 1, epoch=held.epoch)
    world.facilities.registry._bodies.clear()
    world.facilities.registry._locations.clear()

    async def restore(*_, **__):
        raise AssertionError("the session is there")

    monkeypatch.setattr(world.facilities.sessions, "restore", restore)
    assert await world.one.reconcile(lambda: [held]) == []
    assert (await world.facilities.registry.connections("one")).keys() == {1}
    assert await world.facilities.registry.locate(1) == "yard"


async def test_a_session_that_another_worker_took_during_its_restoration_is_claimed_again(world, rows, row, monkeypatch):
    """The store refuses the restoration: the worker attaches no character."""
    held = await world.sit(rows, row)
    await world.facilities.registry.detach("one", 1, epoch=held.epoch)
    world.facilities.sessions._drop(1)

    async def restore(*_, **__):
        return False

    monkeypatch.setattr(world.facilities.sessions, "restore", restore)
    assert await world.one.reconcile(lambda: [held]) == [Verdict(1, held.epoch, "lost")]
    assert await world.facilities.registry.connections("one") == {}


async def test_a_refresh_finds_a_claim_elsewhere_that_the_registry_missed(world, clock, rows, row):
    """Once in a quarter of a session's life, and not more often."""
    held = await world.sit(rows, row)
    newer = await world.facilities.sessions.claim(1, worker="two", connection="c2", fields={}, ttl=TTL)
    rows[1] = row(1, epoch=newer.epoch)
    await clock.advance(TTL / 4 - 1)
    assert await world.one.reconcile(lambda: [held]) == []
    await clock.advance(1)
    assert await world.one.reconcile(lambda: [held]) == [Verdict(1, held.epoch, "superseded")]
    assert await world.one.reconcile(lambda: [held]) == [], "not again so soon"


async def test_a_refresh_puts_a_body_where_its_row_is(world, clock, rows, row):
    """A worker moved it and died before the registry had that."""
    held = await world.sit(rows, row)
    rows[1] = msgspec.structs.replace(rows[1], location_id="road", version=2)
    await clock.advance(TTL / 4)
    assert await world.one.reconcile(lambda: [held]) == []
    assert await world.facilities.registry.locate(1) == "road"


async def test_a_displaced_client_is_disconnected_for_good(world, rows, row):
    """Also when the takeover event was lost."""
    old = await world.sit(rows, row)
    await world.sit(rows, row, worker="two")
    assert await world.one.reconcile(lambda: [old]) == [Verdict(1, old.epoch, "superseded")]
    assert (await world.facilities.registry.connections("two")).keys() == {1}


async def test_a_workers_own_claim_whose_reply_was_lost_is_no_takeover(world, rows, row):
    """The client claims once more; it does not get the code of a sign-in elsewhere."""
    held = await world.sit(rows, row)
    await world.facilities.sessions.claim(1, worker="one", connection="lost", fields={}, ttl=TTL)
    await world.facilities.registry.detach("one", 1, epoch=held.epoch)
    assert await world.one.reconcile(lambda: [held]) == [Verdict(1, held.epoch, "lost")]


async def test_players_of_a_worker_that_was_reaped_while_it_stalled_claim_again(world, clock, rows, row):
    """A worker that stalled for too long finds its players link-dead: they claim their characters again."""
    held = await world.sit(rows, row)
    await clock.advance(LEASE + 1)
    await world.two.reap()
    assert await world.one.reconcile(lambda: [held]) == [Verdict(1, held.epoch, "lost")]


async def test_a_goodbye_that_failed_is_made_up_for(world, rows, row, monkeypatch):
    """The store was away at the end of a connection: its player does not stay connected."""
    held = await world.sit(rows, row)

    async def away(*_, **__):
        raise FacilityUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(world.facilities.sessions, "detach", away)
        with pytest.raises(FacilityUnavailable):
            await world.one._presence.leave(1, held.epoch)
    assert (await world.facilities.sessions.read(1)).websocket_connected
    assert await world.one.reconcile(list) == []
    assert not (await world.facilities.sessions.read(1)).websocket_connected
    assert await world.facilities.registry.connections("one") == {}


async def test_the_players_of_a_dead_worker_are_link_dead_once(world, clock, rows, row):
    """Exactly one of the workers that reap it sees to them; the body stays."""
    await world.sit(rows, row)
    await clock.advance(LEASE + 1)
    await world.lives("two")
    await asyncio.gather(world.two.reap(), world.two.reap())
    session = await world.facilities.sessions.read(1)
    assert not session.websocket_connected
    assert session.grace_until == clock.time() + GRACE
    assert world.spawned == ["linkdead:one"]
    assert await world.facilities.registry.locate(1) == "yard"


async def test_a_worker_whose_lease_the_store_has_lost_is_not_reaped(world, clock, rows, row):
    """A wiped store knows its connections again before its next heartbeat. A worker that sends none is reaped later."""
    held = await world.sit(rows, row)
    await world.facilities.registry.retire("one")
    await world.patient.reap()
    await clock.advance(LEASE / 3)
    await world.lives("one")
    await world.patient.reap()
    assert (await world.facilities.sessions.read(1)).websocket_connected
    assert (await world.facilities.registry.connections("one"))[1].epoch == held.epoch
    await clock.advance(LEASE + 1)
    await world.patient.reap()
    await clock.advance(LEASE / 3)
    await world.patient.reap()
    assert (await world.facilities.sessions.read(1)).websocket_connected
    await clock.advance(LEASE / 3)
    await world.patient.reap()
    assert not (await world.facilities.sessions.read(1)).websocket_connected


async def test_a_leaving_worker_is_reaped_at_once(world, clock, rows, row):
    """It has published that it leaves: its players are seen to at once."""
    await world.sit(rows, row)
    await world.facilities.registry.retire("one")
    await world.patient.reap(lambda worker: worker == "one")
    assert not (await world.facilities.sessions.read(1)).websocket_connected


@pytest.mark.parametrize(("leaves", "plays", "said"), [(True, False, []), (True, True, [1]), (False, False, [0]), (False, True, [1])])
async def test_an_orderly_leave_is_no_death(world, clock, rows, row, leaves, plays, said):
    """For a worker that published its leave nothing is logged, unless it left players behind; for any other it is."""
    if plays:
        await world.sit(rows, row)
    else:
        await world.lives("one")
    await clock.advance(LEASE + 1)
    await world.lives("two")
    with capture_logs() as logs:
        await world.two.reap(lambda worker: leaves and worker == "one")
    assert [one["connections"] for one in logs if one["event"] == "worker.reaped"] == said


async def test_a_player_who_has_reconnected_is_not_reaped(world, clock, rows, row):
    """A player who returned to another worker before the old one was found dead plays on."""
    await world.sit(rows, row)
    await clock.advance(LEASE + 1)
    await world.sit(rows, row, worker="two")
    await world.two.reap()
    assert (await world.facilities.sessions.read(1)).websocket_connected
    assert world.spawned == []


async def test_a_claim_that_its_worker_did_not_live_to_register_is_found(world, clock, rows, row):
    """A body whose session is held by a worker that is no more becomes link-dead."""
    held = await world.sit(rows, row)
    await world.lives("two")
    claim = await world.facilities.sessions.claim(1, worker="three", connection="d", fields={}, ttl=TTL)
    await world.facilities.registry.detach("one", 1, epoch=held.epoch)
    await world.two.reap_strays()
    session = await world.facilities.sessions.read(1)
    assert (session.epoch, session.websocket_connected) == (claim.epoch, False)


@pytest.mark.parametrize("lives", [True, False])
async def test_a_session_of_a_worker_without_a_lease_is_looked_at_twice(world, clock, rows, row, lives):
    """Its worker has the time for a heartbeat."""
    await world.sit(rows, row)
    await world.facilities.registry.retire("one")
    looking = asyncio.create_task(world.patient.reap_strays())
    await clock.advance(LEASE / 3)
    if lives:
        await world.lives("one")
    await clock.advance(LEASE / 2)
    await looking
    assert (await world.facilities.sessions.read(1)).websocket_connected == lives


async def test_a_body_without_a_session_leaves(world, clock, rows, row):
    """Nothing stands in the world that no session stands for."""
    held = await world.sit(rows, row)
    world.facilities.sessions._drop(1)
    await world.two.reap_strays()
    assert await world.facilities.registry.locate(1) is None
    assert held.epoch


async def test_a_crowd_is_seen_to_in_slices(world, facilities, rows, row, monkeypatch):
    """After a wipe rows and sessions are read in slices of less than a thousand, and each is read once."""
    crowd = [Held(number, 1, f"c{number}") for number in range(1, 1001)]
    for one in crowd:
        rows[one.character_id] = row(one.character_id, epoch=1)
    await world.lives("one")
    asked = []
    load, read_many = commits.load_characters, facilities.sessions.read_many

    async def loading(database, characters):
        asked.append(len(characters))
        return await load(database, characters)

    async def reading(characters):
        asked.append(len(characters))
        return await read_many(characters)

    monkeypatch.setattr(commits, "load_characters", loading)
    monkeypatch.setattr(facilities.sessions, "read_many", reading)
    assert await world.one.reconcile(lambda: crowd) == []
    assert asked == [SLICE] * 4
    asked.clear()
    await world.one.reap_strays()
    assert asked == [SLICE] * 4


async def test_a_refresh_compares_each_held_session_once(world, facilities, clock, rows, row):
    """A refresh of a thousand sessions, half of them lost by the store, does not compare all pairs."""
    compared = 0

    class Counted(Held, frozen=True, eq=False):
        def __eq__(self, other):
            nonlocal compared
            compared += 1
            return self is other

        __hash__ = object.__hash__

    crowd = [Counted(number, 1, f"c{number}") for number in range(1, 1001)]
    for one in crowd:
        rows[one.character_id] = row(one.character_id, epoch=1)
    await world.one.reconcile(lambda: crowd[:500])
    await clock.advance(TTL / 2)
    await world.one.reconcile(lambda: crowd)
    assert compared == 0


async def test_the_players_of_a_dead_worker_are_announced_by_one_task(world, facilities, clock, rows, row):
    """Not by a task for each of them."""
    for number in range(1, 101):
        await world.sit(rows, row, character=number)
    await clock.advance(LEASE + 1)
    await world.two.reap()
    assert world.spawned == ["linkdead:one"]


async def test_a_character_whose_row_is_gone_leaves_the_world(world, rows, row):
    """Its worker learns of it by the order to drop it; the connection ends, the body goes, and the others hear it once."""
    held, other = await world.sit(rows, row), await world.sit(rows, row, character=2)
    del rows[1]
    assert await world.one.reconcile(lambda: [held, other]) == [], "it has no reason to look"
    world.dropped |= {1, 2}
    assert await world.one.reconcile(lambda: [held, other]) == [Verdict(1, held.epoch, "removed")]
    assert set(await world.facilities.registry.everyone()) == {2}
    assert await world.facilities.sessions.read(1) is None
    assert (world.forgotten, world.told) == ([1], [f"player_left:1:{held.epoch}"])
    assert await world.one.reconcile(lambda: [other]) == []
    assert world.dropped == set()


async def test_a_character_whose_row_is_gone_leaves_where_no_worker_holds_it(world, rows, row):
    """Link-dead, or only a body that is left."""
    away, stray = await world.sit(rows, row), await world.sit(rows, row, character=2)
    await world.facilities.sessions.detach(1, away.epoch, GRACE)
    await world.facilities.sessions.close(2, stray.epoch)
    rows.clear()
    world.dropped.add(1)
    await world.one.reconcile(list)
    assert set(await world.facilities.registry.everyone()) == {2}
    await world.one.reap_strays()
    assert set(await world.facilities.registry.everyone()) == set()
    assert world.told == [f"player_left:1:{away.epoch}"]
