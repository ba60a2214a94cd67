"""The outbox, over a broadcast and rows in PostgreSQL that a test has in its hand."""

import asyncio
import math

import pytest
from echoes.channels import encode, to_location
from echoes.errors import FacilityFull, FacilityUnavailable, Unavailable
from echoes.game.outbox import PAYING, REFUSALS, Outbox
from echoes.storage import commits
from echoes.storage.commits import Unpublished

ROW = 1, "client", 7
TOLD = [to_location("yard", "chat", {"text": "hello"}), to_location("road", "chat", {"text": "hello"})]


class Wire:
    """A broadcast that may be away, and what it was given."""

    def __init__(self) -> None:
        self.keys, self.is_away, self.here_for = [], False, math.inf

    async def publish(self, channel, payload, *, key):
        if self.is_away:
            raise FacilityUnavailable("away")
        self.keys.append(key)

    async def publish_again(self, channel, payload, key):
        await self.publish(channel, payload, key=key)

    async def takes_messages(self):
        return not self.is_away

    def tell_here(self, channel, payload, key):
        """Listeners on this worker get it."""


@pytest.fixture
def wire():
    return Wire()


@pytest.fixture
def outbox(wire):
    return Outbox(None, wire)


@pytest.fixture
def marked(monkeypatch):
    """Rows that were marked; every row is found unpublished until then. `fail` makes the next mark fail."""

    class Rows(list):
        fail = False

    rows = Rows()

    async def mark_published(_, batch):
        if rows.fail:
            rows.fail = False
            raise Unavailable
        rows.extend(batch)

    async def unpublished(_, older_than, *rest):
        return [] if ROW in rows else [Unpublished(*ROW, encode(TOLD))]

    monkeypatch.setattr(commits, "mark_published", mark_published)
    monkeypatch.setattr(commits, "unpublished", unpublished)
    return rows


async def test_published_events_are_marked_once(outbox, wire, marked):
    await outbox.publish_recorded(*ROW, TOLD)
    await outbox.mark()
    await outbox.mark()
    assert marked == [ROW]
    assert wire.keys == ["1:client:7:0", "1:client:7:1"]


async def test_a_mark_that_fails_is_made_again(outbox, marked):
    """In its turn before what has gone out since."""
    await outbox.publish_recorded(*ROW, TOLD)
    marked.fail = True
    with pytest.raises(Unavailable):
        await outbox.mark()
    await outbox.publish_recorded(1, "client", 8, TOLD)
    await outbox.mark()
    assert marked == [ROW, (1, "client", 8)]


async def test_it_says_while_something_is_owed_or_unmarked(outbox, wire, marked):
    """So that no task looks while there is nothing to do."""
    assert not outbox.some_owed.is_set()
    assert not outbox.some_unmarked.is_set()
    wire.is_away = True
    await outbox.publish_recorded(*ROW, TOLD)
    await outbox.pay()
    assert outbox.some_owed.is_set()
    assert not outbox.some_unmarked.is_set()
    wire.is_away = False
    await outbox.pay()
    assert not outbox.some_owed.is_set()
    assert outbox.some_unmarked.is_set()
    marked.fail = True
    with pytest.raises(Unavailable):
        await outbox.mark()
    assert outbox.some_unmarked.is_set()
    await outbox.mark()
    assert marked == [ROW]
    assert not outbox.some_unmarked.is_set()


async def test_a_sweep_publishes_events_that_other_workers_left_behind(outbox, wire, marked):
    """Under their original keys; then the row is marked."""
    assert [one.number for one in await outbox.sweep()] == [7]
    assert wire.keys == ["1:client:7:0", "1:client:7:1"]
    await outbox.mark()
    assert await outbox.sweep() == []


async def test_a_sweep_skips_rows_that_this_worker_is_about_to_mark(outbox, wire, marked):
    await outbox.publish_recorded(*ROW, TOLD)
    assert await outbox.sweep() == []
    assert len(wire.keys) == 2


