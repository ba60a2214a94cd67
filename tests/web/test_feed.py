"""A feed under a broadcast that loses messages while somebody joins."""

from echoes.channels import to_location
from echoes.facilities import Gap, History, Message, Position
from echoes.web.feed import Feed


class Listener:
    """Somebody who listens."""

    def __init__(self):
        self.character_id, self.events, self.gaps = 1, [], []
        self.receive, self.receive_gap = self.events.append, self.gaps.append


class Broadcast:
    """Delivers what it is told to in the middle of reading history."""

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


def texts(joined):
    """What was missed."""
    return [event.split(b'"text":"')[1][:1] for event in joined.missed]


async def test_what_comes_while_joining_is_told():
    """Behind history, in order, once."""
    joined = await Feed("location:yard", Broadcast(message(5), message(6)), None).join(Listener(), Position("e", 4))
    assert joined.complete
    assert texts(joined) == [b"5", b"6"]


async def test_a_gap_while_joining_is_not_passed_over():
    """Recovery is never partial: the listener is told to take a snapshot."""
    gap = Gap("location:yard", Position("e", 8))
    joined = await Feed("location:yard", Broadcast(message(5), gap, message(9)), None).join(Listener(), Position("e", 4))
    assert (joined.complete, joined.position) == (False, gap.position)
    assert texts(joined) == [b"9"]


async def test_what_comes_while_history_does_not_reach_back_is_told():
    """The listener follows from where history stands, and misses nothing after that."""

    class Short(Broadcast):
        async def history(self, channel, since):
            await super().history(channel, since)
            return History((), Position("e", 7), complete=False)

    joined = await Feed("location:yard", Short(message(7), message(8)), None).join(Listener(), Position("e", 1))
    assert (joined.complete, joined.position) == (False, Position("e", 7))
    assert texts(joined) == [b"8"]


async def test_what_history_has_told_is_not_told_again_under_another_epoch():
    """A store that came back as another may give a message a new position while somebody joins."""

    class Renewed(Broadcast):
        async def history(self, channel, since):
            await super().history(channel, since)
            return History((message(5),), Position("e", 5), complete=True)

    again = Message("location:yard", Position("f", 1), "5", message(5).payload)
    new = Message("location:yard", Position("f", 2), "6", message(6).payload)
    joined = await Feed("location:yard", Renewed(again, new), None).join(Listener(), Position("e", 4))
    assert texts(joined) == [b"5", b"6"]
