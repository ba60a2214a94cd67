"""Fixtures of whole servers."""

import shutil

import pytest
from echoes.settings import Settings, gamedata_of
from postgres import a_database
from server import Server


@pytest.fixture
def deadly(postgres, tmp_path):
    """A server whose Fishwives' Stair has a sleeper that no newcomer defeats. It attacks only whom attacks it."""
    content = tmp_path / "gamedata"
    shutil.copytree(gamedata_of(Settings()), content)
    hostile = (content / "npcs" / "hostile.yaml").read_text(encoding="utf-8")
    (content / "npcs" / "hostile.yaml").write_text(hostile.replace("  hp: 28\n", "  hp: 400\n"), encoding="utf-8")
    spawns = content / "spawns" / "city.yaml"
    sleeper = "steps_sleeper: {npc: ash_sleeper, most: 1, minutes: 1, locations: [fish_steps]}\n"
    spawns.write_text(spawns.read_text(encoding="utf-8") + sleeper, encoding="utf-8")
    with a_database(postgres) as url, Server({"ECHOES_DATABASE_URL": url, "ECHOES_GAMEDATA": str(content)}) as running:
        yield running
