"""The contract suites can fail: each broken backend here is caught by the law that it breaks, and the intact one is not."""

import asyncio
import inspect
import itertools
from collections.abc import Callable

import pytest
from echoes.clock import ManualClock
from echoes.errors import LeaseLost
from echoes.facilities.broadcast import History, Position
from echoes.facilities.cache import Entry
from echoes.facilities.lock import Lease
from echoes.facilities.session import Claim
from echoes.testing import (
    BroadcastContract,
    CacheContract,
    LockManagerContract,
    RegistryContract,
    SessionStoreContract,
    collector,
)
from echoes.testing.cache_contract import LIST
from echoes.testing.session_contract import STALE_CALLS
from echoes_memory.broadcast import MemoryBroadcast, _Subscription
from echoes_memory.cache import MemoryCache
from echoes_memory.expiry import Tokens
from echoes_memory.lock import MemoryLocks
from echoes_memory.registry import MemoryRegistry
from echoes_memory.session import MemorySessions
from msgspec import structs

DETACH = STALE_CALLS[2].values[0]


class ForgetfulTokens(Tokens):
    """Counts from one."""

    def after(self, previous: int | None) -> int:
        return (self._forgotten if previous is None else previous) + 1


class CoarseTokens(Tokens):
    """Trusts the clock alone."""

    def after(self, previous: int | None) -> int:
        del previous
        return int(self._clock.time() * 1_000_000)


# Sessions


class Unfenced(MemorySessions):
    def _owned(self, character, epoch):
        return self._live(character) or super()._owned(character, epoch)


class EpochsFromOne(MemorySessions):
    def __init__(self, clock):
        super().__init__(clock)
        self._epochs = ForgetfulTokens(clock)


class EpochsByTheClockAlone(MemorySessions):
    def __init__(self, clock):
        super().__init__(clock)
        self._epochs = CoarseTokens(clock)


class IgnoresAbove(MemorySessions):
    async def claim(self, character, *, worker, connection, fields, ttl, above=0):
        return await super().claim(character, worker=worker, connection=connection, fields=fields, ttl=ttl)


class MergesFields(MemorySessions):
    async def claim(self, character, *, worker, connection, fields, ttl, above=0):
        old = await self.read(character)
        kept = {"hp": old.hp} if old else {}
        return await super().claim(character, worker=worker, connection=connection, fields={**kept, **fields}, ttl=ttl, above=above)


class ClaimsInTwoSteps(MemorySessions):
    async def claim(self, character, *, worker, connection, fields, ttl, above=0):
        previous = await self.read(character)
        await asyncio.sleep(0)
        claimed = await super().claim(character, worker=worker, connection=connection, fields=fields, ttl=ttl, above=above)
        return Claim(claimed.epoch, previous)


class OlderVersionsWritten(MemorySessions):
    async def write(self, character, epoch, fields, ttl):
        await super().write(character, epoch, {name: value for name, value in fields.items() if name != "version"}, ttl)


class DetachProlongs(MemorySessions):
    async def detach(self, character, epoch, grace):
        held = self._owned(character, epoch)
        held.session = structs.replace(held.session, websocket_connected=True)
        return await super().detach(character, epoch, grace)


class LinkDeathExpires(MemorySessions):
    async def detach(self, character, epoch, grace):
        expires = self._owned(character, epoch).expires
        until = await super().detach(character, epoch, grace)
        self._held[character].expires = expires
        return until


class OverdueAnyhow(MemorySessions):
    async def overdue(self, limit=100):
        return sorted(await super().overdue(limit), key=lambda session: session.character)


class ClosesForEverybody(MemorySessions):
    async def close(self, character, epoch):
        session = await self.read(character)
        await asyncio.sleep(0)
        self._held.pop(character, None)
        return session


class RestoresAnybody(MemorySessions):
    async def restore(self, character, epoch, *, worker, connection, fields, ttl):
        self._held.pop(character, None)
        return await super().restore(character, epoch, worker=worker, connection=connection, fields=fields, ttl=ttl)


class RestoresOnlyIntoTheVoid(MemorySessions):
    async def restore(self, character, epoch, *, worker, connection, fields, ttl):
        if await self.read(character):
            return False
        return await super().restore(character, epoch, worker=worker, connection=connection, fields=fields, ttl=ttl)


