"""A worker while its backend is away, and the state that it restores in the backend when that is back."""

import asyncio
import json
from contextlib import suppress

import pytest
from echoes.channels import Outgoing, to_location
from echoes.errors import FacilityUnavailable, LeaseLost, StaleEpoch
from echoes.facilities import ConnectionInfo, Gap, Lease, LockManager
from echoes.game.outbox import OWED, PAYING, REFUSALS, Outbox
from echoes.game.presence import Presence
from echoes.game.reconciler import Held, Reconciler, Verdict
from echoes.log_limit import LOG_LIMIT
from echoes.metrics import OUTBOX_GIVEN_UP
from echoes.resilience import SETTLING
from echoes.resilience import registry as registry_module
from echoes.resilience.breaker import Breaker
from echoes.resilience.guarded import guarded
from echoes.resilience.lock import ResilientLocks
from echoes.storage import commits, leases
from echoes.storage.database import connect
from echoes.storage.world import Rescued
from echoes.web.content_refresh import ContentRefresh
from echoes.web.feed import Feed
from msgspec import Raw
from structlog.testing import capture_logs

TTL = 100.0


def message(text, channel="location:yard"):
    return Outgoing(channel, Raw(f'"{text}"'.encode()))


def heard(items):
    """In order; what was delivered here first and then came from the store, under the same key, counts once, as for a feed."""
    by_key = {item.key: item for item in reversed(items) if not isinstance(item, Gap)}
    return [item.payload.decode().strip('"') for item in items if not isinstance(item, Gap) and by_key[item.key] is item]


class Player:
    """A seat that listens."""

    def __init__(self, receive, character_id=2) -> None:
        self.character_id, self.receive, self.heard = character_id, receive, []


@pytest.fixture
def rows(monkeypatch):
    """The characters that PostgreSQL has, by id."""
    known = {}

    async def load_characters(database, characters):
        return {one: known[one] for one in characters if one in known}

    monkeypatch.setattr(commits, "load_characters", load_characters)
    return known


@pytest.fixture
def reconciler(resilience, clock):
    """This worker's."""
    presence = Presence(resilience.facilities, None, None, clock, worker_id="one", session_ttl=TTL, grace=60.0)
    return Reconciler(
        resilience.facilities, presence, None, clock, worker_id="one", session_ttl=TTL, grace=60.0, patience=0.0,
        spawn=lambda work, name: work.close(),
        unconfirmed=lambda: resilience.unconfirmed,
    )  # fmt: skip


@pytest.fixture
def outbox(resilience):
    return Outbox(None, resilience.broadcast)


async def back(resilience, outbox, switch, clock):
    """The store answers again, and what is owed to it is paid."""
    switch.away = switch.lost_replies = False
    await clock.advance(1)
    await resilience.resync()
    await outbox.pay()


# ── broadcast ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_listeners_of_one_worker_keep_receiving_each_others_messages(resilience, outbox, near, switch, clock):
    """At once while the store is away; listeners of other workers when it is back; each message once and in order."""
    here, there = [], []
    await resilience.broadcast.subscribe("location:yard", here.append)
    await near.broadcast.subscribe("location:yard", there.append)
    await outbox.publish_message(message("before"), "k0")
    switch.away = True
    for number in range(5):
        await outbox.publish_message(message(f"away {number}"), f"k{number + 1}")
    assert heard(here) == ["before", *(f"away {number}" for number in range(5))]
    assert heard(there) == ["before"]
    await back(resilience, outbox, switch, clock)
    await outbox.publish_message(message("after"), "k9")
    assert heard(here) == heard(there) == ["before", *(f"away {number}" for number in range(5)), "after"]
    assert outbox.owed == 0


async def test_local_deliveries_have_an_epoch_of_the_worker(resilience, outbox, switch):
    """Their positions are never compared with positions in the store's history."""
    here = []
    await resilience.broadcast.subscribe("location:yard", here.append)
    switch.away = True
    await outbox.publish_message(message("one"), "k1")
    await outbox.publish_message(message("two"), "k2")
    assert [item.position.offset for item in here] == [1, 2]
    switch.away = False
    assert not (await resilience.broadcast.history("location:yard", here[-1].position)).complete


