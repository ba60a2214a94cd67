"""Sessions of those who are connected, over the memory backend and a clock that a test turns."""

import pytest
from echoes.clock import ManualClock
from echoes.errors import Unavailable
from echoes.game.presence import Presence
from echoes.plugins import Selection, load
from echoes.storage import commits

TTL = 100.0


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
async def facilities(clock):
    backends = load(Selection.all("memory", extensions=False), environ={}, clock=clock)
    async with backends.lifespan():
        yield backends.facilities


class Rows:
    """The command service, as far as presence asks it; its PostgreSQL is out of reach."""

    around = type("Around", (), {"database": None})

    async def may_write(self):
        """It may."""

    async def row(self, character_id):
        return commits.Character(
            id=character_id, name="Mara", version=1, epoch=0, location_id="yard", hp=1, max_hp=1, stamina=1.0, max_stamina=1, stamina_at=0.0,
            resting=False, level=1, xp=0, scrap=0, explored=(),
        )  # fmt: skip


def presence(facilities, clock):
    return Presence(facilities, Rows(), clock, worker_id="w", session_ttl=TTL, grace=60)


async def test_whoever_is_connected_and_idle_keeps_the_session(facilities, clock):
    """However long nothing is typed."""
    claim = await facilities.sessions.claim(1, worker="w", connection="c", fields={}, ttl=TTL)
    for _ in range(20):
        await clock.advance(TTL / 4)
        assert await presence(facilities, clock).renew([(1, claim.epoch)]) == []
    assert (await facilities.sessions.read(1)).websocket_connected


async def test_whoever_was_displaced_is_named(facilities, clock):
    """Also when the message that told so was lost."""
    old = await facilities.sessions.claim(1, worker="w", connection="old", fields={}, ttl=TTL)
    new = await facilities.sessions.claim(1, worker="v", connection="new", fields={}, ttl=TTL)
    assert await presence(facilities, clock).renew([(1, old.epoch), (2, 5)]) == [1, 2]
    assert (await facilities.sessions.read(1)).epoch == new.epoch


async def test_a_claim_that_postgres_does_not_confirm_is_let_go(facilities, clock, monkeypatch):
    """The session is link-dead, not shown as connected with nobody behind it."""

    async def out_of_reach(*_):
        raise Unavailable

    monkeypatch.setattr(commits, "enter", out_of_reach)
    with pytest.raises(Unavailable):
        await presence(facilities, clock).enter(1, "client", "connection")
    assert not (await facilities.sessions.read(1)).websocket_connected
