"""A character whose row is deleted, by the statements that docs/operations.md gives to operators, while it plays."""

import re
from pathlib import Path

import asyncpg
import pytest
from machines import a_server
from player import Player
from postgres import a_database, execute
from redis_server import RedisServer
from server import Server

OPERATIONS = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
SUMS = (
    "select template, sum(quantity) from (select template, quantity from items union all select template, -quantity from ledger) s"
    " where template <> 'scrap' group by template having sum(quantity) <> 0"
)


async def remove(url, character):
    """As the manual says."""
    (statements,) = re.findall(r"## Removing a character\n.*?```sql\n(.*?)```", OPERATIONS, re.DOTALL)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(re.sub(r"\b7\b", str(character), statements))
    finally:
        await connection.close()


@pytest.fixture(params=["memory", "redis"])
def place(request, postgres):
    """One process over memory, or two workers over Redis; and the URL of its database."""
    with a_database(postgres) as url:
        if request.param == "memory":
            with Server({"ECHOES_DATABASE_URL": url}) as server:
                yield server, url
        else:
            with RedisServer() as redis, a_server(url, redis.url, 2) as server:
                yield server, url


async def test_a_removed_character_leaves_the_world(place):
    """Its session ends with a reason, the others see it leave, and it is neither found, nor given to, nor let in again."""
    server, url = place
    mara, tomas, away = await Player.join(server), await Player.join(server), await Player.join(server)
    await away.disconnect()
    await mara.until(lambda: sum(one["data"].get("action") == "player_arrived" for one in mara.events) >= 2)
    for gone in (tomas, away):
        await remove(url, gone.id)
        given = await mara.type(f"give 1 bread to {gone.name}")
        assert not given["ok"]
        assert given["error"]["code"] != "internal"
    await tomas.until(lambda: tomas.closed)
    assert tomas.closed == 4503
    left = {tomas.id, away.id}
    await mara.until(lambda: left <= {one["data"]["player"]["id"] for one in mara.events if one["data"].get("action") == "player_left"})
    seen = await mara.type("look")
    assert not left & {one["id"] for one in seen["data"]["location"]["players"]}
    for gone in (tomas, away):
        assert gone.name not in str(await mara.type("who"))
        assert not (await mara.type(f"whisper {gone.name} hello"))["ok"]
        assert not (await mara.type(f"give 1 bread to {gone.name}"))["ok"]
        await gone.connect()
        assert gone.closed == 4503
    assert await execute(url, SUMS) == []
    assert not [line for line in server.output if "crashed" in line]


async def test_a_command_of_a_removed_character_is_answered(place):
    """Within the second in which its worker may not know yet."""
    server, url = place
    tomas = await Player.join(server)
    await remove(url, tomas.id)
    answer = await tomas.type("rest")
    assert (answer["ok"], answer["error"]["code"]) == (False, "no_character")
    await tomas.until(lambda: tomas.closed)
    assert tomas.closed == 4503