async def test_a_publish_whose_reply_was_lost_is_delivered_once(resilience, outbox, near, switch, clock):
    """Its outcome is unknown; it is published again under its key."""
    here, there = [], []
    await resilience.broadcast.subscribe("location:yard", here.append)
    await near.broadcast.subscribe("location:yard", there.append)
    switch.lost_replies = True
    await outbox.publish_message(message("one"), "k1")
    assert outbox.owed == 1
    await back(resilience, outbox, switch, clock)
    assert heard(here) == heard(there) == ["one"]
    assert outbox.owed == 0


async def test_an_owed_message_is_delivered_locally_once(resilience, outbox, switch):
    """However often it is retried: a later listener does not receive earlier messages."""
    first, later = [], []
    await resilience.broadcast.subscribe("location:yard", first.append)
    switch.away = True
    await outbox.publish_message(message("one"), "k1")
    await resilience.broadcast.subscribe("location:yard", later.append)
    for _ in range(3):
        await outbox.pay()
    assert heard(first) == ["one"]
    assert heard(later) == []
    assert outbox.owed == 1


async def test_a_player_who_comes_to_a_worker_hears_owed_messages_before_newer_ones(resilience, outbox, near, switch):
    """It missed nothing where it was, so it resumes. What this worker has yet to publish comes before what is said after that, here too."""
    start, events = await near.broadcast.position("location:yard"), []
    switch.away = True
    await outbox.publish(1, "c", 1, [to_location("yard", "chat", {"text": "first"})])
    switch.away = False
    joined = await Feed("location:yard", resilience.broadcast).join(Player(events.append), start)
    await outbox.publish(1, "c", 2, [to_location("yard", "chat", {"text": "second"})])
    await outbox.pay()
    assert joined.complete
    assert [json.loads(event)["data"]["text"] for event in (*joined.missed, *events)] == ["first", "second"]


@pytest.mark.parametrize("comes_back", [True, False])
async def test_messages_that_come_while_a_player_joins_in_an_outage_follow_its_position(resilience, outbox, near, switch, comes_back):
    """The store takes its time to fail; meanwhile others speak here. The player has been in this place before, or has not."""
    start = await near.broadcast.position("location:yard")
    feed = Feed("location:yard", resilience.broadcast)
    await feed.join(Player(print), start)
    switch.away = True

    async def fails_late(*_):
        await outbox.publish(1, "c", 1, [to_location("yard", "chat", {"text": "first"})])
        await outbox.publish(1, "c", 2, [to_location("yard", "chat", {"text": "second"})])
        raise FacilityUnavailable("away")

    resilience.broadcast._inner.history = resilience.broadcast._inner.position = fails_late
    joined = await feed.join(Player(print, 3), start if comes_back else None, start)
    events = [json.loads(event) for event in joined.missed]
    assert [event["data"]["text"] for event in events] == ["first", "second"]
    assert [event["offset"] for event in events] == [joined.position.offset + 1, joined.position.offset + 2]


async def test_history_is_incomplete_without_owed_messages(resilience, outbox, near, switch, monkeypatch):
    """The store cannot be given it: then the player gets a snapshot in place of what it missed."""
    start = await near.broadcast.position("location:yard")
    switch.away = True
    await outbox.publish_message(message("first"), "k1")
    switch.away = False

    async def refuses(channel, payload, key):
        raise FacilityUnavailable("not this one")

    monkeypatch.setattr(resilience.broadcast, "publish_again", refuses)
    assert not (await resilience.broadcast.history("location:yard", start)).complete
    other = await near.broadcast.position("location:road")
    assert (await resilience.broadcast.history("location:road", other)).complete, "it owes nothing to this channel"
    monkeypatch.undo()
    found = await asyncio.gather(*(resilience.broadcast.history("location:yard", start) for _ in range(3)), outbox.pay())
    assert [[one.payload for one in history.messages] for history in found[:3]] == [[b'"first"']] * 3
    assert outbox.owed == 0


async def test_no_sweep_runs_during_an_outage_and_shortly_after(resilience, outbox, switch, clock, monkeypatch):
    """A message that is unpublished then belongs to a running worker, not to a dead one."""
    asked = []

    async def unpublished(*_):
        asked.append(1)
        return []

    monkeypatch.setattr(commits, "unpublished", unpublished)
    await outbox.sweep()
    assert asked == [1]
    switch.away = True
    await outbox.publish_message(message("one"), "k1")
    for _ in range(2):
        await outbox.pay()
    assert resilience.away
    await outbox.sweep()
    await back(resilience, outbox, switch, clock)
    await outbox.sweep()
    assert asked == [1]
    await clock.advance(PAYING)
    await outbox.sweep()
    assert asked == [1, 1]


