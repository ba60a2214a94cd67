"""Broadcast while its backend is down: subscriptions, local deliveries, what is recovered, and backends that misbehave. No database."""

import asyncio
import math
from functools import partial

import pytest
from echoes.errors import FacilityUnavailable
from echoes.facilities import Gap, History, Message, Position
from echoes.resilience import broadcast as module
from echoes.resilience.breaker import Breaker
from echoes.resilience.broadcast import HERE, PROBE, ResilientBroadcast
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

YARD, ROAD = "location:yard", "location:road"


class Subscription:
    """A backend's subscription that a test can look at; `closes` runs when it is closed, `at` is its position or an error."""

    def __init__(self, channel, sink, since) -> None:
        self.channel, self.sink, self.since = channel, sink, since
        self.at, self.closed, self.closes = Position("store", 3), 0, None

    @property
    def position(self):
        if isinstance(self.at, Exception):
            raise self.at
        return self.at

    async def close(self):
        self.closed += 1
        if self.closes is not None:
            await self.closes()


class Store:
    """A backend whose subscriptions are all kept; `fails` is raised by each call."""

    def __init__(self) -> None:
        self.made, self.fails, self.published, self.meanwhile, self.at = [], None, [], None, 4

    def answer(self, value):
        if self.fails is not None:
            raise self.fails
        return value

    async def position(self, channel):
        return self.answer(Position("store", 3))

    async def publish(self, channel, payload, *, key=None):
        self.published.append((channel, payload, key))
        return self.answer(Position("store", self.at))

    async def history(self, channel, since):
        return self.answer(History((), since, complete=True))

    async def subscribe(self, channel, sink, *, since=None):
        self.made.append(self.answer(Subscription(channel, sink, since)))
        if self.meanwhile is not None:
            await self.meanwhile()
        return self.made[-1]


class Heard(list):
    """A sink; `fails` is raised by it after the item was noted."""

    fails = None

    def __call__(self, item):
        self.append(item)
        if self.fails is not None:
            raise self.fails

    @property
    def texts(self):
        return ["gap" if isinstance(one, Gap) else one.payload.decode() for one in self]


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def breaker(clock):
    return Breaker("store", clock, failures=1, patience=1.0)


@pytest.fixture
def broadcast(store, breaker):
    """A worker's, over that store."""
    return ResilientBroadcast(store, breaker)


@pytest.fixture
def heard():
    return Heard()


AWAY = FacilityUnavailable("away")


# ── local deliveries ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_message_that_the_store_has_not_taken_is_delivered_here(broadcast, store, heard):
    """To all subscribers of its channel, in an epoch of this worker in which each channel counts from 1; its publisher gets the error."""
    other, far = Heard(), Heard()
    for channel, sink in ((YARD, heard), (YARD, other), (ROAD, far)):
        await broadcast.subscribe(channel, sink)
    store.fails = AWAY
    for text in (b"one", bytearray(b"two")):
        with pytest.raises(FacilityUnavailable):
            await broadcast.publish(YARD, text, key=text.decode())
    with pytest.raises(FacilityUnavailable):
        await broadcast.publish(ROAD, b"three", key="three")
    with pytest.raises(FacilityUnavailable):
        await broadcast.publish("location:empty", b"four", key="four")
    assert (heard.texts, other.texts, far.texts) == (["one", "two"], ["one", "two"], ["three"])
    assert [(one.position.offset, one.key, one.channel) for one in heard] == [(1, "one", YARD), (2, "two", YARD)]
    assert (far[0].position.offset, type(heard[1].payload)) == (1, bytes)
    (epoch,) = {one.position.epoch for one in (*heard, *far)}
    assert epoch.startswith(HERE)
    assert await broadcast.position(YARD) == Position(epoch, 2)
    assert await broadcast.position("location:empty") == Position(epoch, 0), "without a subscriber nothing is counted"


async def test_only_a_message_with_a_key_is_delivered_here(broadcast, store, heard):
    """Without one a client could not know it when it comes again. What the store has taken comes from the store alone."""
    await broadcast.subscribe(YARD, heard)
    assert await broadcast.publish(YARD, b"one", key="k") == Position("store", 4)
    store.fails = AWAY
    for key in (None, ""):
        with pytest.raises(FacilityUnavailable):
            await broadcast.publish(YARD, b"two", key=key)
    with pytest.raises(FacilityUnavailable):
        await broadcast.publish_again(YARD, b"three", "k")
    assert heard == []
    assert store.published == [(YARD, b"one", "k"), (YARD, b"two", None), (YARD, b"two", ""), (YARD, b"three", "k")]


