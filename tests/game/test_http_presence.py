"""Playing over HTTP: a character that speaks has a body, and a session over a WebSocket stays as it is. On two workers that share the facilities."""

import asyncio
import contextlib
import time
from types import SimpleNamespace

import httpx
import pytest
from cluster import app_of, cluster, someone
from echoes.errors import FacilityUnavailable
from echoes.storage.commits import Superseded
from echoes.web.seat import Seat
from echoes.wire import Close
from redis_server import RedisServer

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
NORTH = "market_square"
BACKENDS = pytest.mark.parametrize("cities", ["memory", "redis"], indirect=True)


@pytest.fixture
async def cities(request, database_url, tmp_path):
    """Two workers, over the memory backend or, where a test asks for it, over Redis."""
    with contextlib.ExitStack() as stack:
        redis = stack.enter_context(RedisServer()).url if getattr(request, "param", "memory") == "redis" else ""
        async with cluster(database_url, tmp_path, workers=2, redis=redis, grace=60) as made:
            yield made


class Script:
    """Plays a character over HTTP, through any worker."""

    def __init__(self, character) -> None:
        self.id = character.id

    async def post(self, context, line, **headers):
        """Type a line; answers the response."""
        token = context.tokens.sign("play", self.id, account=self.id)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app_of(context)), base_url="http://here") as http:
            return await http.post(
                "/api/game/command", json={"type": "line", "text": line}, headers={"authorization": f"Bearer {token}", **headers}
            )


async def asleep(context, name="Mara"):
    """A character that is not played; its session has ended."""
    mara = await someone(context, name)
    await leave(context, mara)
    return mara


async def leave(context, mara):
    session = await context.facilities.sessions.read(mara.id)
    await context.reception._presence.leave(mara.id, session.epoch)
    await context.facilities.registry.remove(mara.id, epoch=session.epoch)
    await context.facilities.sessions.close(mara.id, session.epoch)


@BACKENDS
async def test_a_character_that_speaks_over_http_is_seen(cities):
    """By look, who and whisper, on every worker; a whisper gets the answer of a link-dead player."""
    one, other = cities
    tomas, mara = await someone(one, "Tomas"), await asleep(one)
    assert (await Script(mara).post(one, "say hello")).status_code == 200
    for context in (one, other):
        seen = (await tomas.ask(context, "look"))["data"]["location"]["players"]
        assert [(player["name"], player.get("linkdead")) for player in seen] == [("Mara", True)]
    await tomas.enter(other)
    await until_who_lists(tomas, "Mara")
    assert (await tomas.type("whisper Mara hello"))["error"]["code"] == "not_listening"
    assert (await tomas.type("give bread to Mara"))["error"]["code"] == "not_listening"


async def test_a_move_is_seen_where_it_leads(cities):
    """Afterwards the body is there, in the registry and in its session."""
    one, other = cities
    mara = await asleep(one)
    script = Script(mara)
    assert (await script.post(one, "look")).status_code == 200
    assert (await script.post(other, "north")).status_code == 200
    assert await other.facilities.registry.locate(mara.id) == NORTH
    session = await one.facilities.sessions.read(mara.id)
    assert (session.location_id, session.websocket_connected) == (NORTH, False)


async def test_the_body_stays_for_the_grace_period_and_arrives_once(cities):
    """However many requests come; none of them begins a session of its own while more than half the period is left."""
    one, other = cities
    mara = await asleep(one)
    script = Script(mara)
    await script.post(one, "look")
    first = await one.facilities.sessions.read(mara.id)
    assert 30 < first.grace_until - first.last_heartbeat <= 61
    for context in (one, other, one):
        assert (await script.post(context, "rest" if context is other else "look")).status_code in {200, 422}
    assert (await one.facilities.sessions.read(mara.id)).epoch == first.epoch


async def test_requests_at_once_make_one_arrival(cities, monkeypatch):
    one, _ = cities
    mara, entered, enter = await asleep(one), [], one.reception._presence.enter

    async def counted(*arguments, **named):
        entered.append(arguments)
        return await enter(*arguments, **named)

    monkeypatch.setattr(one.http_presence._presence, "enter", counted)
    answers = await asyncio.gather(*(Script(mara).post(one, "look") for _ in range(10)))
    assert {answer.status_code for answer in answers} == {200}
    epochs = await one.database.rows("test", "select epoch from characters where id = $1", mara.id)
    assert (await one.facilities.sessions.read(mara.id)).epoch == epochs[0]["epoch"]
    assert len(entered) == 1