async def test_a_listener_that_joined_during_the_outage_gets_the_gap_first(resilience, near, switch, clock, monkeypatch):
    """And then everything after it: no message from behind a gap comes before."""
    here = []
    switch.away = True
    await resilience.broadcast.subscribe("location:yard", here.append)
    await near.broadcast.publish("location:yard", b"before")
    subscribe = near.broadcast.subscribe

    async def while_others_speak(*arguments, **named):
        await near.broadcast.publish("location:yard", b"beforehand")
        subscription = await subscribe(*arguments, **named)
        await near.broadcast.publish("location:yard", b"meanwhile")
        return subscription

    monkeypatch.setattr(near.broadcast, "subscribe", while_others_speak)
    switch.away = False
    await resilience.resync()
    gap, *messages = here
    assert isinstance(gap, Gap)
    assert [one.payload for one in messages] == [b"beforehand", b"meanwhile"]
    assert [one.position.offset for one in messages] == [gap.position.offset + 1, gap.position.offset + 2]


async def test_a_later_message_waits_behind_the_owed_ones(resilience, outbox, near, switch, clock):
    """Order holds within a channel, also when the store is back before all owed messages are published."""
    there = []
    await near.broadcast.subscribe("location:yard", there.append)
    switch.away = True
    await outbox.publish_message(message("first"), "k1")
    switch.away = False
    await outbox.publish_message(message("second"), "k2")
    assert heard(there) == []
    await outbox.pay()
    assert heard(there) == ["first", "second"]


async def test_a_listener_that_joins_while_the_store_is_away_gets_this_workers_messages_first(resilience, outbox, near, switch, clock):
    """A gap follows when the store is back, since other workers may have published."""
    here = []
    switch.away = True
    subscription = await resilience.broadcast.subscribe("location:yard", here.append)
    await outbox.publish_message(message("here"), "k1")
    assert heard(here) == ["here"]
    await back(resilience, outbox, switch, clock)
    await near.broadcast.publish("location:yard", b'"there"', key="k2")
    assert heard(here) == ["here", "there"]
    assert sum(isinstance(item, Gap) for item in here) == 1
    await subscription.close()
    await near.broadcast.publish("location:yard", b'"unheard"', key="k3")
    assert heard(here) == ["here", "there"]


async def test_debts_are_bounded(resilience, outbox, switch):
    """Speech beyond the bound is refused: its reply is an error."""
    switch.away = True
    for number in range(OWED):
        await outbox.publish(1, "c", number, [message("x")])
    with pytest.raises(FacilityUnavailable):
        await outbox.publish(1, "c", OWED, [message("x")])
    assert outbox.owed == OWED


async def test_a_row_is_marked_once_all_of_its_messages_have_gone_out(resilience, outbox, switch, clock):
    """Not before: after a crash the others would find it in PostgreSQL."""
    await outbox.publish_recorded(1, "c", 1, [message("a"), message("b", "location:road")])
    assert outbox.waiting == 1
    switch.away = True
    await outbox.publish_recorded(1, "c", 2, [message("a"), message("b", "location:road")])
    assert (outbox.waiting, outbox.owed) == (1, 2)
    await back(resilience, outbox, switch, clock)
    assert (outbox.waiting, outbox.owed) == (2, 0)


# ── registry and sessions ────────────────────────────────────────────────────────────────────────────────────────────


async def sit(facilities, character, location="yard"):
    claim = await facilities.sessions.claim(character, worker="one", connection="c", fields={"name": "Mara", "version": 1}, ttl=TTL)
    await facilities.registry.attach("one", character, ConnectionInfo("c", claim.epoch, 0.0))
    await facilities.registry.place(character, location, version=1, epoch=claim.epoch)
    return claim.epoch


def a_row(epoch):
    return commits.Character(
        id=1, name="Mara", version=1, epoch=epoch, location_id="yard", hp=1, max_hp=1, stamina=1.0, max_stamina=1, stamina_at=0.0, resting=False,
        level=1, xp=0, scrap=0, explored=(),
    )  # fmt: skip


