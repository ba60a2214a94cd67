"""The outbox, over a broadcast and rows in PostgreSQL that a test has in its hand."""

import asyncio
import math

import pytest
from echoes.channels import encode, to_location
from echoes.errors import FacilityUnavailable, Unavailable
from echoes.game.outbox import PAYING, Outbox
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
        """Whoever listens on this worker hears it."""


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


async def test_what_has_gone_out_is_marked_once(outbox, wire, marked):
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


async def test_a_sweep_publishes_what_others_have_left_behind(outbox, wire, marked):
    """Under the keys that it would have had; then it is marked."""
    assert [one.number for one in await outbox.sweep()] == [7]
    assert wire.keys == ["1:client:7:0", "1:client:7:1"]
    await outbox.mark()
    assert await outbox.sweep() == []


async def test_a_sweep_leaves_alone_what_this_worker_is_about_to_mark(outbox, wire, marked):
    await outbox.publish_recorded(*ROW, TOLD)
    assert await outbox.sweep() == []
    assert len(wire.keys) == 2


async def test_a_sweep_leaves_alone_what_this_worker_owes(outbox, wire, marked):
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
    assert bool(await outbox.sweep()) == swept


async def test_what_is_owed_goes_out_in_its_order_once(outbox, wire):
    """A failure in the middle keeps what has not gone out, and nothing else."""
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
