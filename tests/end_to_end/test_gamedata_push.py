"""`echoes gamedata push` and `echoes cache` on a city that is being played on a private PostgreSQL."""

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from player import Player
from server import Server

GAMEDATA = Path(__file__).parents[2] / "gamedata"
YARD = "locations/cinder_market/kiln_yard.yaml"


@pytest.fixture(scope="module")
def city():
    with Server({}) as running:
        yield running


@pytest.fixture
def folder(tmp_path):
    """A copy of the content, to change."""
    return Path(shutil.copytree(GAMEDATA, tmp_path / "gamedata"))


def echoes(city, *arguments):
    """Run the command line beside a running server; answers the exit code and all that was said."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("ECHOES_", "REDIS_", "WORKERS"))}
    done = subprocess.run(
        [sys.executable, "-m", "echoes", *map(str, arguments)], env=clean | {"ECHOES_DATA_DIR": str(city.folder / "data"), "COLUMNS": "300"},
        cwd=city.folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + " ".join(done.stderr.replace("│", " ").split())


def content_of(city):
    """The version that the worker plays by."""
    return httpx.get(f"{city.url}/health/ready").json()["content"]


def edit(folder, file, old, new):
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


async def test_a_push_sends_a_snapshot_to_the_players(city, folder):
    """A dry run first, which changes nothing; then every player there gets a snapshot, and every worker reports its version."""
    mara = await Player.join(city)
    before = content_of(city)
    edit(folder, YARD, "name: The Kiln Yard", "name: The Cold Yard")
    code, said = echoes(city, "gamedata", "push", folder, "--dry-run")
    assert code == 0, said
    assert "~ location kiln_yard: name 'The Kiln Yard' → 'The Cold Yard'" in said
    assert "dry run: nothing was changed" in said
    assert content_of(city) == before
    code, said = echoes(city, "gamedata", "push", folder, "--yes")
    assert code == 0, said
    await mara.sees("snapshot")
    shown = next(one for one in mara.events if one["type"] == "snapshot")
    assert shown["reason"] == "content"
    assert shown["snapshot"]["location"]["name"] == "The Cold Yard"
    after = content_of(city)
    assert after != before
    assert after in said
    assert (await mara.type("look"))["data"]["location"]["name"] == "The Cold Yard"
    code, said = echoes(city, "gamedata", "push", folder, "--yes")
    assert (code, "in force already" in said) == (0, True)


async def test_a_push_survives_a_restart(city, folder):
    """With the files as they were: what was pushed stays."""
    edit(folder, YARD, "name: The Kiln Yard", "name: The Quiet Yard")
    assert echoes(city, "gamedata", "push", folder, "--yes")[0] == 0
    city.stop()
    city.start()
    mara = await Player.join(city)
    assert mara.welcome["snapshot"]["location"]["name"] == "The Quiet Yard"


async def test_a_push_of_bad_content_lists_the_problems(city, folder):
    """The same lines as `echoes check`, and nothing changes."""
    edit(folder, YARD, "to: market_square", "to: markt_square")
    code, said = echoes(city, "gamedata", "push", folder, "--yes")
    assert code == 1
    assert f"{YARD}:" in said
    assert "did you mean 'market_square'" in said


async def test_a_push_that_removes_content_in_use_is_refused(city, folder):
    """The error names the content and the number of its uses."""
    await Player.join(city)
    for path in folder.rglob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("ash_bread", "ash_bun"), encoding="utf-8")
    code, said = echoes(city, "gamedata", "push", folder, "--yes")
    assert code == 1, said
    assert "item ash_bread: things of this kind: " in said
    assert "- item ash_bread" in said
    assert "+ item ash_bun" in said


async def test_an_npc_with_the_name_of_a_character_is_a_warning(city, folder):
    """The character keeps its name and plays on; the push is carried out and names both; after it no other player takes the NPC's name."""
    mara = await Player.join(city)
    edit(folder, "npcs/keepers.yaml", "name: Wren", f"name: {mara.name} Wren")
    assert "warning:" not in echoes(city, "gamedata", "push", folder, "--dry-run")[1]
    edit(folder, "npcs/keepers.yaml", f"name: {mara.name} Wren", f"name: {mara.name.upper()}")
    code, said = echoes(city, "gamedata", "push", folder, "--yes")
    assert code == 0, said
    assert f"warning: the character {mara.name} has the name of the NPC {mara.name.upper()}" in said
    assert (await mara.type("look me"))["ok"]
    async with httpx.AsyncClient(base_url=city.url, headers=mara.account) as http, asyncio.timeout(20):
        while (refused := await http.post("/api/characters", json={"name": mara.name})).json()["code"] != "name_reserved":
            assert refused.json()["code"] == "name_taken"
            await asyncio.sleep(0.05)


async def test_an_operator_can_let_go_of_a_cached_value(city):
    """Known kinds only, the nearest one named; the output has the key, and the worker logs that it dropped the value."""
    code, said = echoes(city, "cache", "invalidate", "locaton", "kiln_yard")
    assert code == 1
    assert "did you mean 'location'?" in said
    code, said = echoes(city, "cache", "invalidate", "location", "kiln_yard")
    assert code == 0, said
    assert "location:kiln_yard:cache" in said
    mara = await Player.join(city)
    async with asyncio.timeout(20):
        while not any("cache.dropped" in line for line in city.output):
            await asyncio.sleep(0.05)
    assert (await mara.type("look"))["ok"]
    assert "location:{id}:cache" in echoes(city, "cache", "kinds")[1]
