"""A feed under a broadcast that loses messages while a seat joins."""

import asyncio
from types import SimpleNamespace

import pytest
from echoes.channels import to_location
from echoes.facilities import Gap, History, Message, Position
from echoes.web.feed import Feed


class Listener:
    """A seat that listens."""

    def __init__(self, character_id=1):
        self.character_id, self.events, self.gaps = character_id, [], []
        self.receive, self.receive_gap = self.events.append, self.gaps.append


class Broadcast:
    """Delivers given messages in the middle of reading history."""

    def __init__(self, *meanwhile):
        self.meanwhile = meanwhile

    async def subscribe(self, channel, sink, *, since=None):
        self.sink = sink

    async def history(self, channel, since):
        for item in self.meanwhile:
            self.sink(item)
        return History((), since, complete=True)


def message(offset):
    payload = bytes(to_location("yard", "chat", {"text": str(offset)}).envelope)
    return Message("location:yard", Position("e", offset), str(offset), payload)


async def test_a_message_that_arrives_while_joining_is_delivered():
    """It comes behind history, in order, once."""
    joined = await Feed("location:yard", Broadcast(message(5), message(6)), None).join(Listener(), Position("e", 4))
    assert joined.complete
    assert texts(joined.missed) == ["5", "6"]


async def test_a_listener_does_not_receive_its_own_events():
    """Neither while it joins, nor from history, nor afterwards; the other listeners receive them."""
    own = bytes(to_location("yard", "chat", {"text": "0"}, exclude=1).envelope)

    def mine(offset):
        return Message("location:yard", Position("e", offset), str(offset), own)

    class Before(Broadcast):
        async def history(self, channel, since):
            await super().history(channel, since)
            return History((mine(5), message(6)), Position("e", 6), complete=True)

    broadcast, actor, other = Before(mine(7), message(8)), Listener(), Listener(2)
    feed = Feed("location:yard", broadcast, None)
    assert texts((await feed.join(actor, Position("e", 4))).missed) == ["6", "8"]
    broadcast.meanwhile = ()
    await feed.join(other, Position("e", 4))
    broadcast.sink(mine(9))
    assert (actor.events, texts(other.events)) == ([], ["0"])


async def test_of_two_joins_for_one_character_the_later_stays():
    """The order in which they become ready does not matter: the earlier join belongs to the former connection."""
    gate, broadcast = asyncio.Event(), Broadcast()
    history, asked = broadcast.history, []

    async def slowly(channel, since):
        asked.append(since)
        if len(asked) == 1:
            await gate.wait()
        return await history(channel, since)

    broadcast.history = slowly
    feed, former, later = Feed("location:yard", broadcast, None), Listener(), Listener()
    joining = asyncio.create_task(feed.join(former, Position("e", 4)))
    while not asked:
        await asyncio.sleep(0)
    await feed.join(later, Position("e", 4))
    gate.set()
    await joining
    broadcast.sink(message(5))
    assert (former.events, texts(later.events)) == ([], ["5"])


async def test_a_gap_while_joining_is_not_passed_over():
    """Recovery is never partial: the listener has to take a snapshot."""
    gap = Gap("location:yard", Position("e", 8))
    joined = await Feed("location:yard", Broadcast(message(5), gap, message(9)), None).join(Listener(), Position("e", 4))
    assert (joined.complete, joined.position) == (False, gap.position)
    assert texts(joined.missed) == ["9"]


async def test_a_message_that_arrives_during_an_incomplete_history_is_delivered():
    """The listener continues from the top of history, and misses no later message."""

    class Short(Broadcast):
        async def history(self, channel, since):
            await super().history(channel, since)
            return History((), Position("e", 7), complete=False)

    joined = await Feed("location:yard", Short(message(7), message(8)), None).join(Listener(), Position("e", 1))
    assert (joined.complete, joined.position) == (False, Position("e", 7))
    assert texts(joined.missed) == ["8"]


async def test_a_message_of_history_is_not_delivered_again_under_another_epoch():
    """A store that returns with a new epoch may give a message a new position while a listener joins."""

    class Renewed(Broadcast):
        async def history(self, channel, since):
            await super().history(channel, since)
            return History((message(5),), Position("e", 5), complete=True)

    again = Message("location:yard", Position("f", 1), "5", message(5).payload)
    new = Message("location:yard", Position("f", 2), "6", message(6).payload)
    joined = await Feed("location:yard", Renewed(again, new), None).join(Listener(), Position("e", 4))
    assert texts(joined.missed) == ["5", "6"]


