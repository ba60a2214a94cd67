"""The soak's city: the shipped content, with more enemies that come back sooner and make one bleed, and a quest that counts."""

import functools
import shutil
import tempfile
from pathlib import Path

import msgspec
from echoes.settings import Settings, gamedata_of
from echoes.world import content
from echoes.world.model import World
from echoes.world.populations import Populations

MANY, MINUTES = 10, 0.1
"""How many times as many enemies there are as in the shipped city, and how soon the next one comes: two hundred bots kill fast."""
MOST = 50
"""Enemies of one population at most, in any city."""
BITES = 30
"""Percent of the blows of any enemy that make a character bleed."""
CENTRE = "market_square"
QUEST = "watch"
"""A quest with steps that count, and whose last step no run reaches. The shipped city has none such."""
STEPS = [
    {"find": {"type": "food", "quantity": 2}}, {"kill": {"quantity": 2}}, {"survive": 2}, {"find": {"type": "medicine", "quantity": 3}},
    {"kill": {"quantity": 3}}, {"go": "kiln_yard"}, {"survive": 100}, {"talk": {"npc": "marta_kell"}},
]  # fmt: skip


def restless(folder: Path) -> Path:
    """Write the soak's content into a folder that does not exist yet."""
    shutil.copytree(gamedata_of(Settings()), folder, ignore=shutil.ignore_patterns("art"))
    for file in (folder / "spawns").glob("*.yaml"):
        spawns = msgspec.yaml.decode(file.read_bytes())
        for spawn in spawns.values():
            spawn.update(most=min(MOST, spawn.get("most", 1) * MANY), minutes=MINUTES)
        file.write_bytes(msgspec.yaml.encode(spawns))
    file = folder / "npcs" / "hostile.yaml"
    npcs = msgspec.yaml.decode(file.read_bytes())
    for npc in npcs.values():
        npc["inflicts"] = {"effect": "bleeding", "chance": BITES}
    file.write_bytes(msgspec.yaml.encode(npcs))
    steps = [{**step, "says": "Go on."} for step in STEPS]
    quest = {"title": "The watch", "at_start": True, "offer": "Somebody must.", "steps": steps, "end": "Nobody comes so far."}
    (folder / "quests" / "watch.yaml").write_bytes(msgspec.yaml.encode({QUEST: quest}))
    return folder


@functools.cache
def world() -> World:
    """That content, loaded."""
    with tempfile.TemporaryDirectory() as folder:
        return content.load(restless(Path(folder) / "gamedata"))


def rooms(safe: int, dangerous: int) -> tuple[list[str], list[str]]:
    """Rooms around the market, nearest first: some into which no enemy comes, and some into which enemies come."""
    city = world()
    found = [CENTRE]
    for here in found:
        found += [way.to for way in city.locations[here].exits.values() if way.to not in found]
    reached = Populations(city).reached
    return [one for one in found if one not in reached][:safe], [one for one in found if one in reached][:dangerous]
