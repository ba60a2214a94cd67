"""The cached kinds of the game: one declaration each."""

from collections.abc import Iterable, Mapping
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
"""Things on the ground of a location; their version is the place row's."""

NPCS = CachedKind("npcs", "location:{id}:npcs", "list", 600.0, list[NpcRow])
"""NPCs with a row in a location; their version is the place row's `npc_version`."""

LOCATION = CachedKind("location", "location:{id}:cache", "hash", None, Location, near=True)
"""A location as the content has it; its version is the content's number."""

ITEM = CachedKind("item", "item:{id}:def", "hash", None, Item, near=True)
"""An item's template; version as above."""

NPC = CachedKind("npc", "npc:{id}:def", "hash", None, Npc, near=True)
"""The template of an NPC; its version as above."""


class Manifest(Struct, frozen=True):
    """The content in force: the ids by kind, and the parts that are too small for a cache entry of their own."""

    start: Start
    loot: dict[str, Loot]
    ids: dict[str, list[str]]
    rest: dict[str, dict[str, Raw]] = {}
    """Content that a later release has added, by part and id."""


MANIFEST = CachedKind("content", "content:{id}", "hash", None, Manifest)
"""`active` names everything of the content in force; written when all of it is cached."""

KINDS: Mapping[str, CachedKind] = MappingProxyType(
    {kind.name: kind for kind in (CHARACTER, INVENTORY, GROUND, NPCS, LOCATION, ITEM, NPC, MANIFEST)}
)
"""By name."""


def kinds_of(offered: Iterable[CachedKind]) -> Mapping[str, CachedKind]:
    """Return the core's kinds and those of extensions, by name. No name is of both: an extension's begin with its own and a point."""
    return MappingProxyType({**KINDS, **{kind.name: kind for kind in offered}})


CONTENT = frozenset({LOCATION, ITEM, NPC, MANIFEST})
"""Cached kinds that hold the content."""