class RestoresWithANewEpoch(MemorySessions):
    async def restore(self, character, epoch, *, worker, connection, fields, ttl):
        await self.claim(character, worker=worker, connection=connection, fields=fields, ttl=ttl, above=epoch)
        return True


class RestoresTheClosed(MemorySessions):
    def __init__(self, clock):
        super().__init__(clock, tombstone_seconds=0.0)


class RestoresLinkDeath(MemorySessions):
    async def restore(self, character, epoch, *, worker, connection, fields, ttl):
        done = await super().restore(character, epoch, worker=worker, connection=connection, fields=fields, ttl=ttl)
        if done:
            await self.detach(character, epoch, 60.0)
        return done


class ForgetsTheRestored(MemorySessions):
    async def claim(self, character, *, worker, connection, fields, ttl, above=0):
        self._held.pop(character, None)
        return await super().claim(character, worker=worker, connection=connection, fields=fields, ttl=ttl, above=above)


# Registry


class ReapsToTwo(MemoryRegistry):
    async def reap(self, worker):
        held = await self.connections(worker)
        await asyncio.sleep(0)
        await super().reap(worker)
        return held


class ReapsTheLiving(MemoryRegistry):
    def _alive(self, worker):
        del worker
        return False


class LateMoves(MemoryRegistry):
    async def move(self, character, location, *, version):
        return await super().move(character, location, version=max(version, self._bodies[character].version))


class MovesInTwoSteps(MemoryRegistry):
    async def move(self, character, location, *, version):
        body = self._bodies.pop(character)
        self._leave(character, body.location)
        await asyncio.sleep(0)
        return await self.place(character, location, version=version, epoch=body.epoch)


class Ghosts(MemoryRegistry):
    def __init__(self, clock):
        super().__init__(clock, tombstone_seconds=0.0)


class LateDetach(MemoryRegistry):
    async def detach(self, worker, character, *, epoch):
        del epoch
        held = self._connections.get(worker, {}).get(character)
        return held is not None and await super().detach(worker, character, epoch=held.epoch)


class LateAttach(MemoryRegistry):
    async def attach(self, worker, character, info):
        if character in self._holders:
            self._let_go(self._holders[character], character)
        await super().attach(worker, character, info)


class HandsOutItsOwn(MemoryRegistry):
    async def connections(self, worker):
        return self._connections[worker]


# Cache


class Resurrects(MemoryCache):
    def __init__(self, clock):
        super().__init__(clock, tombstone_seconds=0.0)


class OlderOverwrites(MemoryCache):
    async def write(self, kind, id, entry, *, generation):  # noqa: A002
        self._slots.pop((kind.name, id), None)
        return await super().write(kind, id, entry, generation=generation)


class IgnoresGenerations(MemoryCache):
    async def read(self, kind, id, *, generation):  # noqa: A002
        slot = self._slots.get((kind.name, id))
        return await super().read(kind, id, generation=slot.generation if slot else generation)


class EmptyIsAMiss(MemoryCache):
    async def read(self, kind, id, *, generation):  # noqa: A002
        found = await super().read(kind, id, generation=generation)
        return None if found and found.value in {b"[]", b"{}"} else found


class InvalidatesTooMuch(MemoryCache):
    async def invalidate(self, kind, id, *, version, generation):  # noqa: A002
        await super().invalidate(kind, id, version=version + 1, generation=generation)


class KeepsTheBuffer(MemoryCache):
    async def write(self, kind, id, entry, *, generation):  # noqa: A002
        done = await super().write(kind, id, Entry(entry.version, b""), generation=generation)
        self._slots[kind.name, id].entry = entry
        return done


class DropForgetsVersions(MemoryCache):
    async def drop(self, kind, id):  # noqa: A002
        self._slots.pop((kind.name, id), None)


class DropsNothing(MemoryCache):
    async def drop(self, kind, id):  # noqa: A002
        del kind, id


class DropsTheKind(MemoryCache):
    async def drop(self, kind, id):  # noqa: A002
        del id
        for name, key in list(self._slots):
            if name == kind.name:
                await super().drop(kind, key)


# Broadcast


