"""Entering, over the memory backend and a clock that a test turns."""

import pytest
from echoes.errors import Unavailable
from echoes.game.presence import Presence
from echoes.storage import commits

TTL = 100.0


class Told:
    """The outbox, which takes everything."""

    async def tell(self, message, key):
        """It is told."""


class Rows:
    """The command service, as far as presence asks it; its PostgreSQL is out of reach."""

    around = type("Around", (), {"database": None})

    def __init__(self, make):
        self.make = make

    async def may_write(self):
        """It may."""

    async def row(self, character_id):
        return self.make(character_id)


async def test_a_claim_that_postgres_does_not_confirm_is_let_go(facilities, clock, row, monkeypatch):
    """The session is link-dead, not shown as connected with nobody behind it."""

    async def out_of_reach(*_):
        raise Unavailable

    monkeypatch.setattr(commits, "enter", out_of_reach)
    with pytest.raises(Unavailable):
        await Presence(facilities, Rows(row), Told(), clock, worker_id="w", session_ttl=TTL, grace=60).enter(1, "client", "connection")
    assert not (await facilities.sessions.read(1)).websocket_connected


async def test_a_takeover_is_told_when_the_row_has_the_epoch(facilities, clock, row, monkeypatch):
    """A former connection that listens too late for the event reads the epoch in the row."""
    steps = []

    async def enter(_, character_id, epoch, client):
        steps.append(("row", epoch))
        return commits.Entrance(row(character_id, epoch=epoch), 0, "", "")

    class Steps(Told, Rows):
        async def tell(self, message, key):
            steps.append(("told", int(key.rpartition(":")[2])))

        def remember(self, me):
            """It is kept."""

    monkeypatch.setattr(commits, "enter", enter)
    both = Steps(row)
    entered = await Presence(facilities, both, both, clock, worker_id="w", session_ttl=TTL, grace=60).enter(1, "client", "connection")
    assert steps == [("row", entered.epoch), ("told", entered.epoch)]