async def test_a_command_restarts_a_period_that_is_half_over(cities):
    """A script that keeps sending commands does not become link-dead between two of them."""
    one, _ = cities
    mara = await asleep(one)
    script = Script(mara)
    await script.post(one, "look")
    first = await one.facilities.sessions.read(mara.id)
    one.http_presence._met.keep(mara.id, first.epoch, time.monotonic() - 31, is_ours=True)
    await script.post(one, "look")
    again = await one.facilities.sessions.read(mara.id)
    assert (again.epoch > first.epoch, again.websocket_connected) == (True, False)


@BACKENDS
async def test_a_live_session_is_left_alone(cities):
    """It is on the other worker: it keeps its epoch, may go on, and its session says where the request has taken it."""
    one, other = cities
    mara = await someone(one, "Mara")
    before = await one.facilities.sessions.read(mara.id)
    assert (await Script(mara).post(other, "north")).status_code == 200
    after = await one.facilities.sessions.read(mara.id)
    assert (after.epoch, after.websocket_connected, after.worker_id) == (before.epoch, True, one.worker_id)
    assert (after.location_id, await one.facilities.registry.locate(mara.id)) == (NORTH, NORTH)
    assert (await mara.type("south"))["ok"]


async def test_a_connection_comes_back_by_itself_after_a_request_has_displaced_it(cities):
    """The store has lost its session, and its worker has not entered it again yet: the request cannot know of it."""
    one, other = cities
    mara, ended = await someone(one, "Mara"), []
    seat = Seat(one.hub, mara.id, mara.actor.epoch, "c", SimpleNamespace(close=lambda: None), lambda code, reason: ended.append(code))
    one.hub.take_seat(seat)
    await one.hub.follow(seat, "kiln_yard", 1, {})
    await one.facilities.sessions.detach(mara.id, mara.actor.epoch, 60)
    await one.facilities.sessions.close(mara.id, mara.actor.epoch)
    assert (await Script(mara).post(other, "look")).status_code == 200
    async with asyncio.timeout(10):
        while not ended:
            await asyncio.sleep(0.01)
    assert ended == [Close.POSITION_LOST], "another sign-in would end it for good"
    await mara.enter(one)
    assert (await mara.type("rest"))["ok"]


async def test_a_session_takes_over_from_requests(cities):
    """The newest wins: it is connected, and a request then finds it."""
    one, other = cities
    mara = await asleep(one)
    await Script(mara).post(one, "look")
    await mara.enter(other)
    assert (await Script(mara).post(one, "look")).status_code == 200
    session = await other.facilities.sessions.read(mara.id)
    assert (session.epoch, session.websocket_connected) == (mara.actor.epoch, True)
    assert (await mara.type("rest"))["ok"]


async def test_a_request_while_the_store_is_away_displaces_no_session(cities, monkeypatch):
    """The character may be played on another worker: the request is carried out, and the row keeps its epoch."""
    one, other = cities
    mara = await someone(one, "Mara")

    async def away(_):
        raise FacilityUnavailable("it does not answer")

    monkeypatch.setattr(other.http_presence, "_ask_store", away)
    assert (await Script(mara).post(other, "north")).status_code == 200
    assert (await mara.type("south"))["ok"]


async def test_a_request_during_a_sign_in_is_carried_out(cities, monkeypatch):
    """Another worker claims the character at the same moment: the request belongs to that session, and is no sign-in of its own."""
    one, other = cities
    mara = await asleep(one)
    enter = one.http_presence._presence.enter

    async def overtaken(*_, **__):
        await mara.enter(other)
        monkeypatch.setattr(one.http_presence._presence, "enter", enter)
        raise Superseded

    monkeypatch.setattr(one.http_presence._presence, "enter", overtaken)
    assert (await Script(mara).post(one, "say hello")).status_code == 200
    assert (await one.facilities.sessions.read(mara.id)).websocket_connected


async def test_a_character_that_is_gone_is_not_found(cities):
    one, _ = cities
    mara = await asleep(one)
    await one.database.rows("test", "delete from items where owner = $1", f"character:{mara.id}")
    await one.database.rows("test", "delete from characters where id = $1", mara.id)
    answer = await Script(mara).post(one, "look")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_character")


async def until_who_lists(tomas, name):
    """`who` is counted once a second."""
    async with asyncio.timeout(5):
        while name not in str((await tomas.type("who"))["data"]):
            await asyncio.sleep(0.1)


async def test_requests_without_a_key_leave_few_rows(cities):
    """They cannot be repeated, so all of them are one client of a worker, and only its newest commands are kept."""
    mara = await someone(cities[0])
    for line in ["drop 1 bread", "get bread"] * 20:
        assert (await Script(mara).post(cities[0], line)).status_code == 200
        await asyncio.sleep(0.06)  # no faster than a player may
    rows = await cities[0].database.rows("test", "select number from commands where client like 'http%' and published")
    assert len(rows) <= 16
