"""The queries and Redis calls of a command do not depend on the number of players in the room, or in the world."""

from collections import Counter

import msgspec
import pytest
from cluster import cluster, someone
from costs import a_crowd, costs, of_redis
from echoes.game.views import LISTED
from postgres import execute
from redis_server import RedisServer, needs_redis

HERE, IN_THE_WORLD = 200, 5_000
MOST = 6
"""Calls of Redis that a command may make. One that changes two characters, and a hello, make some more."""
MORE = {"give 1 bread to Tomas": 7, "hello": 13}


@pytest.fixture(scope="module")
def redis():
    needs_redis()
    with RedisServer() as server:
        yield server


async def test_a_command_costs_the_same_in_a_crowd(database_url, tmp_path, redis):
    """In a room of 200 with 5,000 sessions in the store it asks what it asks in a room of two; and no more than the budget allows."""
    async with cluster(database_url, tmp_path, redis=redis.url, worker_ttl=300) as (
        context,
    ):  # no character has a seat: a heartbeat would see to that
        mara, tomas = await someone(context), await someone(context, "Tomas")
        await execute(database_url, """update characters set scrap = 1000, quests = '{"bell": [0, 0]}', version = version + 1""")
        await mara.enter()
        await costs(context, mara, tomas, database_url)  # both places and all things have been seen
        alone = await costs(context, mara, tomas, database_url)
        await a_crowd(context, range(IN_THE_WORLD), here=HERE)
        crowded = await costs(context, mara, tomas, database_url)
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