class PublishesAgain(MemoryBroadcast):
    async def publish(self, channel, payload, *, key=None):
        if key:
            self._channel(channel, 0.0).keys.pop(key, None)
        return await super().publish(channel, payload, key=key)


class AnswersTheTop(MemoryBroadcast):
    async def publish(self, channel, payload, *, key=None):
        await super().publish(channel, payload, key=key)
        return await self.position(channel)


class PublishesInTwoSteps(MemoryBroadcast):
    async def publish(self, channel, payload, *, key=None):
        top = await self.position(channel)
        await asyncio.sleep(0)
        await super().publish(channel, payload, key=key)
        return Position(top.epoch, top.offset + 1)


class Disorderly(MemoryBroadcast):
    async def subscribe(self, channel, sink, *, since=None):
        held = []

        def swap(item):
            held.append(item)
            if len(held) == 2:
                while held:
                    sink(held.pop())

        return await super().subscribe(channel, swap, since=since)


class CatchesUpTwice(MemoryBroadcast):
    async def subscribe(self, channel, sink, *, since=None):
        if since:
            for message in (await self.history(channel, since)).messages:
                sink(message)
        return await super().subscribe(channel, sink, since=since)


class NeverCatchesUp(MemoryBroadcast):
    async def subscribe(self, channel, sink, *, since=None):
        del since
        return await super().subscribe(channel, sink)


class RecoversInPart(MemoryBroadcast):
    async def history(self, channel, since):
        line = self._channel(channel, 0.0)
        messages = tuple(message for _, message in line.messages if message.position.offset > since.offset)
        return History(messages, Position(line.epoch, line.top), complete=True)


class SilentGaps(MemoryBroadcast):
    async def subscribe(self, channel, sink, *, since=None):
        if since and not (await self.history(channel, since)).complete:
            since = None
        return await super().subscribe(channel, sink, since=since)


class OneEpochForEver(MemoryBroadcast):
    def __init__(self, clock):
        super().__init__(clock)
        self._life = "life"
        self._births = itertools.repeat(1)


class FragileDelivery(MemoryBroadcast):
    async def publish(self, channel, payload, *, key=None):
        try:
            return await super().publish(channel, payload, key=key)
        except RuntimeError:
            return await self.position(channel)


class KeepsCalling(MemoryBroadcast):
    def leave(self, line, subscription):
        subscription.closed = False


class KeepsEverything(MemoryBroadcast):
    def _channel(self, name, now):
        line = super()._channel(name, now)
        line.limit = 10**9
        return line


class Ageless(MemoryBroadcast):
    def _channel(self, name, now):
        del now
        return super()._channel(name, 0.0)


class MixesChannels(MemoryBroadcast):
    def _channel(self, name, now):
        return super()._channel(name.split(":")[0], now)


# Locks


class TokensFromOne(MemoryLocks):
    def __init__(self, clock):
        super().__init__(clock)
        self._tokens = ForgetfulTokens(clock)


class ReleasesAnybodys(MemoryLocks):
    async def release(self, lease):
        held = self._held.get(lease.name)
        return held is not None and await super().release(Lease(lease.name, held.token))


class RenewsTheDead(MemoryLocks):
    async def renew(self, lease, *, ttl):
        try:
            await super().renew(lease, ttl=ttl)
        except LeaseLost:
            self._grant(lease.name, ttl)


class GrantsInTwoSteps(MemoryLocks):
    async def acquire(self, name, *, ttl, wait=0):
        free = self._free(name, self._clock.monotonic())
        await asyncio.sleep(0)
        return self._grant(name, ttl) if free else await super().acquire(name, ttl=ttl, wait=wait)


class GrantsToTheCancelled(MemoryLocks):
    async def acquire(self, name, *, ttl, wait=0):
        if wait:
            self._background = asyncio.create_task(super().acquire(name, ttl=ttl, wait=wait))
            return await asyncio.shield(self._background)
        return await super().acquire(name, ttl=ttl)


class NeverWaits(MemoryLocks):
    async def acquire(self, name, *, ttl, wait=0):
        del wait
        return await super().acquire(name, ttl=ttl)


