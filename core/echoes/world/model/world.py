"""The whole content."""

from msgspec import Struct

from .dialogues import Dialogue
from .effects import Effect
from .people import Npc, Spawn
from .places import Location
from .quests import Mystery, Quest
from .start import Start
from .things import Item, Loot


class World(Struct, frozen=True, omit_defaults=True):
    """All the content, as loaded and checked. A kind of content that has come later has a default: content without it keeps its version."""

    start: Start
    locations: dict[str, Location]
    items: dict[str, Item]
    npcs: dict[str, Npc]
    loot: dict[str, Loot]
    version: str
    """A hash over the content: two workers with the same version tell the same story."""
    spawns: dict[str, Spawn] = {}
    effects: dict[str, Effect] = {}
    dialogues: dict[str, Dialogue] = {}
    """By the NPC's id."""
    quests: dict[str, Quest] = {}
    mysteries: dict[str, Mystery] = {}