async def sent_and_lost(broadcast, store, *keys):
    """Publish while the store takes messages, then one more that it does not take."""
    for key in keys:
        await broadcast.publish(YARD, key.encode(), key=key)
    store.fails = AWAY
    with pytest.raises(FacilityUnavailable):
        await broadcast.publish(YARD, b"last", key="last")


async def test_a_message_on_its_way_is_delivered_here_before_a_later_one(broadcast, store, heard):
    """The store took it, and its connection for messages breaks: a player hears the sentences of one speaker in their order."""
    await broadcast.subscribe(YARD, heard)
    await sent_and_lost(broadcast, store, "one", "two")
    assert heard.texts == ["one", "two", "last"]
    assert [(one.key, one.position.offset) for one in heard] == [("one", 1), ("two", 2), ("last", 3)]


async def test_a_message_that_has_arrived_is_not_delivered_here(broadcast, store, heard):
    """Be it before or after the publish is answered; nor is one that a gap covers."""
    await broadcast.subscribe(YARD, heard)
    (subscription,) = store.made
    await broadcast.publish(YARD, b"one", key="one")
    subscription.sink(Message(YARD, Position("store", 4), "one", b"one"))
    await broadcast.publish(YARD, b"two", key="two")  # the store answers with position 4, which is here
    assert broadcast._on_their_way == {}
    store.at = 5
    await broadcast.publish(YARD, b"three", key="three")
    subscription.sink(Gap(YARD, Position("store", 5)))
    await sent_and_lost(broadcast, store)
    assert heard.texts == ["one", "gap", "last"]


async def test_messages_on_their_way_are_bounded(broadcast, store, heard, monkeypatch):
    """By number, by time, and by the listeners of the channel."""
    monkeypatch.setattr(module, "ON_THEIR_WAY", 2)
    await broadcast.publish(YARD, b"zero", key="zero")
    subscription = await broadcast.subscribe(YARD, heard)
    await sent_and_lost(broadcast, store, "one", "two", "three")
    assert heard.texts == ["two", "three", "last"]
    store.fails = None
    monkeypatch.setattr(module, "ON_THEIR_WAY_SECONDS", -1.0)
    await sent_and_lost(broadcast, store, "old")
    assert heard.texts[3:] == ["last"]
    store.fails = None
    await broadcast.publish(YARD, b"four", key="four")
    await subscription.close()
    assert broadcast._on_their_way == {}


async def test_positions_and_history_are_the_stores_while_it_answers(broadcast, store):
    """Without it a position is this worker's, and no history is complete."""
    since = Position("store", 2)
    assert await broadcast.position(YARD) == Position("store", 3)
    assert await broadcast.history(YARD, since) == History((), since, complete=True)
    store.fails = AWAY
    here = await broadcast.position(YARD)
    assert await broadcast.history(YARD, since) == History((), here, complete=False)
    assert here.epoch.startswith(HERE)
    assert here.offset == 0


async def test_a_probe_message_finds_out_whether_the_store_takes_messages(broadcast, store):
    """On a channel that has no reader."""
    assert await broadcast.takes_messages()
    assert store.published == [(PROBE, b"{}", None)]
    store.fails = AWAY
    assert await broadcast.takes_messages() is False


async def test_a_backend_is_here_for_the_seconds_since_its_breaker_closed(broadcast, store, breaker, clock):
    """Not at all while it is down; without end when it never was."""
    assert broadcast.here_for == math.inf
    store.fails = AWAY
    with pytest.raises(FacilityUnavailable):
        await breaker.call(partial(store.position, YARD))
    assert broadcast.here_for == 0.0
    store.fails = None
    await breaker.try_again(partial(store.position, YARD))
    await clock.advance(5)
    assert broadcast.here_for == 5.0


# ── subscriptions ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_subscription_stands_where_the_store_says(broadcast, store, breaker, heard):
    """Where the store's has no position, at the last item that it handed over; before that where it began."""
    subscription = await broadcast.subscribe(YARD, heard, since=Position("store", 1))
    (made,) = store.made
    assert (subscription.channel, made.since) == (YARD, Position("store", 1))
    assert subscription.position == Position("store", 3)
    for wrong in ("3", TypeError("nowhere")):
        made.at = wrong
        assert (subscription.position.epoch[0], subscription.position.offset) == (HERE, 0)
    assert any("subscription.position raised TypeError: nowhere" in one for one in breaker.ailments)
    made.sink(Gap(YARD, Position("store", 9)))
    assert (subscription.position, heard.texts) == (Position("store", 9), ["gap"])


