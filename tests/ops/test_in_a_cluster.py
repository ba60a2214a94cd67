"""Kick, ban and mute on two workers over a Redis: they hold on the worker that did not get the request, and while Redis is away."""

import asyncio

import httpx
import pytest
from machines import a_server
from operating import BECAUSE, PASSWORD, SCRIPT
from player import Player
from postgres import a_database
from redis_server import RedisServer

SECONDS = 2.5
"""Within which an action reaches each worker: the world poll looks once a second, and the machine may be busy."""


@pytest.fixture(scope="module")
def redis():
    with RedisServer("--appendonly", "yes") as server:
        yield server


@pytest.fixture(scope="module")
def city(postgres, redis):
    with a_database(postgres) as url, a_server(url, redis.url, 2, ECHOES_OPS_TOKEN=SCRIPT) as server:
        yield server


@pytest.fixture(params=["with Redis", "Redis killed", "Redis stopped"])
async def pair(request, city, redis):
    """A player on each of the two workers; then Redis is there, or killed, or it stands still."""
    by_worker = {}
    for _ in range(60):
        one = await Player.join(city)
        if by_worker.setdefault(one.welcome["worker_id"], one) is not one:
            await one.disconnect()
        if len(by_worker) == 2:
            break
    assert len(by_worker) == 2, "sixty connections came to one worker"
    match request.param:
        case "Redis killed":
            redis.kill()
            yield list(by_worker.values())
            redis.start()
        case "Redis stopped":
            with redis.paused():
                yield list(by_worker.values())
        case _:
            yield list(by_worker.values())


@pytest.fixture
async def http(city):
    """Each request over a connection of its own, so to either worker."""
    limits = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=city.url, limits=limits, timeout=30) as http:
        yield http


async def account_of(http, player):
    """The id of a player's account."""
    found = await http.get("/api/ops/players", params={"name": player.name, "reason": BECAUSE}, headers=AS_SCRIPT)
    return found.json()[0]["account_id"]


AS_SCRIPT = {"authorization": f"Bearer {SCRIPT}"}


async def act(http, player, action, **body):
    """An action on a player's account; answers its status."""
    path = f"/api/ops/accounts/{await account_of(http, player)}/{action}"
    answer = await http.post(path, json={"reason": BECAUSE, **body}, headers=AS_SCRIPT)
    return answer.status_code


async def test_a_kick_reaches_each_worker_and_the_player_may_return(pair, http):
    """One of the two players is on the worker that did not get the request."""
    for player in pair:
        assert await act(http, player, "kick", notice="Go to bed.") == 204
        await player.until(lambda player=player: player.closed, within=SECONDS)
        assert (player.closed, player._socket.close_reason) == (4506, "Go to bed.")
        await player.connect(resume=True)
        assert (await player.type("look"))["ok"]


async def test_a_ban_reaches_each_worker_and_keeps_the_player_out(pair, http):
    """Their sockets close with code and words, and neither token nor password lets them in on either worker."""
    for player in pair:
        assert await act(http, player, "ban", notice="Out.") == 200
        await player.until(lambda player=player: player.closed, within=SECONDS)
        assert (player.closed, player._socket.close_reason) == (4505, "You are banned for good. Out.")
    await asyncio.sleep(SECONDS)  # by then each worker has polled
    for player in pair:
        for _ in range(6):
            await player.connect(resume=True)
            assert player.closed == 4505
            answer = await http.post("/api/auth/login", json={"username": player.name, "password": PASSWORD})
            assert (answer.status_code, answer.json()["code"]) == (403, "banned")
        assert await act(http, player, "unban") == 204
        answer = await http.post("/api/auth/login", json={"username": player.name, "password": PASSWORD})
        assert answer.status_code == 200


async def test_a_mute_holds_on_each_worker(pair, http):
    """The player reads of it on the worker that holds the session, is refused there and over HTTP, and speaks again after an unmute."""
    for player in pair:
        assert await act(http, player, "mute", minutes=30, notice="Hush.") == 200
        await refused(player, within=SECONDS)
        reply = await player.type("shout hello")
        assert (reply["error"]["code"], reply["error"]["hint"]) == ("muted", "Hush.")
        for _ in range(4):
            headers = {"authorization": f"Bearer {player.token}"}
            said = await http.post("/api/game/command", json={"type": "say", "text": "hello"}, headers=headers)
            assert (said.status_code, said.json()["code"]) == (403, "muted")
        assert await act(http, player, "unmute") == 204
        async with asyncio.timeout(SECONDS):
            while not (said := await player.type("say hello")).get("ok"):
                assert "closed" not in said, "the requests over HTTP have left the connection alone"
                await asyncio.sleep(0.2)  # commands in quick succession are refused as a flood


async def refused(player, within):
    """Return once what a player says is refused."""
    async with asyncio.timeout(within):
        while (await player.type("say hello"))["ok"]:
            await asyncio.sleep(0.05)
