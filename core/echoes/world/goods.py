"""Are things and people sound in themselves? What the game takes for granted about them beyond their fields' types."""

from collections.abc import Iterator, Mapping
from typing import Final

from .draft import Draft, DraftEntry, values
from .model import BEHAVIOURS, Damage, Item, Location, Npc, Spawn
from .nearest import did_you_mean
from .populations import locations_of
from .problem import Problem, Trail, quoted

CONSUMED: Final = ("food", "drink", "medicine")
WORN: Final = ("armor", "clothing")
MONEY: Final = "scrap"
"""The template under which the ledger counts money."""


def check_goods(draft: Draft, pictures: frozenset[str] | None) -> Iterator[Problem]:
    """Find every thing that contradicts itself. `pictures` are the served paths of those that exist; None: do not ask."""
    for item_entry, item in values(draft.items):
        yield from _item(item_entry, item)
    yield from _people(draft)
    for loot_entry, loot in values(draft.loot):
        if not loot.entries and not loot_entry.is_faulty("entries"):
            yield loot_entry.problem(("entries",), "an empty loot table yields nothing; leave it out where it is named")
        for index, line in enumerate(loot.entries if not loot_entry.is_faulty("entries") else ()):
            if line.least > line.most:
                yield loot_entry.problem(("entries", index, "least"), f"least ({line.least}) is more than most ({line.most})")
    if pictures is not None:
        for entry, location in values(draft.locations):
            if not entry.is_faulty("image_path") and (path := picture_of(entry.id, location)) not in pictures:
                yield entry.problem(("image_path",), f"no picture {path!r}")


def picture_of(location_id: str, location: Location) -> str:
    """Give the path, relative to the content folder and to the server's root, of a location's picture."""
    return location.image_path or f"images/locations/{location_id}.svg"


def _item(entry: DraftEntry[Item], item: Item) -> Iterator[Problem]:
    if entry.id == MONEY:
        yield entry.problem((), f"no item can be called {MONEY!r}: it is the money")

    def wrong(when: bool, field: str, message: str) -> Iterator[Problem]:
        if when and not entry.is_faulty(field):
            trail: Trail = (field,)
            yield entry.problem(trail, message)

    yield from wrong(item.stackable and item.slot is not None, "slot", "a stackable item cannot be worn or wielded: no slot")
    yield from wrong(item.stackable and item.durability is not None, "durability", "a stackable item does not wear out: no durability")
    yield from wrong(item.type == "weapon" and item.damage is None, "damage", "a weapon needs damage {low, high}")
    yield from wrong(item.type == "weapon" and item.slot is None, "slot", "a weapon needs a slot to be wielded in")
    yield from wrong(item.type == "bag" and item.slot != "back", "slot", "a bag is worn on the back: slot: back")
    nothing = (item.restores is None or not (item.restores.hp or item.restores.stamina)) and not (item.gives or item.cures)
    yield from wrong(
        item.type in CONSUMED and nothing, "restores", f"{item.type} must restore some hp or stamina, or give or cure an effect"
    )
    yield from wrong(item.repairs > 0 and item.durability is None, "durability", "a repair kit needs durability: its number of uses")
    if item.damage is not None:
        yield from _damage(entry, item.damage)
    if item.type in WORN and item.slot is None and not entry.is_faulty("slot"):
        yield entry.problem(("slot",), f"{item.type} without a slot cannot be worn", severity="warning")


def _people(draft: Draft) -> Iterator[Problem]:
    for entry, npc in values(draft.npcs):
        yield from _damage(entry, npc.damage)
        if "." not in npc.behaviour and npc.behaviour not in BEHAVIOURS and not entry.is_faulty("behaviour"):
            yield entry.problem(("behaviour",), f"no behaviour {quoted(npc.behaviour)}{did_you_mean(npc.behaviour, BEHAVIOURS)}")
    locations = {entry.id: location for entry, location in values(draft.locations)}
    for spawn_entry, spawn in values(draft.spawns):
        yield from _spawn(spawn_entry, spawn, locations)


def _spawn(entry: DraftEntry[Spawn], spawn: Spawn, locations: Mapping[str, Location]) -> Iterator[Problem]:
    districts = {location.district for location in locations.values()}
    if spawn.district and spawn.district not in districts:
        yield entry.problem(
            ("district",), f"no location is in the district {quoted(spawn.district)}{did_you_mean(spawn.district, districts)}"
        )
    elif spawn.least_danger > spawn.most_danger:
        yield entry.problem(("least_danger",), f"least_danger ({spawn.least_danger}) is more than most_danger ({spawn.most_danger})")
    elif not locations_of(spawn, locations):
        yield entry.problem((), "no location has this district and danger: nobody of this spawn would live anywhere")


def _damage(entry: DraftEntry[Item] | DraftEntry[Npc], damage: Damage) -> Iterator[Problem]:
    if damage.low > damage.high:
        yield entry.problem(("damage", "low"), f"low ({damage.low}) is more than high ({damage.high})")
