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
