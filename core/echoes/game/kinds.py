"""The cached kinds of the game: one declaration each."""

from collections.abc import Mapping
from types import MappingProxyType

from echoes.facilities import CachedKind
from echoes.storage.commits import Character, Thing
from echoes.world.model import Item, Location, Npc

CHARACTER = CachedKind("character", "player:{id}:character", "hash", 1800.0, Character, near=True)
"""A character's row. Its near copy counts only on the worker that holds the session, which hears of others' changes on `game:cache`."""

INVENTORY = CachedKind("inventory", "player:{id}:inventory", "list", 600.0, list[Thing], near=True)
"""A character's things; its version is the character row's. Near as above."""

GROUND = CachedKind("ground", "location:{id}:ground", "list", 600.0, list[Thing])
"""What lies in a location; its version is the place row's."""

LOCATION = CachedKind("location", "location:{id}:cache", "hash", None, Location, near=True)
"""A location as the content has it; its version is the content's number."""

ITEM = CachedKind("item", "item:{id}:def", "hash", None, Item, near=True)
"""An item's template; version as above."""

NPC = CachedKind("npc", "npc:{id}:def", "hash", None, Npc, near=True)
"""Somebody of the city; version as above."""

KINDS: Mapping[str, CachedKind] = MappingProxyType({kind.name: kind for kind in (CHARACTER, INVENTORY, GROUND, LOCATION, ITEM, NPC)})
"""By name."""
