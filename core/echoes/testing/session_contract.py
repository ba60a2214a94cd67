"""The session store's laws: one live session per character, cluster-wide, newest wins."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from echoes.clock import Advance
from echoes.errors import StaleEpoch
from echoes.facilities.session import Claim, Field, Session, SessionStore
from echoes.testing.collector import ODD_NAMES

Forget = Callable[[], Awaitable[SessionStore]] | None

TTL = 100.0
GRACE = 60.0
TOMBSTONE_SECONDS = 600.0
ASH, EMBER, CINDER = 1, 2, 2**53 - 1

STALE_CALLS = [
    pytest.param(lambda store, epoch: store.write(ASH, epoch, {"hp": 1}, TTL), id="write"),
    pytest.param(lambda store, epoch: store.touch(ASH, epoch, TTL), id="touch"),
    pytest.param(lambda store, epoch: store.detach(ASH, epoch, GRACE), id="detach"),
    pytest.param(lambda store, epoch: store.close(ASH, epoch), id="close"),
]
StaleCall = Callable[[SessionStore, int], Awaitable[object]]


async def claim(store: SessionStore, character: int = ASH, *, worker: str = "w1", ttl: float = TTL, **fields: Field) -> Claim:
    """Claim with a connection id of its own."""
    return await store.claim(character, worker=worker, connection=f"c-{worker}-{character}", fields=fields, ttl=ttl)


async def restore(store: SessionStore, epoch: int, *, worker: str = "w1", ttl: float = TTL, **fields: Field) -> bool:
    """Bring the session back under this epoch."""
    return await store.restore(ASH, epoch, worker=worker, connection=f"c-{worker}-{ASH}", fields=fields, ttl=ttl)


async def live(store: SessionStore, character: int = ASH) -> Session:
    """The session that must be there."""
    session = await store.read(character)
    assert session is not None
    return session


@pytest.mark.asyncio
class SessionStoreContract:
    """Override `store` and `advance`; `other` and `forget` where they mean something."""

    @pytest.fixture
    def store(self) -> SessionStore:
        """The first worker's view of an empty store."""
        pytest.fail("override the fixture `store`")

    @pytest.fixture
    def other(self, store: SessionStore) -> SessionStore:
        """A second worker's view of the same world."""
        return store

    @pytest.fixture
    def advance(self) -> Advance:
        """Lets seconds pass for the store."""
        pytest.fail("override the fixture `advance`")

    @pytest.fixture
    def forget(self) -> Forget:
        """Loses everything as a crash would, and answers the store to go on with."""
        return None

    # Claiming

    async def test_a_claim_makes_a_connected_session(self, store: SessionStore, other: SessionStore) -> None:
        """A claim makes a connected session with the given fields, and every worker sees it."""
        claimed = await claim(store, name="Ash", location_id="overpass", hp=7, level=3, in_combat=True, last_movement_time=12.5)
        session = await live(other)
        assert (session.character, session.epoch, session.worker_id, session.connection) == (ASH, claimed.epoch, "w1", "c-w1-1")
        assert (session.websocket_connected, session.grace_until) == (True, 0.0)
        assert (session.name, session.location_id, session.hp, session.level) == ("Ash", "overpass", 7, 3)
        assert (session.in_combat, session.last_movement_time) == (True, 12.5)

    async def test_the_first_claim_of_a_character_has_no_previous_session(self, store: SessionStore) -> None:
        """The first claim displaces no session."""
        assert (await claim(store)).previous is None

    async def test_the_newest_claim_wins(self, store: SessionStore, other: SessionStore) -> None:
        """A second claim takes the character over and answers the session that it displaced."""
        first = await claim(store, hp=7)
        displaced = await live(store)
        second = await claim(other, worker="w2")
        assert second.previous == displaced
        assert second.epoch > first.epoch
        session = await live(store)
        assert (session.epoch, session.worker_id) == (second.epoch, "w2")

    async def test_a_claim_replaces_all_fields(self, store: SessionStore) -> None:
        """Nothing of the displaced session's fields shines through."""
        await claim(store, name="Ash", hp=7, version=9)
        await claim(store, name="Ash")
        session = await live(store)
        assert (session.hp, session.version) == (0, 0)

    async def test_epochs_grow_over_close_and_expiry(self, store: SessionStore, advance: Advance) -> None:
        """An epoch is never given out again, also after its session was closed or expired."""
        first = await claim(store)
        await store.close(ASH, first.epoch)
        second = await claim(store)
        await advance(TTL + 1)
        third = await claim(store)
        assert first.epoch < second.epoch < third.epoch
        assert (second.previous, third.previous) == (None, None)

    async def test_an_epoch_is_at_least_the_time_in_microseconds(self, store: SessionStore, advance: Advance) -> None:
        """Epochs follow the store's clock, so that they grow over a store that lost its memory."""
        first = await claim(store)
        await advance(10)
        second = await claim(store)
        assert first.epoch > 1_500_000_000 * 1_000_000
        assert second.epoch - first.epoch >= 10 * 1_000_000

    async def test_an_epoch_is_above_the_claimers_lower_bound(self, store: SessionStore) -> None:
        """`above` lifts the epoch over one that the store does not remember, exactly (no rounding of big numbers)."""
        above = 2**53 - 1000
        claimed = await store.claim(ASH, worker="w1", connection="c", fields={}, ttl=TTL, above=above)
        assert claimed.epoch == above + 1
        assert (await claim(store)).epoch == above + 2

    async def test_a_forgetful_store_still_gives_newer_epochs(self, store: SessionStore, advance: Advance, forget: Forget) -> None:
        """After losing everything the store gives out greater epochs than before, and the old holder is refused."""
        if forget is None:
            pytest.skip("this store cannot forget")
        old = await claim(store)
        await advance(1)
        store = await forget()
        assert await store.read(ASH) is None
        new = await claim(store)
        assert new.epoch > old.epoch
        with pytest.raises(StaleEpoch):
            await store.write(ASH, old.epoch, {"hp": 1}, TTL)

    async def test_a_hundred_racing_claims_form_one_chain(self, store: SessionStore, other: SessionStore) -> None:
        """Racing claims get distinct epochs, each displaces exactly one other, and the greatest epoch holds the character."""
        claims = await asyncio.gather(*(claim((store, other)[n % 2], worker=f"w{n}") for n in range(100)))
        epochs = {claimed.epoch for claimed in claims}
        assert len(epochs) == 100
        displaced = [claimed.previous.epoch for claimed in claims if claimed.previous]
        assert sorted(displaced) == sorted(epochs - {max(epochs)})
        session = await live(store)
        winner = max(range(100), key=lambda n: claims[n].epoch)
        assert (session.epoch, session.worker_id) == (max(epochs), f"w{winner}")

    @pytest.mark.parametrize("field", ["epoch", "worker_id", "websocket_connected", "grace_until", "character", "mana"])
    async def test_only_writable_fields_are_written(self, store: SessionStore, field: str) -> None:
        """A field that is the store's own, or none, is an error of the caller and changes nothing."""
        claimed = await claim(store, hp=7)
        before = await live(store)
        with pytest.raises(ValueError, match=field):
            await store.write(ASH, claimed.epoch, {"hp": 1, field: 5}, TTL)
        with pytest.raises(ValueError, match=field):
            await store.claim(ASH, worker="w1", connection="c", fields={"hp": 1, field: 5}, ttl=TTL)
        assert await live(store) == before

    async def test_the_store_copies_the_callers_mapping(self, store: SessionStore) -> None:
        """A caller may change its mapping after the call: the stored session stays as it was."""
        fields: dict[str, Field] = {"hp": 7}
        claimed = await store.claim(ASH, worker="w1", connection="c", fields=fields, ttl=TTL)
        fields["hp"] = 1
        assert (await live(store)).hp == 7
        await store.write(ASH, claimed.epoch, fields, TTL)
        fields["hp"] = 0
        assert (await live(store)).hp == 1

    # Fencing

    @pytest.mark.parametrize("call", STALE_CALLS)
    async def test_a_displaced_holder_is_refused(self, store: SessionStore, other: SessionStore, call: StaleCall) -> None:
        """A late write of the old worker about its session is refused and changes nothing."""
        old = await claim(store, hp=7)
        await claim(other, worker="w2", hp=9)
        before = await live(other)
        with pytest.raises(StaleEpoch):
            await call(store, old.epoch)
        assert await live(other) == before
        assert await store.overdue() == []

    @pytest.mark.parametrize("call", STALE_CALLS)
    async def test_an_epoch_that_was_never_given_out_is_refused(self, store: SessionStore, call: StaleCall) -> None:
        """A greater epoch than the session's is no better than an older one."""
        claimed = await claim(store)
        before = await live(store)
        with pytest.raises(StaleEpoch):
            await call(store, claimed.epoch + 1)
        assert await live(store) == before

    @pytest.mark.parametrize("call", STALE_CALLS)
    async def test_a_session_that_is_over_cannot_be_touched(self, store: SessionStore, advance: Advance, call: StaleCall) -> None:
        """Neither a closed nor an expired session comes back by a late call."""
        closed = await claim(store)
        await store.close(ASH, closed.epoch)
        with pytest.raises(StaleEpoch):
            await call(store, closed.epoch)
        expired = await claim(store)
        await advance(TTL + 1)
        with pytest.raises(StaleEpoch):
            await call(store, expired.epoch)
        assert await store.read(ASH) is None

    @pytest.mark.parametrize("call", STALE_CALLS)
    async def test_the_epoch_is_the_key_not_the_worker(self, store: SessionStore, other: SessionStore, call: StaleCall) -> None:
        """Any worker that knows the epoch may act on the session (a task ends overdue ones, wherever they were held)."""
        claimed = await claim(store)
        await call(other, claimed.epoch)

    # Writing

    async def test_a_write_changes_the_named_fields_only(self, store: SessionStore, other: SessionStore) -> None:
        """Fields that a write does not name keep their values."""
        claimed = await claim(store, name="Ash", hp=7, stamina=5)
        await store.write(ASH, claimed.epoch, {"hp": 6, "in_combat": True, "last_movement_time": 3.25}, TTL)
        session = await live(other)
        assert (session.name, session.hp, session.stamina) == ("Ash", 6, 5)
        assert (session.in_combat, session.last_movement_time) == (True, 3.25)
        await store.write(ASH, claimed.epoch, {"in_combat": False}, TTL)
        assert (await live(other)).in_combat is False

    async def test_an_older_version_changes_nothing(self, store: SessionStore) -> None:
        """A write whose `version` is lower than the stored one is dropped as a whole, silently."""
        claimed = await claim(store, version=5, location_id="overpass")
        await store.write(ASH, claimed.epoch, {"version": 4, "location_id": "subway"}, TTL)
        session = await live(store)
        assert (session.version, session.location_id) == (5, "overpass")

    async def test_the_same_version_may_be_written_again(self, store: SessionStore) -> None:
        """A write of the stored version, or without one, takes effect."""
        claimed = await claim(store, version=5)
        await store.write(ASH, claimed.epoch, {"version": 5, "hp": 4}, TTL)
        await store.write(ASH, claimed.epoch, {"stamina": 3}, TTL)
        session = await live(store)
        assert (session.version, session.hp, session.stamina) == (5, 4, 3)

    async def test_racing_versions_end_at_the_greatest(self, store: SessionStore, other: SessionStore) -> None:
        """However writes overtake one another, the newest fact stays."""
        claimed = await claim(store)
        versions = [7, 50, 3, 41, 12, 49, 1, 26]
        await asyncio.gather(
            *((store, other)[n % 2].write(ASH, claimed.epoch, {"version": n, "hp": n}, TTL) for n in versions)
        )  # fmt: skip
        session = await live(store)
        assert (session.version, session.hp) == (50, 50)

    async def test_racing_writes_of_different_fields_all_land(self, store: SessionStore, other: SessionStore) -> None:
        """A write is not a read and a write: no field is lost."""
        claimed = await claim(store)
        names = ("hp", "max_hp", "stamina", "max_stamina", "level", "xp")
        await asyncio.gather(
            *((store, other)[n % 2].write(ASH, claimed.epoch, {name: n + 1}, TTL) for n, name in enumerate(names))
        )  # fmt: skip
        session = await live(store)
        assert [getattr(session, name) for name in names] == [1, 2, 3, 4, 5, 6]

    @pytest.mark.parametrize("name", ODD_NAMES)
    async def test_text_comes_back_as_it_went_in(self, store: SessionStore, name: str) -> None:
        """Names, locations, workers and connections are any text."""
        await store.claim(ASH, worker=name, connection=name, fields={"name": name, "location_id": name}, ttl=TTL)
        session = await live(store)
        assert (session.name, session.location_id, session.worker_id, session.connection) == (name, name, name, name)

    async def test_numbers_come_back_exactly(self, store: SessionStore) -> None:
        """Big integers and fractions of seconds survive the store."""
        await claim(store, CINDER, xp=2**53 - 1, hp=-3, last_movement_time=1_800_000_000.123456)
        session = await live(store, CINDER)
        assert (session.xp, session.hp, session.last_movement_time) == (2**53 - 1, -3, 1_800_000_000.123456)
        assert isinstance(session.xp, int)

    # Reading

    async def test_many_sessions_are_read_in_the_order_asked(self, store: SessionStore) -> None:
        """`read_many` answers one entry for each character asked, None where there is no session."""
        await claim(store, ASH)
        await claim(store, CINDER)
        sessions = await store.read_many([CINDER, EMBER, ASH, CINDER])
        assert [session and session.character for session in sessions] == [CINDER, None, ASH, CINDER]
        assert await store.read_many([]) == []

    # Expiry

    async def test_a_session_expires(self, store: SessionStore, other: SessionStore, advance: Advance) -> None:
        """A session that no worker refreshes is gone after its ttl, on every worker."""
        await claim(store)
        await advance(TTL / 2)
        assert await other.read(ASH) is not None
        await advance(TTL / 2 + 1)
        assert await other.read(ASH) is None
        assert await store.read_many([ASH]) == [None]

    async def test_writes_and_touches_refresh_the_expiry(self, store: SessionStore, advance: Advance) -> None:
        """The ttl counts from the last write or touch."""
        claimed = await claim(store)
        await advance(TTL * 0.75)
        await store.write(ASH, claimed.epoch, {"hp": 1}, TTL)
        await advance(TTL * 0.75)
        await store.touch(ASH, claimed.epoch, TTL)
        await advance(TTL * 0.75)
        assert await store.read(ASH) is not None
        await advance(TTL * 0.5)
        assert await store.read(ASH) is None

    async def test_a_touch_says_when(self, store: SessionStore, advance: Advance) -> None:
        """Claim and touch set `last_heartbeat` by the store's clock; the fields stay."""
        claimed = await claim(store, hp=7)
        before = await live(store)
        await advance(10)
        await store.touch(ASH, claimed.epoch, TTL)
        after = await live(store)
        assert 10 <= after.last_heartbeat - before.last_heartbeat < 10 + TTL
        assert after.hp == 7

    # Link death

    async def test_a_detached_session_is_link_dead(self, store: SessionStore, other: SessionStore) -> None:
        """Detaching starts the grace period: the session stays, not connected, with the answered deadline."""
        claimed = await claim(store, hp=7)
        until = await store.detach(ASH, claimed.epoch, GRACE)
        session = await live(other)
        assert (session.websocket_connected, session.grace_until, session.hp) == (False, until, 7)
        assert GRACE - 1 <= until - session.last_heartbeat <= GRACE + TTL

    async def test_detaching_twice_keeps_the_first_deadline(self, store: SessionStore, other: SessionStore, advance: Advance) -> None:
        """A second detach does not prolong the grace period."""
        claimed = await claim(store)
        first = await store.detach(ASH, claimed.epoch, GRACE)
        await advance(10)
        assert await other.detach(ASH, claimed.epoch, GRACE) == first

    async def test_overdue_comes_after_grace(self, store: SessionStore, other: SessionStore, advance: Advance) -> None:
        """A link-dead session is overdue once its grace period is over, not before; a connected one never is."""
        claimed = await claim(store)
        await claim(store, EMBER, ttl=10 * TTL)
        await store.detach(ASH, claimed.epoch, GRACE)
        await advance(GRACE / 2)
        assert await other.overdue() == []
        await advance(GRACE / 2 + 1)
        assert await other.overdue() == [await live(store)]

    async def test_the_longest_overdue_come_first(self, store: SessionStore, advance: Advance) -> None:
        """`overdue` answers in the order of deadlines, at most `limit`, and asking changes nothing."""
        for character, grace in ((ASH, 30.0), (EMBER, 10.0), (CINDER, 20.0)):
            claimed = await claim(store, character)
            await store.detach(character, claimed.epoch, grace)
        await advance(31)
        for _ in range(2):
            assert [session.character for session in await store.overdue()] == [EMBER, CINDER, ASH]
        assert [session.character for session in await store.overdue(limit=2)] == [EMBER, CINDER]

    async def test_a_link_dead_session_does_not_expire(self, store: SessionStore, advance: Advance) -> None:
        """A link-dead session stays until a worker closes it, for any ttl."""
        claimed, quiet = await claim(store, ttl=5), await claim(store, EMBER, ttl=5)
        await store.detach(ASH, claimed.epoch, GRACE)
        await store.detach(EMBER, quiet.epoch, GRACE + 1)
        await store.touch(ASH, claimed.epoch, 5)
        await advance(GRACE + TTL)
        assert [session.epoch for session in await store.overdue()] == [claimed.epoch, quiet.epoch]
        assert await store.read(ASH) is not None

    async def test_a_link_dead_session_can_be_written(self, store: SessionStore) -> None:
        """The body can still be hurt; it stays link-dead with the same deadline."""
        claimed = await claim(store, hp=7)
        until = await store.detach(ASH, claimed.epoch, GRACE)
        await store.write(ASH, claimed.epoch, {"hp": 2}, TTL)
        session = await live(store)
        assert (session.hp, session.websocket_connected, session.grace_until) == (2, False, until)

    async def test_claiming_again_ends_link_death(self, store: SessionStore, other: SessionStore, advance: Advance) -> None:
        """A player who comes back in time is connected again and does not fall overdue."""
        claimed = await claim(store)
        await store.detach(ASH, claimed.epoch, GRACE)
        again = await claim(other, worker="w2", ttl=10 * TTL)
        assert again.previous is not None
        assert again.previous.websocket_connected is False
        await advance(GRACE + 1)
        assert await store.overdue() == []
        session = await live(store)
        assert (session.websocket_connected, session.grace_until) == (True, 0.0)

    async def test_a_session_that_came_back_expires_again(self, store: SessionStore, advance: Advance) -> None:
        """After a new claim the ttl counts as ever."""
        claimed = await claim(store)
        await store.detach(ASH, claimed.epoch, GRACE)
        await claim(store)
        await advance(TTL + 1)
        assert await store.read(ASH) is None

    # Closing

    async def test_closing_ends_the_session(self, store: SessionStore, other: SessionStore, advance: Advance) -> None:
        """`close` answers what the session was; then it is gone, also from the overdue."""
        claimed = await claim(store, hp=7)
        await store.detach(ASH, claimed.epoch, GRACE)
        await advance(GRACE + 1)
        was = await live(store)
        assert await other.close(ASH, claimed.epoch) == was
        assert await store.read(ASH) is None
        assert await store.overdue() == []

    async def test_one_of_many_closers_succeeds(self, store: SessionStore, other: SessionStore) -> None:
        """Racing closes: exactly one gets the session, the others are refused."""
        claimed = await claim(store)
        answers = await asyncio.gather(
            *((store, other)[n % 2].close(ASH, claimed.epoch) for n in range(10)), return_exceptions=True
        )  # fmt: skip
        assert sum(isinstance(answer, Session) for answer in answers) == 1
        assert sum(isinstance(answer, StaleEpoch) for answer in answers) == 9

    async def test_a_claim_racing_a_close_survives(self, store: SessionStore, other: SessionStore) -> None:
        """A player who comes back while a task ends the old session keeps the new one."""
        for _ in range(20):
            old = await claim(store)
            new, _ = await asyncio.gather(claim(other, worker="w2"), store.close(ASH, old.epoch), return_exceptions=True)
            assert isinstance(new, Claim)
            assert (await live(store)).epoch == new.epoch

    async def test_characters_do_not_touch_each_other(self, store: SessionStore) -> None:
        """Every operation concerns one character only."""
        await claim(store, EMBER, hp=3)
        before = await live(store, EMBER)
        claimed = await claim(store, ASH)
        await store.detach(ASH, claimed.epoch, GRACE)
        await store.close(ASH, claimed.epoch)
        assert await live(store, EMBER) == before

    # Restoring

    async def test_a_lost_session_is_restored(self, store: SessionStore, forget: Forget) -> None:
        """After the store lost everything a worker brings its session back: the same epoch, connected, with the given fields."""
        if forget is None:
            pytest.skip("this store cannot forget")
        lost = await claim(store, name="Ash", hp=7, version=3)
        store = await forget()
        assert await restore(store, lost.epoch, name="Ash", hp=6, version=4) is True
        session = await live(store)
        assert (session.epoch, session.worker_id, session.connection) == (lost.epoch, "w1", "c-w1-1")
        assert (session.websocket_connected, session.grace_until) == (True, 0.0)
        assert (session.name, session.hp, session.version) == ("Ash", 6, 4)
        await store.write(ASH, lost.epoch, {"hp": 5}, TTL)
        assert (await live(store)).hp == 5

    async def test_an_expired_session_is_restored(self, store: SessionStore, other: SessionStore, advance: Advance) -> None:
        """A session that expired while its holder was cut off comes back with a heartbeat of that time, and expires again."""
        lost = await claim(store)
        before = (await live(store)).last_heartbeat
        await advance(TTL + 1)
        assert await restore(other, lost.epoch) is True
        assert (await live(store)).last_heartbeat >= before + TTL
        await advance(TTL + 1)
        assert await store.read(ASH) is None

    async def test_a_restored_session_is_below_the_next_claim(self, store: SessionStore, other: SessionStore) -> None:
        """A claim after a restoration gets a greater epoch, exactly one greater where the clock is behind; also after its close."""
        epoch = 2**53 - 1000
        assert await restore(store, epoch) is True
        second = await claim(other)
        assert second.epoch == epoch + 1
        assert second.previous is not None
        await store.close(ASH, second.epoch)
        assert (await claim(store)).epoch > second.epoch

    async def test_the_living_are_not_restored(self, store: SessionStore, other: SessionStore) -> None:
        """While a session of this or a newer epoch is alive, link-dead or not, a restoration is refused and changes nothing."""
        claimed = await claim(store, hp=7)
        for epoch in (claimed.epoch, claimed.epoch - 1):
            before = await live(store)
            assert await restore(other, epoch, worker="w2", hp=1) is False
            assert await live(store) == before
        until = await store.detach(ASH, claimed.epoch, GRACE)
        assert await restore(other, claimed.epoch, worker="w2", hp=1) is False
        session = await live(store)
        assert (session.websocket_connected, session.grace_until, session.hp) == (False, until, 7)

    async def test_a_restoration_displaces_an_older_epoch(self, store: SessionStore, other: SessionStore, advance: Advance) -> None:
        """The newest epoch wins, also when it is restored; nothing of the older session remains, its link death neither."""
        old = await claim(store, hp=7, level=4)
        await store.detach(ASH, old.epoch, GRACE)
        assert await restore(other, old.epoch + 5, worker="w2", ttl=10 * TTL, hp=3) is True
        session = await live(store)
        assert (session.epoch, session.worker_id, session.hp, session.level) == (old.epoch + 5, "w2", 3, 1)
        with pytest.raises(StaleEpoch):
            await store.touch(ASH, old.epoch, TTL)
        await advance(GRACE + 1)
        assert await store.overdue() == []

    async def test_a_closed_session_is_not_restored(self, store: SessionStore, other: SessionStore, advance: Advance) -> None:
        """A late restoration does not undo a close of its epoch or a newer one; a session of a newer epoch is unchanged."""
        claimed = await claim(store)
        await store.close(ASH, claimed.epoch)
        await advance(TOMBSTONE_SECONDS - 10)
        assert await restore(other, claimed.epoch) is False
        assert await restore(other, claimed.epoch - 1) is False
        assert await store.read(ASH) is None
        assert await restore(other, claimed.epoch + 1) is True

    async def test_racing_restorations_end_at_the_newest(self, store: SessionStore, other: SessionStore) -> None:
        """However restorations and a claim overtake one another, the greatest epoch is alive."""
        epochs = [11, 40, 3, 29, 39, 7]
        answers = await asyncio.gather(*(restore((store, other)[n % 2], n, worker=f"w{n}") for n in epochs))
        assert answers[epochs.index(40)] is True
        assert (await live(store)).worker_id == "w40"
        claimed, _ = await asyncio.gather(claim(other, worker="w2"), restore(store, 41))
        assert (await live(store)).epoch == claimed.epoch

    @pytest.mark.parametrize("field", ["epoch", "worker_id", "mana"])
    async def test_only_writable_fields_are_restored(self, store: SessionStore, field: str) -> None:
        """The same fields as in a claim, and nothing changes otherwise."""
        with pytest.raises(ValueError, match=field):
            await store.restore(ASH, 7, worker="w1", connection="c", fields={"hp": 1, field: 5}, ttl=TTL)
        assert await store.read(ASH) is None