async def test_a_closed_subscription_hears_nothing(broadcast, store, heard):
    """Neither of the store nor of this worker. The store's own is closed once; other subscriptions stay."""
    other = Heard()
    subscription = await broadcast.subscribe(YARD, heard)
    await broadcast.subscribe(YARD, other)
    for _ in range(2):
        await subscription.close()
    mine, its = store.made
    assert (mine.closed, its.closed) == (1, 0)
    mine.sink(Gap(YARD, Position("store", 9)))
    store.fails = AWAY
    with pytest.raises(FacilityUnavailable):
        await broadcast.publish(YARD, b"one", key="k")
    assert (heard, other.texts) == ([], ["one"])


async def test_a_sink_that_fails_is_logged_once_and_holds_up_no_other(broadcast, store, heard):
    """For each kind of channel and of error, and counted each time; the publisher gets the error of the store alone."""
    before = REGISTRY.get_sample_value("echoes_crashes_total", {"place": "step"})
    other, heard.fails, channels = Heard(), OSError("full"), (YARD, YARD, ROAD, "player:1")
    for channel in dict.fromkeys(channels):
        for sink in (heard, other):
            await broadcast.subscribe(channel, sink)
    store.fails = AWAY
    with capture_logs() as logs:
        for number, channel in enumerate(channels):
            with pytest.raises(FacilityUnavailable, match="away"):
                await broadcast.publish(channel, b"%d" % number, key=f"k{number}")
    assert heard.texts == other.texts == ["0", "1", "2", "3"]
    assert [(one["event"], one["channel"], one["offset"], one["times"]) for one in logs] == [
        ("broadcast.sink_failed", YARD, 1, 1), ("broadcast.sink_failed", "player:1", 1, 1),
    ]  # fmt: skip
    assert REGISTRY.get_sample_value("echoes_crashes_total", {"place": "step"}) == before + 4


async def test_a_subscription_that_is_refused_or_cancelled_leaves_nothing(broadcast, store, heard):
    """It is not made later, and hears nothing of this worker. Only an absent store is waited for."""
    for error in (ValueError("no such channel"), asyncio.CancelledError()):
        store.fails = error
        with pytest.raises(type(error)):
            await broadcast.subscribe(YARD, heard)
    store.fails = AWAY
    with pytest.raises(FacilityUnavailable):
        await broadcast.publish(YARD, b"one", key="k")
    store.fails = None
    await broadcast.resync()
    assert (heard, store.made, broadcast._listeners) == ([], [], {})


async def test_no_channel_is_kept_without_a_subscription(broadcast, heard):
    """Closed in any order."""
    made = [await broadcast.subscribe(channel, heard) for channel in (YARD, YARD, ROAD)]
    for one, left in zip(made, ({YARD: 1, ROAD: 1}, {ROAD: 1}, {}), strict=True):
        await one.close()
        assert {channel: len(listeners) for channel, listeners in broadcast._listeners.items()} == left


# ── the store is back ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_subscriptions_of_an_outage_are_made_when_the_store_is_back(broadcast, store, breaker, heard):
    """The gap first, then all items after it, each once. A second look makes none again. One that was closed before has nothing to end."""
    store.fails = AWAY
    subscription = await broadcast.subscribe(YARD, heard)
    others = [await broadcast.subscribe(ROAD, Heard()) for _ in range(3)]
    with pytest.raises(FacilityUnavailable):
        await broadcast.resync()
    assert (store.made, heard) == ([], [])
    await others.pop().close()
    assert subscription.position == await broadcast.position(YARD)
    assert breaker.ailments == []
    store.fails = None
    for _ in range(2):
        await broadcast.resync()
    assert [(one.channel, one.since) for one in store.made] == [(channel, Position("store", 3)) for channel in (YARD, ROAD, ROAD)]
    assert heard == [Gap(YARD, Position("store", 3))]
    store.made[0].at = Position("store", 7)
    assert subscription.position == Position("store", 7)
    await subscription.close()
    assert [one.closed for one in store.made] == [1, 0, 0]