BROKEN = [
    (SessionStoreContract, Unfenced, "a_displaced_holder_is_refused", {"call": DETACH}),
    (SessionStoreContract, Unfenced, "an_epoch_that_was_never_given_out_is_refused", {"call": DETACH}),
    (SessionStoreContract, EpochsFromOne, "a_forgetful_store_still_gives_newer_epochs", {}),
    (SessionStoreContract, EpochsFromOne, "an_epoch_is_at_least_the_time_in_microseconds", {}),
    (SessionStoreContract, EpochsByTheClockAlone, "a_hundred_racing_claims_form_one_chain", {}),
    (SessionStoreContract, EpochsByTheClockAlone, "the_newest_claim_wins", {}),
    (SessionStoreContract, IgnoresAbove, "an_epoch_is_above_the_claimers_lower_bound", {}),
    (SessionStoreContract, MergesFields, "a_claim_replaces_all_fields", {}),
    (SessionStoreContract, ClaimsInTwoSteps, "a_hundred_racing_claims_form_one_chain", {}),
    (SessionStoreContract, OlderVersionsWritten, "an_older_version_changes_nothing", {}),
    (SessionStoreContract, OlderVersionsWritten, "racing_versions_end_at_the_greatest", {}),
    (SessionStoreContract, DetachProlongs, "detaching_twice_keeps_the_first_deadline", {}),
    (SessionStoreContract, LinkDeathExpires, "a_link_dead_session_does_not_expire", {}),
    (SessionStoreContract, OverdueAnyhow, "the_longest_overdue_come_first", {}),
    (SessionStoreContract, ClosesForEverybody, "one_of_many_closers_succeeds", {}),
    (SessionStoreContract, RestoresAnybody, "the_living_are_not_restored", {}),
    (SessionStoreContract, RestoresAnybody, "racing_restorations_end_at_the_newest", {}),
    (SessionStoreContract, RestoresOnlyIntoTheVoid, "a_restoration_displaces_an_older_epoch", {}),
    (SessionStoreContract, RestoresWithANewEpoch, "a_lost_session_is_restored", {}),
    (SessionStoreContract, RestoresTheClosed, "a_closed_session_is_not_restored", {}),
    (SessionStoreContract, RestoresLinkDeath, "a_lost_session_is_restored", {}),
    (SessionStoreContract, RestoresLinkDeath, "an_expired_session_is_restored", {}),
    (SessionStoreContract, ForgetsTheRestored, "a_restored_session_is_below_the_next_claim", {}),
    (RegistryContract, ReapsToTwo, "a_dead_workers_players_go_to_one_reaper", {}),
    (RegistryContract, ReapsTheLiving, "the_living_cannot_be_reaped", {}),
    (RegistryContract, LateMoves, "a_late_move_changes_nothing", {}),
    (RegistryContract, LateMoves, "racing_moves_end_at_the_newest", {}),
    (RegistryContract, MovesInTwoSteps, "no_reader_sees_a_body_twice_or_not_at_all", {}),
    (RegistryContract, Ghosts, "a_late_placement_makes_no_ghost", {}),
    (RegistryContract, LateDetach, "a_stale_detach_after_a_takeover_changes_nothing", {}),
    (RegistryContract, LateAttach, "a_late_attach_changes_nothing", {}),
    (RegistryContract, HandsOutItsOwn, "answers_are_copies", {}),
    (CacheContract, Resurrects, "a_slow_reader_cannot_resurrect", {"kind": LIST}),
    (CacheContract, OlderOverwrites, "an_older_version_does_not_overwrite", {"kind": LIST}),
    (CacheContract, OlderOverwrites, "a_newer_write_does_not_open_the_door", {"kind": LIST}),
    (CacheContract, IgnoresGenerations, "another_generation_is_a_miss", {"kind": LIST}),
    (CacheContract, EmptyIsAMiss, "an_empty_value_is_a_value", {"kind": LIST}),
    (CacheContract, InvalidatesTooMuch, "an_invalidation_keeps_a_value_of_its_version_or_a_higher_one", {"kind": LIST}),
    (CacheContract, KeepsTheBuffer, "bytes_are_copied", {"kind": LIST}),
    (CacheContract, DropsNothing, "a_dropped_value_is_a_miss_and_may_be_written_again", {"kind": LIST}),
    (CacheContract, DropForgetsVersions, "dropping_does_not_open_the_door", {"kind": LIST}),
    (CacheContract, DropsTheKind, "dropping_touches_one_value", {"kind": LIST}),
    (BroadcastContract, PublishesAgain, "the_same_key_publishes_once", {}),
    (BroadcastContract, PublishesAgain, "racing_publishes_of_one_key_are_one", {}),
    (BroadcastContract, AnswersTheTop, "the_same_key_publishes_once", {}),
    (BroadcastContract, PublishesInTwoSteps, "racing_publishes_have_dense_offsets", {}),
    (BroadcastContract, Disorderly, "every_subscriber_gets_every_message_once_in_order", {}),
    (BroadcastContract, CatchesUpTwice, "catching_up_during_publishing_sees_all_once", {}),
    (BroadcastContract, CatchesUpTwice, "since_brings_missed_messages_and_then_live_ones", {}),
    (BroadcastContract, NeverCatchesUp, "since_brings_missed_messages_and_then_live_ones", {}),
    (BroadcastContract, RecoversInPart, "history_keeps_the_newest", {}),
    (BroadcastContract, RecoversInPart, "history_of_another_epoch_is_incomplete", {}),
    (BroadcastContract, SilentGaps, "a_position_older_than_history_gets_a_gap", {}),
    (BroadcastContract, OneEpochForEver, "a_store_that_forgot_has_another_epoch", {}),
    (BroadcastContract, OneEpochForEver, "offsets_never_step_back", {}),
    (BroadcastContract, OneEpochForEver, "a_listener_hears_that_the_store_forgot", {}),
    (BroadcastContract, FragileDelivery, "a_raising_sink_does_not_disturb_delivery", {}),
    (BroadcastContract, KeepsCalling, "a_closed_sink_is_not_called_again", {}),
    (BroadcastContract, KeepsCalling, "a_sink_may_close_itself", {}),
    (BroadcastContract, KeepsEverything, "history_keeps_the_newest", {}),
    (BroadcastContract, Ageless, "history_ages", {}),
    (BroadcastContract, Ageless, "a_key_is_forgotten_after_its_window", {}),
    (BroadcastContract, MixesChannels, "a_channel_may_have_any_name", {"channel": "a:b:c:"}),
    (LockManagerContract, TokensFromOne, "a_forgetful_store_still_gives_newer_tokens", {}),
    (LockManagerContract, ReleasesAnybodys, "a_released_name_is_free", {}),
    (LockManagerContract, ReleasesAnybodys, "any_worker_may_release_by_the_token", {}),
    (LockManagerContract, RenewsTheDead, "renewing_a_lost_lease_raises_lease_lost", {}),
    (LockManagerContract, GrantsInTwoSteps, "one_of_many_racers_gets_it", {}),
    (LockManagerContract, GrantsToTheCancelled, "a_cancelled_waiter_never_holds_it", {}),
    (LockManagerContract, NeverWaits, "a_waiter_gets_a_released_name", {}),
]
CASES = [pytest.param(*case, id=f"{case[1].__name__}-{case[2]}") for case in BROKEN]