async def test_players_of_one_worker_see_each_other_while_the_store_is_away(resilience, near, switch):
    """Not the players of other workers, for as long as the store is away."""
    await sit(resilience.facilities, 1)
    await near.registry.place(2, "yard", version=1, epoch=1)
    assert await resilience.facilities.registry.players_in("yard") == {1, 2}
    switch.away = True
    assert await resilience.facilities.registry.players_in("yard") == {1}
    assert [one.name for one in await resilience.facilities.sessions.read_many([1])] == ["Mara"]
    assert await resilience.facilities.registry.locate(1) == "yard"


async def test_moves_are_seen_here_at_once_and_by_the_store_when_it_is_back(resilience, outbox, near, switch, clock):
    """No character is in two locations, on this worker or in the store."""
    await sit(resilience.facilities, 1)
    switch.away = True
    assert await resilience.facilities.registry.move(1, "road", version=2)
    assert await resilience.facilities.registry.players_in("yard") == frozenset()
    assert await resilience.facilities.registry.players_in("road") == {1}
    await back(resilience, outbox, switch, clock)
    assert await near.registry.locate(1) == "road"


async def test_a_body_of_another_worker_moves_when_the_store_is_back(resilience, outbox, near, switch, clock):
    """A fight's round or a timer moves it here, where its player is not connected. The newest move counts, also when its worker moves it again."""
    await near.registry.place(2, "yard", version=1, epoch=1)
    await near.registry.place(3, "yard", version=1, epoch=1)
    switch.away = True
    for character in (2, 3):
        for to, version in (("road", 3), ("well", 2)):
            with suppress(FacilityUnavailable):
                await resilience.facilities.registry.move(character, to, version=version)
    await near.registry.move(3, "gate", version=4)
    await back(resilience, outbox, switch, clock)
    assert [await near.registry.locate(one) for one in (2, 3)] == ["road", "gate"]
    await near.registry.place(2, "yard", version=3, epoch=2)
    await resilience.resync()
    assert await near.registry.locate(2) == "yard", "it is moved once"


async def test_a_move_out_of_a_removed_location_reaches_its_player_when_the_store_is_back(resilience, outbox, near, switch, clock):
    """New content came while it was away: body and player follow the row, on any worker."""
    there = []
    await near.registry.place(2, "yard", version=1, epoch=1)
    await near.broadcast.subscribe("player:2", there.append)
    switch.away = True
    await ContentRefresh(None, resilience.facilities.registry, outbox, None, None).move(Rescued(2, 2, "road"))
    await back(resilience, outbox, switch, clock)
    assert await near.registry.locate(2) == "road"
    assert [(one.key, b'"action":"moved"' in one.payload) for one in there] == [("moved:2:2", True)]


async def test_owed_moves_of_bodies_of_other_workers_are_bounded(resilience, outbox, near, switch, clock, monkeypatch):
    """The oldest go; their workers put them right (`Reconciler`)."""
    monkeypatch.setattr(registry_module, "OWED", 2)
    for character in (2, 3, 4):
        await near.registry.place(character, "yard", version=1, epoch=1)
    switch.away = True
    for character in (2, 3, 4):
        with suppress(FacilityUnavailable):
            await resilience.facilities.registry.move(character, "road", version=2)
    await back(resilience, outbox, switch, clock)
    assert [await near.registry.locate(one) for one in (2, 3, 4)] == ["yard", "road", "road"]


async def test_an_older_move_changes_nothing_while_the_store_is_away(resilience, switch):
    """Its event may come later than that of the newer one."""
    registry = resilience.facilities.registry
    await registry.place(1, "yard", version=1, epoch=1)
    switch.away = True
    await registry.move(1, "road", version=3)
    await registry.move(1, "yard", version=2)
    assert await registry.locate(1) == "road"


async def test_only_the_session_that_is_held_here_is_written_while_the_store_is_away(resilience, switch):
    """Neither an older one nor one that plays elsewhere."""
    sessions = resilience.facilities.sessions
    claim = await sessions.claim(1, worker="w", connection="c", fields={"hp": 1}, ttl=60)
    switch.away = True
    for character, epoch in ((1, claim.epoch - 1), (1, claim.epoch + 1), (2, claim.epoch)):
        with pytest.raises(StaleEpoch):
            await sessions.write(character, epoch, {"hp": 9}, 60)
        with pytest.raises(StaleEpoch):
            await sessions.touch(character, epoch, 60)
    await sessions.write(1, claim.epoch, {"hp": 2}, 60)
    assert (await sessions.read(1)).hp == 2


