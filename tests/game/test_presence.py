"""Entering, over the memory backend and a clock that a test turns."""

import asyncio

import pytest
from echoes.errors import Unavailable
from echoes.facilities import ConnectionInfo
from echoes.game.presence import Presence
from echoes.storage import commits

TTL = 100.0


class Told:
    """The outbox, which takes everything."""

    async def publish_message(self, message, key):
        """It is published."""


class Rows:
    """The command service, as far as presence asks it; its PostgreSQL is out of reach."""

    around = type("Around", (), {"database": None})

    def __init__(self, make):
        self.make = make

    async def may_write(self):
        """It may."""

    async def row(self, character_id):
        return self.make(character_id)

    def forget(self, character_id):
        """It is of no interest any more."""


class Heard(Told):
    """The keys of the events that were published."""

    def __init__(self):
        self.keys = []

    async def publish_message(self, message, key):
        self.keys.append(key)


def present(facilities, clock, row, told=None):
    return Presence(facilities, Rows(row), told or Told(), clock, worker_id="w", session_ttl=TTL, grace=60)


async def plays(facilities, row, character=1):
    """A session with a body in the yard; answers its epoch."""
    row = row(character)
    fields = {"name": row.name, "location_id": row.location_id, "version": row.version}
    claim = await facilities.sessions.claim(character, worker="w", connection="c", fields=fields, ttl=TTL)
    await facilities.registry.attach("w", character, ConnectionInfo("c", claim.epoch, 0.0))
    await facilities.registry.place(character, "yard", version=1, epoch=claim.epoch)
    return claim.epoch


async def test_a_claim_that_postgres_does_not_confirm_is_let_go(facilities, clock, row, monkeypatch):
    """The session is link-dead, not shown as connected without a client."""

    async def out_of_reach(*_, **__):
        raise Unavailable

    monkeypatch.setattr(commits, "enter", out_of_reach)
    with pytest.raises(Unavailable):
        await Presence(facilities, Rows(row), Told(), clock, worker_id="w", session_ttl=TTL, grace=60).enter(1, "client", "connection")
    assert not (await facilities.sessions.read(1)).websocket_connected


async def test_a_takeover_is_published_when_the_row_has_the_epoch(facilities, clock, row, monkeypatch):
    """A former connection that subscribes too late for the event reads the epoch in the row."""
    steps = []

    async def enter(_, character_id, epoch, client, **__):
        steps.append(("row", epoch))
        return commits.Entrance(row(character_id, epoch=epoch), 0, "", "")

    class Steps(Told, Rows):
        async def publish_message(self, message, key):
            steps.append(("told", int(key.rpartition(":")[2])))

        def remember(self, me):
            """It is kept."""

    monkeypatch.setattr(commits, "enter", enter)
    both = Steps(row)
    entered = await Presence(facilities, both, both, clock, worker_id="w", session_ttl=TTL, grace=60).enter(1, "client", "connection")
    assert steps == [("row", entered.epoch), ("told", entered.epoch)]


async def test_an_entrance_that_is_cancelled_repeatedly_leaves_no_session(facilities, clock, row, monkeypatch):
    """The cleanup takes its time; no cancellation of the waiting task stops it."""
    gate, entering, leaving = asyncio.Event(), asyncio.Event(), asyncio.Event()
    detach = facilities.sessions.detach

    async def never(*_, **__):
        entering.set()
        await asyncio.Event().wait()

    async def slowly(*arguments):
        leaving.set()
        await gate.wait()
        return await detach(*arguments)

    monkeypatch.setattr(commits, "enter", never)
    monkeypatch.setattr(facilities.sessions, "detach", slowly)
    task = asyncio.create_task(present(facilities, clock, row).enter(1, "client", "connection"))
    await entering.wait()
    task.cancel()
    await leaving.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gate.set()
    async with asyncio.timeout(5):
        while (await facilities.sessions.read(1)).websocket_connected:
            await asyncio.sleep(0)


@pytest.mark.parametrize(("comes_back", "goes_again", "told"), [(False, False, True), (True, False, False), (True, True, False)])
async def test_the_link_dead_are_announced_unless_they_have_come_back(facilities, clock, row, comes_back, goes_again, told):
    """A player who has come back, and is gone again, is announced by the later loss, not by the former."""
    heard = Heard()
    presence, epoch = present(facilities, clock, row, heard), await plays(facilities, row)
    await presence.leave(1, epoch)
    announcing = asyncio.create_task(presence.announce_linkdead({1: epoch}))
    await asyncio.sleep(0)
    if comes_back:
        later = await plays(facilities, row)
        if goes_again:
            await presence.leave(1, later)
    await clock.advance(5)
    await announcing
    assert heard.keys == ([f"player_linkdead:1:{epoch}"] if told else [])


async def test_a_body_leaves_when_its_grace_is_over(facilities, clock, row):
    """Session and body end once, with an event to the other players; not before."""
    heard = Heard()
    presence, epoch = present(facilities, clock, row, heard), await plays(facilities, row)
    await presence.leave(1, epoch)
    await clock.advance(59)
    await presence.end_overdue()
    assert await facilities.registry.locate(1) == "yard"
    await clock.advance(2)
    await presence.end_overdue()
    await presence.end_overdue()
    assert await facilities.registry.locate(1) is None
    assert await facilities.sessions.read(1) is None
    assert heard.keys == [f"player_left:1:{epoch}"]


async def test_a_late_goodbye_ends_no_newer_session(facilities, clock, row):
    """Nor its connection, nor its body."""
    presence, former = present(facilities, clock, row), await plays(facilities, row)
    later = await plays(facilities, row)
    assert not await presence.leave(1, former)
    assert (await facilities.sessions.read(1)).websocket_connected
    assert (await facilities.registry.connections("w"))[1].epoch == later
