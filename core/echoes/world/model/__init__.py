"""The schema of the game data: one frozen struct for each thing that a YAML file under `gamedata/` describes.

The loader decodes into these structs, and `echoes check --write-schema` turns them into JSON Schema for editors. A row in PostgreSQL names
its template by id, so an edited description reaches every instance.

Units: weight in kilograms, volume in litres, times in minutes or seconds as the field's name says.
"""

from .basics import (
    ID_PATTERN,
    OPPOSITE,
    REMAINS,
    Count,
    Direction,
    Id,
    ItemType,
    Name,
    NotNegative,
    Placement,
    Prose,
    Slot,
    Word,
)  # fmt: skip
from .dialogues import MOST_FLAGS, Choice, Consequences, Dialogue, Needs, Opening, Passage, Topic
from .effects import TICKS, Changes, Effect, Inflicts, Tick
from .people import BEHAVIOURS, Npc, Spawn
from .places import Exit, Interactable, Laid, Location
from .quests import (
    MOST_CLUES,
    MOST_QUESTS,
    Bring,
    Clue,
    Find,
    Handle,
    Kill,
    Mystery,
    Quest,
    Reward,
    SearchFor,
    Step,
    TalkTo,
)  # fmt: skip
from .start import Body, Start
from .things import Damage, Item, Loot, LootEntry, Restores
from .world import World

__all__ = [
    "BEHAVIOURS",
    "ID_PATTERN",
    "MOST_CLUES",
    "MOST_FLAGS",
    "MOST_QUESTS",
    "OPPOSITE",
    "REMAINS",
    "TICKS",
    "Body",
    "Bring",
    "Changes",
    "Choice",
    "Clue",
    "Consequences",
    "Count",
    "Damage",
    "Dialogue",
    "Direction",
    "Effect",
    "Exit",
    "Find",
    "Handle",
    "Id",
    "Inflicts",
    "Interactable",
    "Item",
    "ItemType",
    "Kill",
    "Laid",
    "Location",
    "Loot",
    "LootEntry",
    "Mystery",
    "Name",
    "Needs",
    "NotNegative",
    "Npc",
    "Opening",
    "Passage",
    "Placement",
    "Prose",
    "Quest",
    "Restores",
    "Reward",
    "SearchFor",
    "Slot",
    "Spawn",
    "Start",
    "Step",
    "TalkTo",
    "Tick",
    "Topic",
    "Word",
    "World",
]  # fmt: skip