async def test_a_refused_subscription_is_tried_alone_before_the_others(broadcast, store):
    """While the first is refused the others would be as well."""
    store.fails = AWAY
    for _ in range(9):
        await broadcast.subscribe(YARD, Heard())
    asked = []

    async def position(channel):
        asked.append(channel)
        raise AWAY

    store.position = position
    with pytest.raises(FacilityUnavailable):
        await broadcast.resync()
    assert asked == [YARD]


async def test_a_subscription_that_is_closed_while_it_is_made_is_closed_at_the_store(broadcast, store, heard):
    """Its listener has gone: it hears nothing."""
    store.fails = AWAY
    subscription = await broadcast.subscribe(YARD, heard)
    store.fails, store.meanwhile = None, subscription.close
    await broadcast.resync()
    store.meanwhile = None
    (made,) = store.made
    assert made.closed == 1
    heard.clear()
    made.sink(Gap(YARD, Position("store", 9)))
    await broadcast.resync()
    assert (heard, len(store.made)) == ([], 1)


async def test_a_subscription_that_is_closed_before_its_turn_hears_no_gap(broadcast, store, heard):
    """The store was asked for the position when it closed."""
    store.fails = AWAY
    subscription = await broadcast.subscribe(YARD, heard)
    store.fails, position = None, store.position

    async def position_of(channel):
        await subscription.close()
        return await position(channel)

    store.position = position_of
    await broadcast.resync()
    assert (heard, [one.closed for one in store.made]) == ([], [1])


# ── backends that misbehave ──────────────────────────────────────────────────────────────────────────────────────────


async def test_an_item_that_is_no_message_makes_its_subscription_again(broadcast, store, breaker, heard):
    """With a gap; the former subscription is ended, and what it still hands over is ignored."""
    await broadcast.subscribe(YARD, heard)
    (former,) = store.made
    ended = asyncio.Event()

    async def closes():
        ended.set()
        raise OSError("stuck")

    former.closes = closes
    former.sink(b"bytes")
    assert breaker.ailments == ["store fails: a sink was called with bytes, where Message or Gap is promised"]
    former.sink(Gap(YARD, Position("store", 8)))
    assert heard == []
    assert len(broadcast._ending) == 1, "a task that nothing refers to may vanish"
    await ended.wait()
    await asyncio.sleep(0)
    assert (former.closed, breaker.ailments) == (1, ["store fails: subscription.close raised OSError: stuck"])
    await asyncio.sleep(0)
    assert not broadcast._ending
    await broadcast.resync()
    assert heard == [Gap(YARD, Position("store", 3))]
    store.made[1].sink(Gap(YARD, Position("store", 9)))
    former.sink(Gap(YARD, Position("store", 10)))
    assert [one.position.offset for one in heard] == [3, 9]


async def test_an_item_that_is_no_message_means_nothing_to_a_closed_subscription(broadcast, store, breaker, heard):
    subscription = await broadcast.subscribe(YARD, heard)
    await subscription.close()
    store.made[0].sink(b"bytes")
    await broadcast.resync()
    assert (len(store.made), breaker.ailments, heard) == (1, [], [])


@pytest.mark.parametrize("late", [False, True], ids=["at-first", "after-an-outage"])
async def test_a_wrong_item_before_the_subscription_is_there_makes_it_again(broadcast, store, breaker, heard, late):
    """The backend calls the sink while it subscribes. That subscription is closed, and another one is made with a gap."""

    async def babble():
        store.made[-1].sink(None)

    store.fails, store.meanwhile = (AWAY, None) if late else (None, babble)
    await broadcast.subscribe(YARD, heard)
    store.fails, store.meanwhile = (None, babble) if late else (None, None)
    if late:
        await broadcast.resync()
    assert breaker.ailments == ["store fails: a sink was called with NoneType, where Message or Gap is promised"]
    store.meanwhile = None
    heard.clear()
    await broadcast.resync()
    assert heard == [Gap(YARD, Position("store", 3))]
    assert [one.closed for one in store.made] == [1, 0]
    for one in store.made:
        one.sink(Gap(YARD, Position("store", 9)))
    assert [one.position.offset for one in heard] == [3, 9]


async def test_a_subscription_that_cannot_be_closed_is_given_up(broadcast, store, breaker, heard, monkeypatch):
    """After some seconds: its listener waits no longer, and the backend is named."""
    monkeypatch.setattr(module, "CLOSE_SECONDS", 0.01)
    subscription = await broadcast.subscribe(YARD, heard)
    store.made[0].closes = asyncio.Event().wait
    await subscription.close()
    assert breaker.ailments == ["store fails: subscription.close raised TimeoutError: "]
