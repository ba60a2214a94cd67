"""The cached kinds of the game: one declaration each."""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Raw, Struct

from echoes.facilities import CachedKind
from echoes.storage.commits import Character, Thing
from echoes.storage.npcs import NpcRow
from echoes.world.model import Item, Location, Loot, Npc, Start

CHARACTER = CachedKind("character", "player:{id}:character", "hash", 1800.0, Character, near=True)
"""A character's row. Its near copy counts only on the worker that holds the session, which hears of others' changes on `game:cache`."""

INVENTORY = CachedKind("inventory", "player:{id}:inventory", "list", 600.0, list[Thing], near=True)
"""A character's things; its version is the character row's. Near as above."""

GROUND = CachedKind("ground", "location:{id}:ground", "list", 600.0, list[Thing])
"""What lies in a location; its version is the place row's."""

NPCS = CachedKind("npcs", "location:{id}:npcs", "list", 600.0, list[NpcRow])
"""Who is in a location and no player; its version is the place row's `npc_version`."""

LOCATION = CachedKind("location", "location:{id}:cache", "hash", None, Location, near=True)
"""A location as the content has it; its version is the content's number."""

ITEM = CachedKind("item", "item:{id}:def", "hash", None, Item, near=True)
"""An item's template; version as above."""

NPC = CachedKind("npc", "npc:{id}:def", "hash", None, Npc, near=True)
"""The template of an NPC; its version as above."""


class Manifest(Struct, frozen=True):
    """What belongs to the content in force: the ids by kind, and what is too small to be cached by itself."""

    start: Start
    loot: dict[str, Loot]
    ids: dict[str, list[str]]
    rest: dict[str, dict[str, Raw]] = {}
    """By part and id: what a later release has added to the content."""


MANIFEST = CachedKind("content", "content:{id}", "hash", None, Manifest)
"""`active` names everything of the content in force; written when all of it is cached."""

KINDS: Mapping[str, CachedKind] = MappingProxyType(
    {kind.name: kind for kind in (CHARACTER, INVENTORY, GROUND, NPCS, LOCATION, ITEM, NPC, MANIFEST)}
)
"""By name."""

CONTENT = frozenset({LOCATION, ITEM, NPC, MANIFEST})
"""What the content is made of."""
