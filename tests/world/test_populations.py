"""Populations: who lives as a row, and where."""

from pathlib import Path

from echoes.world.content import load
from echoes.world.model import Spawn
from echoes.world.populations import Populations, locations_of, stays
from world.small_city import City

SHIPPED = load(Path(__file__).parents[2] / "gamedata")


def test_a_spawn_lives_where_its_district_and_danger_allow():
    """All three conditions count, and named locations count alone."""
    found = locations_of(Spawn("rat", least_danger=2, most_danger=3), SHIPPED.locations)
    assert found == tuple(sorted(found))
    assert set(found) == {place for place, location in SHIPPED.locations.items() if 2 <= location.danger_level <= 3}
    district = SHIPPED.locations[found[0]].district
    near = locations_of(Spawn("rat", district=district), SHIPPED.locations)
    assert set(near) == {place for place, one in SHIPPED.locations.items() if one.district == district and one.danger_level >= 1}
    assert locations_of(Spawn("rat", locations=("b", "a", "b"), least_danger=5), SHIPPED.locations) == ("a", "b")


def test_a_hostile_npc_of_a_location_is_a_population_of_one(city: City):
    """It has its own time to come back; an NPC that is not hostile has no row and stays."""
    world = load(city.folder)
    assert world.npcs["rat"].disposition == "hostile"
    rat = Populations(world).by_id["street.rat"]
    assert (rat.npc, rat.most, rat.seconds, rat.locations) == ("rat", 1, 1200.0, ("street",))
    assert Populations(world).reached == {"street"}
    assert stays(world.locations["street"], world) == []
    city.change("npcs/animals.yaml", "hostile", "friendly")
    world = load(city.folder)
    assert not Populations(world).by_id
    assert stays(world.locations["street"], world) == ["rat"]
