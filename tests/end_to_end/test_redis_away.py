"""Without Redis, play continues: PostgreSQL decides, players on one worker see each other, and afterwards nothing is missing."""

import asyncio

import httpx
import pytest
from machines import a_server
from player import Player
from redis_server import RedisServer


@pytest.fixture
def redis():
    with RedisServer("--appendonly", "yes") as server:
        yield server


@pytest.fixture
def city(database_url, redis):
    with a_server(database_url, redis.url, 2) as server:
        yield server


async def on_workers(city, count=2):
    """This number of players on each of two workers."""
    by_worker: dict[str, list[Player]] = {}
    for _ in range(60):
        one = await Player.join(city)
        mates = by_worker.setdefault(one.welcome["worker_id"], [])
        if len(mates) < count:
            mates.append(one)
        else:
            await one.disconnect()
        if len(by_worker) == 2 and all(len(mates) == count for mates in by_worker.values()):
            return list(by_worker.values())
    raise AssertionError("sixty connections came to one worker")


async def every_command_works(mara, tomas):
    """Check commands of two players on one worker: each is answered with success, and the other player sees it."""
    for line in ("look", "i", "who", "map", "help", "rest"):
        assert (await mara.type(line))["ok"], line
    mara.events.clear()
    tomas.events.clear()
    assert (await mara.type("say can you hear me"))["ok"]
    await tomas.until(lambda: tomas.heard("can you hear me"))
    assert (await mara.type("drop 1 bread"))["ok"]
    await tomas.sees("item_dropped")
    assert (await tomas.type("get 1 bread"))["ok"]
    await mara.sees("item_picked_up")
    assert (await mara.type(f"give 1 bandage to {tomas.name}"))["ok"]
    await tomas.sees("item_received")
    assert (await tomas.type(f"whisper {mara.name} psst"))["ok"]
    await mara.until(lambda: mara.heard("psst"))
    assert (await mara.type("n"))["ok"]
    moved = await mara.sees("moved")
    assert moved["location"]["id"] == moved["location_id"]
    await tomas.sees("player_left")
    assert (await tomas.type("n"))["ok"]
    await tomas.sees("moved")
    assert mara.name in {one["name"] for one in (await tomas.type("look"))["data"]["location"]["players"]}


async def test_no_command_fails_because_redis_is_away(city, redis):
    """Nor does coming in, for the first time or again; and it is said that the server is degraded."""
    (mara, tomas), (vera, _) = await on_workers(city)
    redis.kill()
    await every_command_works(mara, tomas)
    async with httpx.AsyncClient(base_url=city.url) as http:
        ready = (await http.get("/health/ready")).json()
        assert (ready["ready"], ready["status"]) == (True, "degraded"), ready
    await mara.disconnect()
    await mara.connect()
    assert mara.welcome["snapshot"]["you"]["location_id"] == "market_square"
    assert (await mara.type("s"))["ok"]
    await mara.sees("moved")
    newcomer = await Player.join(city)
    assert (await newcomer.type("say hello"))["ok"]
    assert (await vera.type("say is anybody there"))["ok"]
    redis.start()
    await whole_again(city, [mara, tomas, vera, newcomer])
    for one in (mara, newcomer):
        assert one.closed is None
        await one.until(lambda one=one: one.heard("is anybody there") <= 1)


async def whole_again(city, players):
    """Return once all in one room receive each other, on every worker."""
    for one in players:
        assert (await one.type("look"))["ok"]
        if (await one.type("look"))["data"]["location"]["id"] == "market_square":
            assert (await one.type("s"))["ok"]
    async with asyncio.timeout(30):
        for turn in range(1000):
            assert (await players[0].type(f"say turn {turn}"))["ok"]
            await asyncio.sleep(0.1)
            if all(one.heard(f"turn {turn}") for one in players[1:]):
                return


async def test_chat_of_an_outage_is_delivered_once_to_every_worker_afterwards(city, redis):
    """Also when Redis comes back empty."""
    (mara, tomas), (vera, otto) = await on_workers(city)
    for wiped in (False, True):
        redis.kill()
        for number in range(5):
            assert (await mara.type(f"say here {wiped} {number}"))["ok"]
            assert (await vera.type(f"say there {wiped} {number}"))["ok"]
        await tomas.until(lambda wiped=wiped: tomas.heard(f"here {wiped} 4"))
        await otto.until(lambda wiped=wiped: otto.heard(f"there {wiped} 4"))
        if wiped:
            redis.wipe()
        redis.start()
        for listener, side in ((tomas, "there"), (otto, "here"), (mara, "there"), (vera, "here")):
            await listener.until(lambda listener=listener, side=side, wiped=wiped: listener.heard(f"{side} {wiped} 4"), within=15)
        for listener, sides in ((tomas, ("here", "there")), (otto, ("here", "there"))):
            told = [one["data"]["text"] for one in listener.events if one["type"] == "chat" and f" {wiped} " in one["data"]["text"]]
            for side in sides:
                assert [text for text in told if text.startswith(f"{side} ")] == [f"{side} {wiped} {number}" for number in range(5)]


async def test_sessions_and_bodies_are_known_again(city, redis):
    """Workers restore sessions and bodies in a wiped Redis within seconds, under the same epochs; no player is disconnected."""
    (mara, tomas), (vera, otto) = await on_workers(city)
    assert (await mara.type("n"))["ok"]
    redis.kill()
    redis.wipe()
    redis.start()
    players = [mara, tomas, vera, otto]
    async with asyncio.timeout(15):
        while len(redis.cli("KEYS", "*:session")) < len(players):
            await asyncio.sleep(0.05)
    for one in players:
        assert one.closed is None
    async with asyncio.timeout(15):
        while len((await vera.type("look"))["data"]["location"]["players"]) != 2:
            await asyncio.sleep(0.05)
