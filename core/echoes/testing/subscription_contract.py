"""Broadcast's laws, second part: what a subscriber gets. Run as part of `BroadcastContract`."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from echoes.clock import Advance
from echoes.facilities.broadcast import Broadcast, Gap, Message, Position, Subscription
from echoes.testing.collector import ODD_NAMES, Collector, in_time

Forget = Callable[[], Awaitable[Broadcast]] | None


async def publish_many(store: Broadcast, channel: str, count: int) -> list[Position]:
    """Publish b"0", b"1", … one after another."""
    return [await store.publish(channel, b"%d" % n) for n in range(count)]


@pytest.mark.asyncio
class SubscriptionLaws:
    """The fixtures of `BroadcastContract`, and the laws of subscribing."""

    history_messages_player = 32

    @pytest.fixture
    def store(self) -> Broadcast:
        """The first worker's view of an empty store."""
        pytest.fail("override the fixture `store`")

    @pytest.fixture
    def other(self, store: Broadcast) -> Broadcast:
        """A second worker's view of the same channels."""
        return store

    @pytest.fixture
    def advance(self) -> Advance:
        """Lets seconds pass for the store."""
        pytest.fail("override the fixture `advance`")

    @pytest.fixture
    def forget(self) -> Forget:
        """Loses everything as a crash would, and answers the store to go on with."""
        return None

    # Delivery

    async def test_a_subscription_is_live_when_it_is_answered(self, store: Broadcast, other: Broadcast) -> None:
        """A message that is published after `subscribe` has returned arrives, from any worker."""
        sink = Collector()
        subscription = await store.subscribe("a", sink)
        position = await other.publish("a", b"x", key="k")
        assert await sink.count(1) == [Message("a", position, "k", b"x")]
        assert (subscription.channel, subscription.position) == ("a", position)

    async def test_every_subscriber_gets_every_message_once_in_order(self, store: Broadcast, other: Broadcast) -> None:
        """Two subscribers on one worker and one on another: each sees all of it."""
        sinks = [Collector(), Collector(), Collector()]
        for sink, view in zip(sinks, (store, store, other), strict=True):
            await view.subscribe("a", sink)
        await publish_many(store, "a", 50)
        for sink in sinks:
            await sink.count(50)
            assert sink.payloads == [b"%d" % n for n in range(50)]
            assert sink.offsets == list(range(1, 51))

    async def test_nothing_old_comes_unasked(self, store: Broadcast, other: Broadcast) -> None:
        """Without `since` a subscription begins at the top."""
        top = (await publish_many(store, "a", 3))[-1]
        sink = Collector()
        subscription = await other.subscribe("a", sink)
        assert subscription.position == top
        await store.publish("a", b"new")
        await sink.payload(b"new")
        assert sink.payloads == [b"new"]

    @pytest.mark.parametrize("payload", [b"", bytes(range(256)), b"x" * (256 * 1024), "🔥".encode(), b"a\nb:c\r\n"])
    async def test_bytes_arrive_unchanged(self, store: Broadcast, other: Broadcast, payload: bytes) -> None:
        """A payload is any bytes, also none, also a quarter of a mebibyte; history holds the same."""
        sink = Collector()
        beginning = await store.position("a")
        await other.subscribe("a", sink)
        await store.publish("a", payload)
        await sink.count(1)
        assert sink.payloads == [payload]
        assert [message.payload for message in (await other.history("a", beginning)).messages] == [payload]

    async def test_a_buffer_may_be_reused(self, store: Broadcast) -> None:
        """Changing a buffer after it was published changes no message."""
        beginning = await store.position("a")
        buffer = bytearray(b"before")
        await store.publish("a", buffer)  # type: ignore[arg-type]
        buffer[:] = b"behind"
        found = await store.history("a", beginning)
        assert [message.payload for message in found.messages] == [b"before"]
        assert type(found.messages[0].payload) is bytes

    @pytest.mark.parametrize("channel", ODD_NAMES)
    async def test_a_channel_may_have_any_name(self, store: Broadcast, other: Broadcast, channel: str) -> None:
        """Names are text, not patterns: a channel gets its own messages and no other."""
        sink, plain = Collector(), Collector()
        await store.subscribe(channel, sink)
        await store.subscribe("plain", plain)
        await other.publish("plain", b"not for the odd one")
        await other.publish("a", b"nor this")
        await other.publish(channel, b"end")
        await sink.payload(b"end")
        await plain.count(1)
        assert [(item.channel, item.position.offset) for item in sink.items] == [(channel, 1)]
        assert plain.payloads == [b"not for the odd one"]

    # Catching up

    async def test_since_brings_missed_messages_and_then_live_ones(self, store: Broadcast, other: Broadcast) -> None:
        """The messages after `since` come first, then the live ones, in one order. Positions mean the same on every worker."""
        positions = await publish_many(store, "a", 5)
        sink = Collector()
        await other.subscribe("a", sink, since=positions[1])
        await store.publish("a", b"live")
        await sink.payload(b"live")
        assert sink.payloads == [b"2", b"3", b"4", b"live"]
        assert sink.gaps == []

    async def test_since_the_top_misses_nothing(self, store: Broadcast) -> None:
        """A subscriber that is up to date gets only new messages."""
        positions = await publish_many(store, "a", 3)
        sink = Collector()
        subscription = await store.subscribe("a", sink, since=positions[-1])
        assert subscription.position == positions[-1]
        await store.publish("a", b"live")
        await sink.payload(b"live")
        assert sink.payloads == [b"live"]
        assert sink.gaps == []

    async def test_catching_up_during_publishing_sees_all_once(self, store: Broadcast, other: Broadcast) -> None:
        """Subscribers who join with `since` while others publish see every message once, in order."""
        beginning = await store.position("a")
        sinks = [Collector() for _ in range(10)]

        async def publish() -> None:
            for n in range(100):
                await (store, other)[n % 2].publish("a", b"%d" % n)
                await asyncio.sleep(0)

        async def join(view: Broadcast, sink: Collector, published: int) -> None:
            while (await view.position("a")).offset < published:  # noqa: ASYNC110 - another worker publishes
                await asyncio.sleep(0)
            await view.subscribe("a", sink, since=beginning)

        await asyncio.gather(publish(), *(join((store, other)[n % 2], sink, n * 10) for n, sink in enumerate(sinks)))
        for sink in sinks:
            await sink.count(100)
            assert sink.payloads == [b"%d" % n for n in range(100)]
            assert sink.gaps == []

    async def test_a_position_older_than_history_gets_a_gap(self, store: Broadcast, other: Broadcast) -> None:
        """The subscriber gets a `Gap` in place of all missed messages, and then the new ones."""
        positions = await publish_many(store, "player:1", self.history_messages_player + 10)
        sink = Collector()
        await other.subscribe("player:1", sink, since=positions[0])
        live = await store.publish("player:1", b"live")
        await sink.payload(b"live")
        assert sink.items == [Gap("player:1", positions[-1]), Message("player:1", live, "", b"live")]

    @pytest.mark.parametrize("since", [Position("another", 1), Position("another", 0), Position("", 0)])
    async def test_a_position_of_another_epoch_gets_a_gap(self, store: Broadcast, since: Position) -> None:
        """The position cannot be compared: the subscriber gets a `Gap`, then the new messages. Also on an unused channel."""
        for channel, count in (("used", 3), ("unused", 0)):
            await publish_many(store, channel, count)
            top = await store.position(channel)
            sink = Collector()
            await store.subscribe(channel, sink, since=since)
            await store.publish(channel, b"live")
            await sink.payload(b"live")
            assert sink.items[0] == Gap(channel, top)
            assert sink.payloads == [b"live"]

    async def test_messages_that_aged_out_of_history_are_a_gap(self, store: Broadcast, advance: Advance) -> None:
        """Messages that aged out of history are a gap too."""
        positions = await publish_many(store, "a", 3)
        await advance(10_000)
        sink = Collector()
        await store.subscribe("a", sink, since=positions[0])
        await store.publish("a", b"live")
        await sink.payload(b"live")
        assert [type(item) for item in sink.items] == [Gap, Message]

    async def test_a_quiet_channel_keeps_its_listeners(self, store: Broadcast, other: Broadcast, advance: Advance) -> None:
        """A subscription outlives any silence and needs no gap after it."""
        sink = Collector()
        await store.subscribe("a", sink)
        await other.publish("a", b"before")
        await sink.payload(b"before")
        for _ in range(3):
            await advance(4000)
            await other.publish("unrelated", b"x")
        await other.publish("a", b"after")
        await sink.payload(b"after")
        assert sink.payloads == [b"before", b"after"]
        assert len({(message.position.epoch, message.position.offset) for message in sink.messages}) == 2

    async def test_a_listener_hears_that_the_store_forgot(self, store: Broadcast, forget: Forget) -> None:
        """A subscriber that lived through the loss of the store, or comes back with an old position, gets a `Gap`."""
        if forget is None:
            pytest.skip("this store cannot forget")
        sink = Collector()
        subscription = await store.subscribe("a", sink)
        await publish_many(store, "a", 3)
        await sink.count(3)
        survivor = await forget()
        await publish_many(survivor, "a", 5)
        if survivor is not store:
            await survivor.subscribe("a", sink, since=subscription.position)
        await survivor.publish("a", b"new")
        await sink.payload(b"new")
        assert isinstance(sink.items[3], Gap)
        assert len(sink.gaps) == 1

    # Leaving

    async def test_a_closed_sink_is_not_called_again(self, store: Broadcast, other: Broadcast) -> None:
        """After `close` returned nothing arrives; other listeners stay; closing twice is no error."""
        gone, stays = Collector(), Collector()
        subscription = await store.subscribe("a", gone)
        await store.subscribe("a", stays)
        await other.publish("a", b"1")
        await gone.count(1)
        await subscription.close()
        await subscription.close()
        await other.publish("a", b"2")
        await stays.payload(b"2")
        assert gone.payloads == [b"1"]

    async def test_one_may_come_back(self, store: Broadcast, other: Broadcast) -> None:
        """A new subscription that continues from the position of a closed one misses nothing."""
        sink = Collector()
        first = await store.subscribe("a", sink)
        await other.publish("a", b"1")
        await sink.count(1)
        await first.close()
        await other.publish("a", b"2")
        await store.subscribe("a", sink, since=first.position)
        await other.publish("a", b"3")
        await sink.payload(b"3")
        assert sink.payloads == [b"1", b"2", b"3"]
        assert sink.gaps == []

    async def test_racing_subscriptions_and_closings_leave_the_rest_alone(self, store: Broadcast, other: Broadcast) -> None:
        """While others come and go, a listener misses nothing."""
        stays = Collector()
        await store.subscribe("a", stays)

        async def come_and_go() -> None:
            for _ in range(10):
                subscription = await store.subscribe("a", Collector())
                await asyncio.sleep(0)
                await subscription.close()

        await asyncio.gather(*(come_and_go() for _ in range(5)), publish_many(other, "a", 50))
        await stays.count(50)
        assert stays.payloads == [b"%d" % n for n in range(50)]

    # Sinks that misbehave

    async def test_a_raising_sink_does_not_disturb_delivery(self, store: Broadcast, other: Broadcast) -> None:
        """A sink that raises gets the next messages, and so do all other sinks; the publisher gets no error."""
        before, broken, behind = Collector(), Collector(), Collector()

        def raising(item: Message | Gap) -> None:
            broken(item)
            raise RuntimeError("a sink fell over")

        for sink in (before, raising, behind):
            await store.subscribe("a", sink)
        await publish_many(other, "a", 3)
        for collector in (before, broken, behind):
            await collector.count(3)
            assert collector.payloads == [b"0", b"1", b"2"]

    async def test_a_sink_may_close_itself(self, store: Broadcast, other: Broadcast) -> None:
        """A sink that has its own subscription closed while it is called gets nothing after that."""
        once, stays = Collector(), Collector()
        closing: list[asyncio.Task[None]] = []

        def leave(item: Message | Gap) -> None:
            once(item)
            closing.append(asyncio.ensure_future(subscription.close()))

        subscription = await store.subscribe("a", leave)
        await store.subscribe("a", stays)
        await other.publish("a", b"1")
        await once.count(1)
        await in_time(asyncio.gather(*closing))
        await other.publish("a", b"2")
        await stays.payload(b"2")
        assert once.payloads == [b"1"]
        assert stays.payloads == [b"1", b"2"]

    async def test_a_sink_may_close_another(self, store: Broadcast, other: Broadcast) -> None:
        """A sink that closes another subscription does not disturb the delivery."""
        victim, killer, stays = Collector(), Collector(), Collector()
        closing: list[asyncio.Task[None]] = []

        def kill(item: Message | Gap) -> None:
            killer(item)
            closing.append(asyncio.ensure_future(doomed.close()))

        await store.subscribe("a", kill)
        doomed: Subscription = await store.subscribe("a", victim)
        await store.subscribe("a", stays)
        await other.publish("a", b"1")
        await killer.count(1)
        await in_time(asyncio.gather(*closing))
        await other.publish("a", b"2")
        await stays.payload(b"2")
        await killer.payload(b"2")
        assert b"2" not in victim.payloads
        assert stays.payloads == killer.payloads == [b"1", b"2"]
        await in_time(asyncio.gather(*closing))

    async def test_a_sink_may_cause_a_publish(self, store: Broadcast, other: Broadcast) -> None:
        """Answers published because of a message come after it, for every subscriber in the same order."""
        first, second = Collector(), Collector()
        publishing: list[asyncio.Task[Position]] = []

        def answer(item: Message | Gap) -> None:
            first(item)
            if isinstance(item, Message) and len(item.payload) < 20:
                publishing.append(asyncio.ensure_future(store.publish("a", item.payload + b"!")))

        await store.subscribe("a", answer)
        await other.subscribe("a", second)
        await other.publish("a", b"")
        await first.count(21)
        await second.count(21)
        await in_time(asyncio.gather(*publishing))
        assert first.payloads == second.payloads == [b"!" * n for n in range(21)]
        assert first.offsets == list(range(1, 22))