async def test_a_live_message_that_history_had_already_is_not_delivered_again():
    """History is read from the store; live messages use another way and may come later."""

    class Ahead(Broadcast):
        async def history(self, channel, since):
            return History((message(5), message(6)), Position("e", 6), complete=True)

    broadcast, listener = Ahead(), Listener()
    joined = await Feed("location:yard", broadcast, None).join(listener, Position("e", 4))
    for offset in (5, 6, 7):
        broadcast.sink(message(offset))
    assert (texts(joined.missed), texts(listener.events)) == (["5", "6"], ["7"])


async def test_a_message_that_a_listener_has_does_not_come_again_after_an_outage():
    """It joins at a local position; the store then delivers late what it had got over its former connection, and the rest."""

    class Away(Broadcast):
        async def history(self, channel, since):
            return History((), Position("~here", 30), complete=False)

    broadcast, listener, other = Away(), Listener(), Listener(2)
    feed = Feed("location:yard", broadcast, None)
    await feed.join(listener, Position("e", 4), Position("e", 5))
    await feed.join(other, Position("e", 4))
    for offset in (4, 5, 6, 7):
        broadcast.sink(message(offset))
    assert texts(listener.events) == ["6", "7"]
    assert texts(other.events) == ["4", "5", "6", "7"]


async def test_a_local_delivery_reaches_later_listeners_from_the_store():
    """While broadcast is away a worker delivers locally. The store's copy goes to listeners that joined since, and to no other."""
    broadcast, former, newcomer = Broadcast(), Listener(1), Listener(2)
    feed = Feed("location:yard", broadcast, None)
    await feed.join(former, Position("e", 4))
    here = Message("location:yard", Position("~w", 1), "5", message(5).payload)
    broadcast.sink(here)
    await feed.join(newcomer, Position("e", 4))
    broadcast.sink(message(5))
    broadcast.sink(message(5))
    assert texts(former.events) == texts(newcomer.events) == ["5"]


async def test_a_local_delivery_is_recognized_after_leaving_and_returning():
    """A listener that leaves the room and returns while broadcast is away does not receive the message again."""
    broadcast, listener = Broadcast(), Listener()
    feed = Feed("location:yard", broadcast, None)
    await feed.join(listener, Position("e", 4))
    here = Message("location:yard", Position("~w", 1), "5", message(5).payload)
    broadcast.sink(here)
    feed.leave(listener)
    await feed.join(listener, Position("e", 4))
    broadcast.sink(here)
    broadcast.sink(message(5))
    assert texts(listener.events) == ["5"]


def texts(events):
    return [event.split(b'"text":"')[1][:1].decode() for event in events]


async def test_a_move_that_the_hub_handled_is_not_delivered_when_it_comes_again():
    """The store's copy of a move that the hub handled is dropped."""
    broadcast, listener, dealt = Broadcast(), Listener(), [True, False, False]
    feed = Feed("player:1", broadcast, lambda message, envelope: dealt.pop(0))
    await feed.join(listener, Position("e", 4))
    here = Message("player:1", Position("~w", 1), "5", message(5).payload)
    for again in (here, here, message(5)):
        broadcast.sink(again)
    assert listener.events == []


@pytest.mark.parametrize(("top", "again"), [(5, []), (4, ["5"])], ids=["passed", "still on its way"])
async def test_a_message_from_before_the_feed_is_not_delivered_again(top, again):
    """A store that lost everything gets it back under a new epoch. A message that is still to come live is delivered."""

    class Late(Broadcast):
        async def subscribe(self, channel, sink, *, since=None):
            self.sink = sink
            return SimpleNamespace(position=Position("e", top))

        async def history(self, channel, since):
            return History((message(5),), Position("e", 5), complete=True)

    broadcast, listener = Late(), Listener()
    joined = await Feed("location:yard", broadcast, None).join(listener, Position("e", 4))
    assert texts(joined.missed) == ["5"]
    broadcast.sink(Message("location:yard", Position("f", 1), "5", message(5).payload))
    assert texts(listener.events) == again
