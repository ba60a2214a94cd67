"""Hosts whose clocks differ: what one worker makes, the other takes, and no player reads what is not so."""

import httpx
import pytest
from argon2 import PasswordHasher
from cluster import app_of, cluster, someone
from echoes.clock import LEEWAY, ManualClock, SystemClock
from echoes.web.passwords import Passwords
from echoes.web.tokens import TokenExpired, Tokens

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
SECRET = "a secret of two hosts " * 2
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Apart(SystemClock):
    """The machine's time, this number of seconds off."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def time(self) -> float:
        """Of a host whose clock is wrong."""
        return super().time() + self.seconds


@pytest.fixture(params=[-30, -2, 2, 30])
async def cities(request, database_url, tmp_path, monkeypatch):
    """Two workers; the clock of the second one is this number of seconds off. The store has the clock of the first."""
    monkeypatch.setattr("echoes.app.Passwords", lambda: Passwords(CHEAP))
    async with cluster(database_url, tmp_path, workers=2, clocks=[SystemClock(), Apart(request.param)], grace=60) as made:
        yield made


async def ask(context, method, path, token="", **body):
    """One request to a worker."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app_of(context)), base_url="http://here") as http:
        return await http.request(method, f"/api/{path}", json=body or None, headers={"authorization": f"Bearer {token}"})


async def test_a_newcomer_is_let_in_by_both(cities):
    """Each worker reads the other's tokens: an account's, a character's, a fresh one."""
    for number, (one, other) in enumerate((cities, reversed(cities))):
        made = await ask(one, "POST", "auth/register", username=f"mara{number}", password="a long password")
        token = made.json()["access_token"]
        character = await ask(other, "POST", "characters", token, name="Mara" if number else "Tomas")
        assert character.status_code == 201, character.text
        fresh = (await ask(other, "POST", "auth/refresh", token)).json()["access_token"]
        play = (await ask(other, "POST", f"characters/{character.json()['id']}/token", fresh)).json()["access_token"]
        for context in (one, other):
            assert (await ask(context, "GET", "game/state", play)).status_code == 200


async def test_a_reload_on_the_other_worker_passes_unnoticed(cities):
    """A short absence is not announced as a return, with either clock ahead."""
    one, other = cities
    mara = await someone(one)
    for context, former in ((other, one), (one, other), (other, one)):
        await former.reception._presence.leave(mara.id, mara.actor.epoch)
        entered = await context.reception._presence.enter(mara.id, "client", "c")
        mara.actor.epoch = entered.epoch
        assert entered.announce == ""


async def test_requests_over_http_neither_flap_nor_claim_again_and_again(cities):
    """On the worker whose clock is off: one session for all of them."""
    _, other = cities
    mara = await someone(other)
    session = await other.facilities.sessions.read(mara.id)
    await other.facilities.sessions.close(mara.id, session.epoch)
    token = other.tokens.sign("play", mara.id, account=1)
    epochs = set()
    for _ in range(4):
        assert (await ask(other, "POST", "game/command", token, type="look")).status_code == 200
        epochs.add((await other.facilities.sessions.read(mara.id)).epoch)
    assert len(epochs) == 1


async def test_sessions_held_by_the_other_worker_are_not_ended(cities):
    """No session is overdue, dead or stale because of a clock that is off."""
    one, other = cities
    mara, tomas = await someone(one, "Mara"), await someone(other, "Tomas")
    for context in cities:
        await context.reception._presence.end_overdue()
        assert await context.facilities.registry.dead_workers() == []
    for player in (mara, tomas):
        assert (await player.type("rest"))["ok"]
        assert (await one.facilities.sessions.read(player.id)).websocket_connected


@pytest.mark.parametrize("ahead", [-3600, -30, -2, 0, 2, 30])
def test_a_token_is_good_for_its_time_and_a_leeway(ahead):
    """The one who signs may be ahead by an hour: no token comes from the future. Its end is later by what clocks may differ, and not by more."""
    here, there = ManualClock(), ManualClock(1_800_000_000.0 - ahead)
    signed = Tokens(SECRET, 1, clock=here).sign("play", 7)
    reader = Tokens(SECRET, 1, clock=there)
    claims = reader.read("play", signed)
    assert reader.seconds_until(claims.expires) == 3600 + LEEWAY + ahead
    there._now += 3600 + LEEWAY + ahead - 1
    reader.read("play", signed)
    there._now += 2
    with pytest.raises(TokenExpired):
        reader.read("play", signed)
