"""The differences between two contents."""

import msgspec
from echoes.settings import gamedata_of, read
from echoes.world import content
from echoes.world.difference import differences
from echoes.world.kinds import KINDS
from echoes.world.parts import Part, put_together, taken_apart

SHIPPED = content.load(gamedata_of(read()))


def test_a_world_taken_apart_is_put_together_again():
    """With the same version; without its start it is none."""
    parts = taken_apart(SHIPPED)
    assert put_together(parts) == SHIPPED
    del parts[Part("start", "start")]
    assert put_together(parts) is None


def test_nothing_is_different_from_itself():
    """However it is stored."""
    assert differences(SHIPPED, msgspec.json.decode(msgspec.json.encode(SHIPPED), type=type(SHIPPED))) == []


def test_the_first_content_is_all_added():
    """There is nothing before it."""
    found = differences(None, SHIPPED)
    assert {one.change for one in found} == {"added"}
    assert len(found) == 1 + sum(len(getattr(SHIPPED, kind.table)) for kind in KINDS)


def test_changed_fields_are_named_and_short_values_shown():
    """One line for each thing; of long prose the line says only that it changed."""
    yard = SHIPPED.locations["kiln_yard"]
    exits = {**yard.exits, "north": msgspec.structs.replace(yard.exits["north"], stamina=99)}
    other = msgspec.structs.replace(
        yard, name="The Cold Yard", description=yard.description + " It is colder than it was.", danger_level=3, exits=exits
    )
    locations = {key: place for key, place in SHIPPED.locations.items() if key not in {"kiln_yard", "overpass"}}
    after = content.stamped(msgspec.structs.replace(SHIPPED, locations={**locations, "kiln_yard": other, "a_new_place": yard}))
    told = [str(one) for one in differences(SHIPPED, after)]
    changed = told[1]
    assert [told[0], told[2]] == ["+ location a_new_place", "- location overpass"]
    assert changed.startswith("~ location kiln_yard: ")
    assert f"name {yard.name!r} → 'The Cold Yard'" in changed
    assert "danger_level nothing → 3" in changed
    assert f"exits.north.stamina {yard.exits['north'].stamina} → 99" in changed or "exits.north.stamina nothing → 99" in changed
    assert ", description" in changed
    assert yard.description not in changed