async def test_requests_wait_for_sessions_in_a_store_that_is_back(resilience, outbox, switch, clock):
    """A request finds no session of a player whom a worker let in meanwhile: it would displace the connection. This worker knows its own."""
    switch.away = True
    claim = await resilience.facilities.sessions.claim(1, worker="one", connection="c", fields={"name": "Mara"}, ttl=TTL)
    with pytest.raises(FacilityUnavailable):
        await resilience.session_of(2)
    for _ in range(3):  # the breaker opens
        with suppress(FacilityUnavailable):
            await resilience.facilities.sessions.overdue()
    await back(resilience, outbox, switch, clock)
    assert (await resilience.session_of(1)).epoch == claim.epoch, "the store does not know of it yet"
    with pytest.raises(FacilityUnavailable):
        await resilience.session_of(2)
    await clock.advance(SETTLING)
    assert await resilience.session_of(2) is None


async def test_one_may_come_in_while_the_store_is_away(resilience, switch):
    """The epoch grows from what PostgreSQL knows; the session is this worker's."""
    switch.away = True
    above = 2**52
    claim = await resilience.facilities.sessions.claim(1, worker="one", connection="c", fields={"name": "Mara"}, ttl=TTL, above=above)
    assert claim.epoch == above + 1
    session = await resilience.facilities.sessions.read(1)
    assert (session.epoch, session.websocket_connected, session.name) == (above + 1, True, "Mara")
    await resilience.facilities.sessions.touch(1, claim.epoch, TTL)
    with pytest.raises(StaleEpoch):
        await resilience.facilities.sessions.touch(1, claim.epoch - 1, TTL)
    again = await resilience.facilities.sessions.claim(1, worker="one", connection="d", fields={"name": "Mara"}, ttl=TTL, above=above)
    assert again.epoch > claim.epoch
    assert again.previous.epoch == claim.epoch


async def test_a_session_that_began_while_the_store_was_away_is_put_in_the_place_of_an_older_one(
    resilience, switch, clock, reconciler, rows
):
    """Even when the store was back before any other write: the grace of the older must not end the newer."""
    former = await sit(resilience.facilities, 1)
    await resilience.facilities.sessions.detach(1, former, 60.0)
    switch.away = True
    claim = await resilience.facilities.sessions.claim(1, worker="one", connection="d", fields={"name": "Mara"}, ttl=TTL, above=former)
    switch.away = False
    rows[1] = a_row(claim.epoch)
    await resilience.facilities.registry.attach("one", 1, ConnectionInfo("d", claim.epoch, 0.0))
    assert await reconciler.reconcile(lambda: [Held(1, claim.epoch, "d")]) == []
    session = await resilience.facilities.sessions.read(1)
    assert (session.epoch, session.websocket_connected) == (claim.epoch, True)
    assert not resilience.unconfirmed
    await clock.advance(61)
    assert await resilience.facilities.sessions.overdue() == []


async def test_a_claim_whose_reply_was_lost_is_made_again(resilience, switch, clock, reconciler, rows):
    """The store may have the claim under an epoch without a holder: the client reconnects and claims again, without a takeover."""
    await clock.advance(100)
    switch.lost_replies = True
    claim = await resilience.facilities.sessions.claim(1, worker="one", connection="d", fields={"name": "Mara"}, ttl=TTL)
    switch.lost_replies = False
    rows[1] = a_row(claim.epoch)
    await resilience.facilities.registry.attach("one", 1, ConnectionInfo("d", claim.epoch, 0.0))
    known = await resilience.facilities.sessions.read(1)
    verdicts = await reconciler.reconcile(lambda: [Held(1, claim.epoch, "d")])
    assert verdicts == ([] if known.epoch <= claim.epoch else [Verdict(1, claim.epoch, "lost")])
    if not verdicts:
        assert (await resilience.facilities.sessions.read(1)).epoch == claim.epoch


async def test_calls_fail_at_once_while_the_store_is_away(resilience, switch):
    """After a few failures the breaker makes no calls."""
    switch.away = True
    for _ in range(5):
        await resilience.facilities.registry.players_in("yard")
    asked = switch.asked
    for _ in range(100):
        await resilience.facilities.registry.players_in("yard")
    assert switch.asked == asked


