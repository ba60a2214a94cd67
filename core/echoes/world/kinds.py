"""The kinds of content: one declaration each. The loader, the check, the stored parts, the schemas and the summary read this table."""

from types import MappingProxyType
from typing import NamedTuple

from msgspec import Struct

from .model import Dialogue, Effect, Item, Location, Loot, Mystery, Npc, Quest, Spawn

Kind = str
"""The name of a kind of content, as messages say it: `loot table`."""


class ContentKind(NamedTuple):
    """One kind of content.

    `part` names its stored parts, `folder` is its folder in the game data, `table` its field in `World`. `unused` is the warning for one that
    nothing refers to; empty when that is no fault.
    """

    name: Kind
    part: str
    folder: str
    table: str
    struct: type[Struct]
    unused: str = ""


LOCATION = ContentKind("location", "location", "locations", "locations", Location)
"""Each has a file to itself; its name is the id."""
KINDS = (
    LOCATION,
    ContentKind(
        "item", "item", "items", "items", Item, "nobody can get this item: it is in no kit, location or loot table, and nobody trades it"
    ),
    ContentKind("npc", "npc", "npcs", "npcs", Npc, "this npc is in no location and in no spawn"),
    ContentKind("loot table", "loot", "loot", "loot", Loot, "nothing yields from this loot table"),
    ContentKind("spawn", "spawn", "spawns", "spawns", Spawn),
    ContentKind("effect", "effect", "effects", "effects", Effect),
    ContentKind("dialogue", "dialogue", "dialogues", "dialogues", Dialogue),
    ContentKind("quest", "quest", "quests", "quests", Quest),
    ContentKind("mystery", "mystery", "mysteries", "mysteries", Mystery),
)
BY_NAME = MappingProxyType({kind.name: kind for kind in KINDS})
BY_FOLDER = MappingProxyType({kind.folder: kind for kind in KINDS})
