"""Broadcast's laws, first part: publishing and history. The second part is `subscription_contract`."""

import asyncio

import pytest

from echoes.clock import Advance
from echoes.facilities.broadcast import Broadcast, Position
from echoes.testing.collector import ODD_NAMES, Collector
from echoes.testing.subscription_contract import Forget, SubscriptionLaws, publish_many


class BroadcastContract(SubscriptionLaws):
    """Override `store` and `advance`; `other` and `forget` where they mean something."""

    history_messages = 256
    """How many messages a channel's history keeps with the settings under test."""
    history_messages_player = 32
    """Messages of history of a `player:*` channel."""
    history_seconds = 300.0
    """How long a message stays in history."""
    key_seconds = 300.0
    """How long a key is remembered."""

    # Publishing

    async def test_offsets_count_from_one(self, store: Broadcast, other: Broadcast) -> None:
        """Each publish gets the next offset of its channel, from any worker, in one epoch."""
        positions = [await (store, other)[n % 2].publish("a", b"x") for n in range(5)]
        assert [position.offset for position in positions] == [1, 2, 3, 4, 5]
        assert len({position.epoch for position in positions}) == 1

    async def test_an_unused_channel_stands_at_its_beginning(self, store: Broadcast, other: Broadcast) -> None:
        """The position of a channel without messages is offset 0, in the epoch that its first message gets."""
        beginning = await other.position("a")
        assert beginning.offset == 0
        assert await store.publish("a", b"x") == Position(beginning.epoch, 1)

    async def test_the_position_is_the_newest_message(self, store: Broadcast, other: Broadcast) -> None:
        """`position` answers what the last publish answered."""
        await store.publish("a", b"x")
        last = await store.publish("a", b"y")
        assert await other.position("a") == last

    async def test_channels_count_apart(self, store: Broadcast) -> None:
        """A publish on one channel moves no other."""
        await store.publish("a", b"x")
        await store.publish("a", b"x")
        assert (await store.publish("b", b"x")).offset == 1

    async def test_racing_publishes_have_dense_offsets(self, store: Broadcast, other: Broadcast) -> None:
        """A hundred racing publishes get a hundred offsets without holes; each message has the offset that its publisher got."""
        sink, far = Collector(), Collector()
        await store.subscribe("a", sink)
        await other.subscribe("a", far)
        positions = await asyncio.gather(*((store, other)[n % 2].publish("a", b"%d" % n) for n in range(100)))
        assert sorted(position.offset for position in positions) == list(range(1, 101))
        for collector in (sink, far):
            await collector.count(100)
            assert collector.offsets == list(range(1, 101))
            assert all(positions[int(message.payload)] == message.position for message in collector.messages)

    # Keys

    async def test_the_same_key_publishes_once(self, store: Broadcast, other: Broadcast) -> None:
        """A repeated publish under one key answers the first position and delivers nothing."""
        sink = Collector()
        await other.subscribe("a", sink)
        first = await store.publish("a", b"first", key="k1")
        await store.publish("a", b"between", key="k2")
        assert await other.publish("a", b"again", key="k1") == first
        await store.publish("a", b"end")
        await sink.payload(b"end")
        assert sink.payloads == [b"first", b"between", b"end"]
        assert [message.key for message in sink.messages] == ["k1", "k2", ""]

    async def test_racing_publishes_of_one_key_are_one(self, store: Broadcast, other: Broadcast) -> None:
        """Twenty racing publishes under one key: one message, one position."""
        positions = await asyncio.gather(*((store, other)[n % 2].publish("a", b"x", key="k") for n in range(20)))
        assert len(set(map(str, positions))) == 1
        assert (await store.position("a")).offset == 1

    async def test_a_key_counts_within_its_channel(self, store: Broadcast) -> None:
        """The same key on another channel is another publish."""
        await store.publish("a", b"x", key="k")
        await store.publish("b", b"x", key="k")
        assert (await store.position("b")).offset == 1

    async def test_without_a_key_everything_is_published(self, store: Broadcast) -> None:
        """No key, and the empty key, never match."""
        for key in (None, None, "", ""):
            await store.publish("a", b"x", key=key)
        assert (await store.position("a")).offset == 4

    async def test_a_key_outlives_its_message_in_history(self, store: Broadcast) -> None:
        """A key is remembered for its whole window, also when many messages followed."""
        first = await store.publish("player:1", b"x", key="k")
        await publish_many(store, "player:1", self.history_messages_player + 5)
        assert await store.publish("player:1", b"x", key="k") == first

    async def test_a_key_is_forgotten_after_its_window(self, store: Broadcast, advance: Advance) -> None:
        """Within the window a key matches; after it the same key is a new publish."""
        first = await store.publish("a", b"x", key="k")
        await advance(self.key_seconds - 10)
        assert await store.publish("a", b"x", key="k") == first
        await store.publish("a", b"keeps the channel alive")
        await advance(11)
        assert await store.publish("a", b"x", key="k") != first

    @pytest.mark.parametrize("key", ODD_NAMES[1:])
    async def test_a_key_may_be_any_text(self, store: Broadcast, key: str) -> None:
        """Keys are any text and come with the message."""
        sink = Collector()
        await store.subscribe("a", sink)
        assert await store.publish("a", b"x", key=key) == await store.publish("a", b"y", key=key)
        await store.publish("a", b"end")
        await sink.payload(b"end")
        assert [message.key for message in sink.messages] == [key, ""]

    # History

    async def test_history_answers_the_messages_after_a_position(self, store: Broadcast, other: Broadcast) -> None:
        """History holds the messages after the asked position, in order, and the channel's top."""
        positions = await publish_many(store, "a", 5)
        found = await other.history("a", positions[1])
        assert found.complete is True
        assert [message.payload for message in found.messages] == [b"2", b"3", b"4"]
        assert [message.position for message in found.messages] == positions[2:]
        assert found.position == positions[-1]

    async def test_history_from_the_beginning_and_from_the_top(self, store: Broadcast) -> None:
        """Offset 0 asks for everything; the top for nothing. Both answers are complete."""
        beginning = await store.position("a")
        positions = await publish_many(store, "a", 3)
        everything = await store.history("a", beginning)
        assert (len(everything.messages), everything.complete) == (3, True)
        nothing = await store.history("a", positions[-1])
        assert (nothing.messages, nothing.complete, nothing.position) == ((), True, positions[-1])

    async def test_history_of_another_epoch_is_incomplete(self, store: Broadcast) -> None:
        """A position of an unknown epoch gets no messages and the channel's top."""
        top = (await publish_many(store, "a", 3))[-1]
        found = await store.history("a", Position("another", 2))
        assert (found.messages, found.complete, found.position) == ((), False, top)

    async def test_history_above_the_top_is_incomplete(self, store: Broadcast) -> None:
        """A position that this epoch never reached gets no messages."""
        top = (await publish_many(store, "a", 3))[-1]
        found = await store.history("a", Position(top.epoch, 4))
        assert (found.messages, found.complete) == ((), False)

    async def test_history_keeps_the_newest(self, store: Broadcast) -> None:
        """A channel keeps its last messages and no more; recovery from further back is never partial."""
        kept = self.history_messages
        positions = await publish_many(store, "location:a", kept + 10)
        just = await store.history("location:a", positions[9])
        assert (len(just.messages), just.complete) == (kept, True)
        beyond = await store.history("location:a", positions[0])
        assert (beyond.messages, beyond.complete) == ((), False)

    async def test_a_players_history_is_shorter(self, store: Broadcast) -> None:
        """Channels `player:*` keep fewer messages."""
        kept = self.history_messages_player
        positions = await publish_many(store, "player:1", kept + 10)
        just = await store.history("player:1", positions[9])
        assert (len(just.messages), just.complete) == (kept, True)
        assert (await store.history("player:1", positions[0])).complete is False

    async def test_history_ages(self, store: Broadcast, advance: Advance) -> None:
        """Messages leave history after their time; younger ones stay."""
        beginning = await store.position("a")
        old = await store.publish("a", b"old")
        await advance(self.history_seconds * 0.75)
        await store.publish("a", b"young")
        assert len((await store.history("a", beginning)).messages) == 2
        await advance(self.history_seconds * 0.5)
        assert (await store.history("a", beginning)).complete is False
        found = await store.history("a", old)
        assert ([message.payload for message in found.messages], found.complete) == ([b"young"], True)

    # Epochs

    async def test_offsets_never_step_back(self, store: Broadcast, advance: Advance) -> None:
        """However much time passes, a position is never given out twice: offsets go on or the epoch is another."""
        seen: set[tuple[str, int]] = set()
        for pause in (0, 200, 301, 700, 4000):
            await advance(pause)
            position = await store.publish("a", b"x")
            assert (position.epoch, position.offset) not in seen
            seen.add((position.epoch, position.offset))

    async def test_a_store_that_forgot_has_another_epoch(self, store: Broadcast, forget: Forget) -> None:
        """After losing its memory the store starts a new epoch: no old position is mistaken for a new one."""
        if forget is None:
            pytest.skip("this store cannot forget")
        old = await publish_many(store, "a", 3)
        store = await forget()
        new = await publish_many(store, "a", 3)
        assert new[0].epoch != old[0].epoch
        found = await store.history("a", old[1])
        assert (found.messages, found.complete) == ((), False)
