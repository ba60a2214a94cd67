"""The cached kinds of the game: one declaration each."""

from echoes.facilities import CachedKind
from echoes.storage.commits import Thing

INVENTORY = CachedKind("inventory", "player:{id}:inventory", "list", 600.0, list[Thing])
"""A character's things; its version is the character row's."""

GROUND = CachedKind("ground", "location:{id}:ground", "list", 600.0, list[Thing])
"""What lies in a location; its version is the place row's."""

KINDS = (INVENTORY, GROUND)