async def test_a_sweep_skips_events_that_this_worker_owes(outbox, wire, marked):
    wire.is_away = True
    await outbox.publish_recorded(*ROW, TOLD)
    wire.is_away = False
    assert await outbox.sweep() == []
    assert wire.keys == []
    await outbox.pay()
    assert sorted(wire.keys) == ["1:client:7:0", "1:client:7:1"]


@pytest.mark.parametrize(("here_for", "swept"), [(0.0, False), (PAYING - 0.1, False), (PAYING, True)])
async def test_while_the_living_are_about_to_publish_nothing_counts_as_left_behind(outbox, wire, marked, here_for, swept):
    wire.here_for = here_for
    assert len(await outbox.sweep()) == swept


async def test_owed_events_are_published_in_order_once(outbox, wire):
    """After a failure in the middle the outbox keeps the unpublished events, and no other."""
    wire.is_away = True
    for number in (1, 2, 3):
        await outbox.publish(1, "client", number, TOLD[:1])
    wire.is_away = False
    publish, tries = wire.publish, []

    async def fails_once(channel, payload, *, key):
        tries.append(key)
        if len(tries) == 2:
            raise FacilityUnavailable("away")
        await publish(channel, payload, key=key)

    wire.publish = fails_once
    await outbox.pay()
    assert outbox.owed == 2
    await asyncio.gather(outbox.pay(), outbox.pay())
    assert [key.split(":")[2] for key in wire.keys] == ["1", "2", "3"]
    assert outbox.owed == 0


class Refusing(Wire):
    """It takes messages, except those for which `refuses` raises."""

    def refuses(self, key):
        """Nothing, unless a test says so."""

    async def publish_again(self, channel, payload, key):
        self.refuses(key)
        await super().publish_again(channel, payload, key)


@pytest.fixture
def owing():
    """A wire that takes messages again, and an outbox that owes three to one channel."""

    async def owe(number=3):
        wire = Refusing()
        outbox = Outbox(None, wire)
        wire.is_away = True
        for one in range(number):
            await outbox.publish(1, "client", one + 1, TOLD[:1])
        wire.is_away = False
        return wire, outbox

    return owe


def unavailable(key):
    raise FacilityUnavailable("no")


async def test_only_refusals_in_a_row_count(owing):
    """One success between them restarts the count; so does a channel that owes nothing any more."""
    wire, outbox = await owing(1)
    for _ in range(3):
        wire.refuses = unavailable
        for _ in range(REFUSALS - 1):
            await outbox.pay()
        assert outbox.owed == 1, "not one is given up"
        wire.refuses = lambda key: None
        await outbox.pay()
        assert outbox.owed == 0
        wire.is_away = True
        await outbox.publish(1, "client", 9, TOLD[:1])
        wire.is_away = False
    taken = len(wire.keys)
    wire.refuses = unavailable
    for _ in range(REFUSALS):
        await outbox.pay()
    assert (outbox.owed, len(wire.keys)) == (0, taken), "given up"
    wire.is_away = True
    await outbox.publish(1, "client", 10, TOLD[:1])
    wire.is_away = False
    await outbox.pay()
    assert outbox.owed == 1, "a new debt is refused for the first time"


async def test_a_broadcast_without_room_is_asked_for_one_channel_only(owing):
    """A broadcast that is full for one channel counts as full for all: the others are left for the next turn."""
    wire, outbox = await owing()
    wire.is_away = True
    await outbox.publish(1, "client", 8, TOLD[1:])
    wire.is_away = False
    asked = []

    def full(key):
        asked.append(key)
        raise FacilityFull("no room")

    wire.refuses = full
    await outbox.pay()
    assert (len(asked), outbox.owed) == (1, 4)
    await outbox.pay()
    assert [key.split(":")[2] for key in asked] == ["1", "8"], "another one each time"


async def test_while_much_is_paid_others_have_their_turn(owing):
    """Also when broadcast answers without ever waiting."""
    _, outbox = await owing(100)
    turns = []

    async def other():
        while True:
            turns.append(outbox.owed)
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    await outbox.pay()
    task.cancel()
    assert len(set(turns)) >= 100
