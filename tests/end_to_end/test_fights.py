"""A fight over real workers: what was chosen is kept, and the round ends, when the worker that began the fight is killed."""

import asyncio
import os
import shutil
import signal
from pathlib import Path

import msgspec
import pytest
from echoes.settings import Settings, gamedata_of
from echoes.world import combat
from machines import a_server
from player import Player
from postgres import execute
from redis_server import RedisServer, needs_redis

HOUND = """\
straw_hound:
  name: straw hound
  description: Somebody has stuffed a hound with straw, and it will not lie down.
  disposition: hostile
  hp: 9000
  damage: {low: 1, high: 1}
  xp: 1
"""
SPAWN = """\
straw_hounds: {npc: straw_hound, most: 1, minutes: 60, locations: [kiln_yard], least_danger: 0}
"""


@pytest.fixture(scope="module")
def redis():
    needs_redis()
    with RedisServer() as server:
        yield server


def a_yard_with_a_hound(folder: Path) -> Path:
    """The shipped content, with an enemy where a life begins that takes long to bring down."""
    shutil.copytree(gamedata_of(Settings()), folder, ignore=shutil.ignore_patterns("art"))
    for name, text in (("npcs/straw.yaml", HOUND), ("spawns/straw.yaml", SPAWN)):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


async def test_a_fight_goes_on_when_its_worker_is_killed(database_url, redis, tmp_path):
    """Kill -9 in the middle of a round: the players come back into the same fight, the choice counts, and the round ends once."""
    gamedata = a_yard_with_a_hound(tmp_path / "gamedata")
    with a_server(database_url, redis.url, 2, ECHOES_GAMEDATA=str(gamedata), ECHOES_REDIS_PREFIX="fights:") as server:
        mara, tomas = await Player.join(server), await Player.join(server)
        async with asyncio.timeout(20):
            while not (began := await mara.type("attack hound"))["ok"]:
                assert began["error"]["code"] == "nobody_to_fight", began
                await asyncio.sleep(0.1)
        fight = await tomas.sees("fight_began")
        assert (await tomas.type("attack hound"))["ok"]
        killed = mara.welcome["worker_id"]
        os.kill(int(killed.rsplit("-", 2)[1]), signal.SIGKILL)
        for one in (mara, tomas):
            if one.welcome["worker_id"] == killed:
                await one.until(lambda one=one: one.closed, within=20)
                await one.connect(resume=True)
        seen = (await mara.type("look"))["data"]["location"]["fight"]
        assert (seen["id"], seen["round"]) == (fight["fight"]["id"], 1)
        assert [one["chosen"] for one in seen["fighters"] if one["id"] == f"character:{tomas.id}"] == [True]
        assert (await mara.type("north"))["error"]["code"] == "in_fight"
        assert (await tomas.type("defend"))["error"]["code"] == "already_chosen"
        await tomas.sees("fight_round", within=40)
        ended = [one["data"]["fight"]["round"] for one in tomas.events if one["data"].get("action") == "fight_round"]
        assert ended == list(range(2, 2 + len(ended)))
        assert (await mara.type("attack"))["ok"]
    (row,) = await execute(database_url, "select fight::text as fight, over from combats")
    kept = msgspec.json.decode(row["fight"], type=combat.Fight)
    assert not row["over"]
    assert len(kept.history) == kept.round - 1
    assert kept.history[0].choices[f"character:{tomas.id}"].action == "attack"
    assert f"character:{mara.id}" not in kept.history[0].choices
    assert len(combat.replay(kept)) == len(kept.history)