# ── leases ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def database(database_url):
    """A migrated database."""
    async with connect(database_url, pool=2, timeout=5.0, slow=1.0) as opened:
        yield opened


async def test_leases_are_postgresql_s_while_the_store_is_away(far, switch, clock, database):
    """One holder, tokens that grow, renewed and given back where they were taken."""
    store = Breaker("store", clock, failures=1, patience=5)
    one, other = (
        ResilientLocks(guarded("lock", LockManager, far.locks, breaker), database)
        for breaker in (store, Breaker("store", clock, failures=1, patience=5))
    )
    switch.away = True
    lease = await one.acquire("task", ttl=30)
    assert lease is not None
    assert await other.acquire("task", ttl=30) is None
    await one.renew(lease, ttl=30)
    taken_over = Lease("task", lease.token + 1)
    other._in_postgres["task"] = taken_over
    with pytest.raises(LeaseLost):
        await other.renew(taken_over, ttl=30)
    switch.away = False
    assert await one.release(lease)
    await store.try_again(lambda: far.locks.release(Lease("probe", 0)))
    assert not await one.release(Lease("nobody's", 1))
    switch.away = True
    later = await other.acquire("task", ttl=30)
    assert later is not None
    assert later.token > lease.token


async def test_a_lease_in_postgresql_runs_out(database):
    """By PostgreSQL's clock."""
    assert await leases.acquire(database, "task", 0.0) is not None
    assert await leases.acquire(database, "task", 30.0) is not None
    assert await leases.acquire(database, "task", 30.0) is None


# ── messages that broadcast never takes ──────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def poisoned(near, monkeypatch):
    """The store, which refuses every message that says "poison"; answers how often it was asked to take one."""
    publish, tries = near.broadcast.publish, []

    async def refusing(channel, payload, *, key=None):
        if b"poison" in payload:
            tries.append(key)
            raise ValueError("this I never take")
        return await publish(channel, payload, key=key)

    monkeypatch.setattr(near.broadcast, "publish", refusing)
    return tries


async def test_a_message_that_is_always_refused_blocks_nothing(resilience, outbox, near, poisoned):
    """Messages behind it keep their order, other channels do not wait, its row is not swept again, and it is logged and counted once."""
    LOG_LIMIT.forget()
    before, there = OUTBOX_GIVEN_UP._value.get(), []
    await near.broadcast.subscribe("location:yard", there.append)
    await near.broadcast.subscribe("location:road", there.append)
    await outbox.publish_recorded(1, "c", 1, [message("poison")])
    await outbox.publish_message(message("behind"), "k1")
    await outbox.publish_message(message("further behind"), "k2")
    await outbox.publish_message(message("elsewhere", "location:road"), "k3")
    assert heard(there) == ["elsewhere"]
    with capture_logs() as logs:
        for _ in range(REFUSALS):
            await outbox.pay()
    assert heard(there) == ["elsewhere", "behind", "further behind"]
    assert (outbox.owed, outbox.waiting, len(poisoned)) == (0, 1, REFUSALS + 1)
    assert [one["channel"] for one in logs if one["event"] == "outbox.message_given_up"] == ["location:yard"]
    assert OUTBOX_GIVEN_UP._value.get() == before + 1
    assert not any(breaker.is_open for breaker in resilience.breakers.values())


async def test_a_channel_that_takes_nothing_keeps_few_debts(outbox, poisoned):
    """A thousand messages that are all refused are gone as soon as the first is given up, with one line in the log."""
    LOG_LIMIT.forget()
    for number in range(1000):
        await outbox.publish_message(message("poison"), f"k{number}")
    with capture_logs() as logs:
        for _ in range(REFUSALS):
            await outbox.pay()
    assert outbox.owed == 0
    assert sum(one["event"] == "outbox.message_given_up" for one in logs) == 1


async def test_nothing_is_given_up_while_the_store_is_away(resilience, outbox, near, switch, clock):
    """However often it is tried: it goes out when the store is back."""
    there = []
    await near.broadcast.subscribe("location:yard", there.append)
    switch.away = True
    await outbox.publish_message(message("patient"), "k1")
    for _ in range(3 * REFUSALS):
        await outbox.pay()
    assert outbox.owed == 1
    await back(resilience, outbox, switch, clock)
    assert heard(there) == ["patient"]