async def obey(contract: type, law: str, make: Callable[[ManualClock], object], params: dict[str, object]) -> None:
    """Run one law against a store, as pytest would."""
    clock = ManualClock()

    async def crash() -> object:
        return make(clock)

    store = make(clock)
    offered = {"store": store, "other": store, "advance": clock.advance, "forget": crash, **params}
    method = getattr(contract(), f"test_{law}")
    await method(**{name: offered[name] for name in inspect.signature(method).parameters})


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(collector, "PATIENCE", 0.1)


@pytest.fixture
def _fragile_sinks(request, monkeypatch):
    if request.node.callspec.params["make"] is FragileDelivery:
        monkeypatch.setattr(_Subscription, "_hand", lambda self, item: self._sink(item))


@pytest.mark.parametrize(("contract", "make", "law", "params"), CASES)
@pytest.mark.usefixtures("_fragile_sinks")
async def test_a_broken_backend_is_caught(contract, make, law, params):
    """The law fails for the backend that breaks it."""
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        await obey(contract, law, make, params)


@pytest.mark.parametrize(("contract", "make", "law", "params"), CASES)
async def test_the_intact_backend_is_not(contract, make, law, params):
    """The same law holds for the memory backend itself: it is the break that is caught."""
    await obey(contract, law, make.__mro__[1], params)
