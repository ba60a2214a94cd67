"""The queries and Redis calls of a command do not depend on the number of players in the room, or in the world."""

import asyncio
import time
from collections import Counter
from contextlib import contextmanager
from contextvars import ContextVar
from types import SimpleNamespace

import msgspec
import pytest
from cluster import cluster, someone
from echoes.facilities import ConnectionInfo
from echoes.game.views import LISTED
from echoes.storage import migrations
from echoes.storage.database import ARM
from echoes.web.socket import Refusal
from echoes.web.tokens import Claims
from echoes.wire import Hello
from echoes_redis import cache, channel, lock, registry, session
from echoes_redis.driver import Driver
from echoes_redis.script import Script
from postgres import execute
from redis_server import RedisServer, needs_redis

CALLS: ContextVar[Counter | None] = ContextVar("calls", default=None)
HERE, IN_THE_WORLD = 200, 5_000
MOST = 6
"""Calls of Redis that a command may make; those that tell several channels, or change two characters, and a hello make some more."""
MORE = {"shout hello": 10, "n": 7, "s": 7, "give 1 bread to Tomas": 11, "hello": 23}
NAMES = {
    script.sha: script.name
    for module in (registry, session, cache, channel, lock)
    for script in vars(module).values()
    if isinstance(script, Script)
}
"""Scripts by what Redis calls them."""
LINES = [
    "look", "look Tomas", "look lamp", "look nobody", "say hello", "shout hello", "emote waves", "who", "whisper Tomas hello", "whisper Nobody hello", "i", "map",
    "drop 1 bread", "get bread", "give 1 bread to Tomas", "search shelf", "rest", "n", "s", "equip coat", "unequip coat", "help",
    "talk marta", "choose bell", "ask marta about bell", "greet marta", "talk tomas", "choose nothing",
    "list", "buy pie", "sell pie", "buy unicorn", "score", "exits", "time", "train", "train strength", "repair poker",
]  # fmt: skip


@pytest.fixture(scope="module")
def redis():
    needs_redis()
    with RedisServer() as server:
        yield server


@contextmanager
def counted(monkeypatch, context):
    """Counts what is asked from in here: of Redis by driver and command, of PostgreSQL by purpose."""
    calls = Counter()
    token, arm = CALLS.set(calls), ARM.set("counted")
    count = context.database.count

    def counting(purpose):
        if (found := CALLS.get()) is not None:
            found["postgresql", purpose] += 1
        count(purpose)

    ask = Driver._ask

    def asking(driver, connection, command):
        if (found := CALLS.get()) is not None:
            found["redis", NAMES.get(command[1], str(command[0]))] += 1
        return ask(driver, connection, command)

    with monkeypatch.context() as patched:
        patched.setattr(context.database, "count", counting)
        patched.setattr(Driver, "_ask", asking)
        try:
            yield calls
        finally:
            CALLS.reset(token)
            ARM.reset(arm)


def of_redis(calls):
    return sum(number for (where, _), number in calls.items() if where == "redis")


async def hello(context, mara):
    """A connection that is made and ends at once."""
    connection = SimpleNamespace(
        end=lambda code, reason: None, unsent=0, may_write=True, on_drained=None, write_frame=lambda frame: None, is_over=False,
        welcomed=False, resumed=False,
    )  # fmt: skip

    async def receive():
        return {"type": "websocket.disconnect"}

    claims = Claims(mara.id, time.time() + 60)
    with pytest.raises(Refusal):
        await context.reception._play(SimpleNamespace(receive=receive), connection, Hello("", f"client-{mara.id}"), claims, [])
    await mara.enter()


async def costs(context, mara, tomas, monkeypatch, url):
    """The cost of each command, by line, and its reply."""
    found = {}
    for line in LINES:
        await execute(url, "delete from searches")
        context.service.around.who_pages._pages.clear()
        context.service.around.speech_limits._rooms.clear()
        with counted(monkeypatch, context) as calls:
            reply = await mara.type(line)
        found[line] = Counter(calls), reply
    with counted(monkeypatch, context) as calls:
        await context.snapshots.arrival(mara.id, "kiln_yard")
    found["arriving"] = Counter(calls), None
    with counted(monkeypatch, context) as calls:
        await hello(context, mara)
    found["hello"] = Counter(calls), None  # what it leaves to be done seconds later is not counted
    assert (await tomas.type("give 1 bread to Mara"))["ok"]
    return found


async def a_crowd(context):
    """Bodies in the world, with sessions and connections: 200 of them here."""

    async def comes(number):
        location = "kiln_yard" if number < HERE else f"elsewhere-{number % 40}"
        character, name = 1_000_000 + number, f"Crowd{chr(97 + number % 26)}{number}"
        claim = await context.facilities.sessions.claim(
            character, worker="w", connection="c", fields={"name": name, "location_id": location}, ttl=600
        )
        await context.facilities.registry.attach("w", character, ConnectionInfo("c", claim.epoch, 0.0))
        await context.facilities.registry.place(character, location, version=1, epoch=claim.epoch, name=name)

    for start in range(0, IN_THE_WORLD, 250):
        await asyncio.gather(*map(comes, range(start, start + 250)))


async def test_a_command_costs_the_same_in_a_crowd(database_url, tmp_path, redis, monkeypatch):
    """In a room of 200 with 5,000 sessions in the store it asks what it asks in a room of two; and no more than the budget allows."""
    await migrations.up(database_url)
    async with cluster(database_url, tmp_path, redis=redis.url, worker_ttl=300) as (
        context,
    ):  # no character has a seat: a heartbeat would see to that
        mara, tomas = await someone(context), await someone(context, "Tomas")
        await execute(database_url, """update characters set scrap = 1000, quests = '{"bell": [0, 0]}', version = version + 1""")
        await mara.enter()
        await costs(context, mara, tomas, monkeypatch, database_url)  # both places and all things have been seen
        alone = await costs(context, mara, tomas, monkeypatch, database_url)
        await a_crowd(context)
        crowded = await costs(context, mara, tomas, monkeypatch, database_url)
        for line, (calls, reply) in crowded.items():
            before, earlier = alone[line]
            assert calls == before, (line, reply)
            assert reply is None or reply["ok"] == earlier["ok"], (line, reply, earlier)
            assert of_redis(calls) <= MORE.get(line, MOST), (line, calls)
        for line, purpose in (("score", "statistics.load"), ("train", "character.load")):
            assert Counter({name: number for (where, name), number in crowded[line][0].items() if where == "postgresql"})[purpose] == 1, (
                line
            )
        view = crowded["look"][1]["data"]["location"]
        assert (len(view["players"]), view["more_players"]) == (LISTED, HERE + 1 - LISTED)
        assert crowded["look Tomas"][1]["ok"]
        assert crowded["whisper Tomas hello"][1]["ok"]
        awake = crowded["who"][1]["data"]
        assert (len(awake["players"]), awake["message"].split(" ")[0]) == (100, str(IN_THE_WORLD + 2))
        assert len(msgspec.json.encode(crowded["look"][1])) < 16_000
        assert len(msgspec.json.encode(crowded["who"][1])) < 16_000
