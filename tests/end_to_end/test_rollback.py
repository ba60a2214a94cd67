"""Back to memory, and to Redis again: one variable and a restart, while people play; nothing acknowledged is lost."""

import asyncio
import os
import sys

import pytest
from machines import ENVIRON
from player import Player
from postgres import execute
from redis_server import RedisServer
from server import Server
from swarm import Swarm

BOTS = int(os.environ.get("ECHOES_TEST_BOTS", "100")) // 2


@pytest.fixture
def redis():
    with RedisServer("--appendonly", "yes", "--maxmemory-policy", "noeviction") as server:
        yield server


@pytest.mark.parametrize("switch", [{"ECHOES_BACKEND": "memory"}, {"REDIS_ENABLED": "false"}], ids=["ECHOES_BACKEND", "REDIS_ENABLED"])
async def test_rollback_and_return_under_load(database_url, redis, switch):
    """Acknowledged commands are there after each restart, once; all players are back; chat continues. The outage is printed."""
    with Server({**ENVIRON, "ECHOES_DATABASE_URL": database_url, "ECHOES_REDIS_URL": redis.url, "WORKERS": "4"}) as server:
        former = {name: server.environ.get(name) for name in switch}
        async with Swarm([server], BOTS, max(4, BOTS // 10)) as swarm:
            collector = await Player.join(server)
            swarm.start_talking(pause=1.0)
            for way, change in (("to memory", switch), ("back to Redis", former)):
                dropped = await drop_and_take(collector, 6)
                before = [bot.answered for bot in swarm.bots]
                await asyncio.to_thread(server.stop)
                for name, value in change.items():
                    server.environ.pop(name, None)
                    if value is not None:
                        server.environ[name] = value
                await asyncio.to_thread(server.start)
                seconds = await swarm.until(
                    lambda before=before: all(bot.answered > said for bot, said in zip(swarm.bots, before, strict=True)), way
                )
                away = sorted(seconds for bot in swarm.bots for seconds in bot.away[-1:])
                print(  # noqa: T201 - figures for a person
                    f"\nrollback {way}: {BOTS} players cut off {away[0]:.2f} to {away[-1]:.2f} s, median {away[len(away) // 2]:.2f} s;"
                    f" all of them answered again {seconds:.2f} s after the server was",
                    file=sys.stderr,
                )
                await collector.disconnect()
                welcome = await collector.connect(resume=True)
                assert welcome["last_command"] == max(dropped)
                for number, line in dropped.items():
                    assert await replayed(collector, number, line) == collector.replies[number], (
                        "an acknowledged command is not known any more"
                    )
            swarm.hushed = True
        rows = await execute(database_url, "select sum(quantity) as n from items where template = 'ash_bread'")
        made = await execute(database_url, "select sum(quantity) as n from ledger where template = 'ash_bread'")
        assert rows[0]["n"] == made[0]["n"]


async def drop_and_take(player, times):
    """Commands that change something, all acknowledged; answers their lines by number."""
    lines = {}
    for turn in range(times):
        line = "drop 1 bread" if turn % 2 == 0 else "get 1 bread"
        reply = await player.type(line)
        assert reply["ok"], reply
        lines[reply["id"]] = line
    return lines


async def replayed(player, number, line):
    """Ask for a command's reply again, as a client does that never saw it."""
    known = player.replies.pop(number)
    player.unanswered[number] = {"type": "line", "id": number, "text": line}
    await player.send_again()
    again = await player.until(lambda: player.replies.get(number))
    player.replies[number] = known
    return again
