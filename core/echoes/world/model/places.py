"""Locations: their exits, what stands in them, and what lies there at the beginning."""

from typing import Annotated

from msgspec import Meta, Struct

from .basics import Direction, Id, Name, Placement, Prose, Word


class Exit(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A way out of a location, and what walking it costs."""

    to: Id
    """The location that it leads to."""
    stamina: Annotated[int, Meta(ge=0, le=100)] = 5
    """Stamina that walking it costs."""
    one_way: bool = False
    """Declares that no exit leads back; without it, `echoes check` demands one."""
    look: Annotated[str, Meta(max_length=400)] = ""
    """The text that a look that way shows."""


class Interactable(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Something fixed in a location that can be looked at and, when it names a loot table, searched."""

    name: Name
    """Its name in a sentence."""
    description: Prose
    """The text that a look at it shows."""
    aliases: tuple[Word, ...] = ()
    """Other words that players may type for it."""
    loot: Id | None = None
    """The loot table that a search draws from; none means that it cannot be searched."""
    gives: Id | None = None
    """An item that every player can take here who carries none. It is personal: it can be neither dropped, given nor sold."""
    stamina: Annotated[int, Meta(ge=0, le=100)] = 3
    """Stamina that a search costs."""
    workbench: bool = False
    """Whether things can be repaired at it."""
    refill_minutes: Annotated[float, Meta(gt=0, le=10_080)] = 15
    """How long it stays empty after a search."""


class Laid(Placement, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Things that lie in a location when the world is made."""

    returns_minutes: Annotated[float, Meta(gt=0, le=10_080)] | None = None
    """How long after the last of them was taken they lie there again, at most; none means never."""


class Location(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One place in the city. The file's name (without `.yaml`) is its id."""

    name: Name
    """The heading above its description."""
    district: Name
    """The part of the city that it belongs to."""
    description: Prose
    """The text that a player reads on arrival."""
    x: Annotated[int, Meta(ge=-1000, le=1000)]
    """Map coordinate; grows to the east."""
    y: Annotated[int, Meta(ge=-1000, le=1000)]
    """Map coordinate; grows to the north. No two locations share both."""
    exits: dict[Direction, Exit]
    """The ways out, by direction."""
    danger_level: Annotated[int, Meta(ge=0, le=5)] = 0
    """How dangerous it is to linger here; 0 is safe."""
    image_path: Annotated[str, Meta(pattern=r"^images/[a-z0-9_/]+\.svg$")] = ""
    """Relative to `gamedata/`; served under the same path. Empty means `images/locations/<id>.svg`."""
    image_alt: Annotated[str, Meta(max_length=300)] = ""
    """A description of the picture, for players who do not see it."""
    tags: tuple[Id, ...] = ()
    """Words of your own, to group locations by."""
    causes: tuple[Id, ...] = ()
    """Effects that begin for a character that walks in."""
    rest_gives: tuple[Id, ...] = ()
    """Effects that begin for a character that sits down to rest here."""
    cures: tuple[Id, ...] = ()
    """Effects that end for a character that walks in."""
    interactables: dict[Id, Interactable] = {}
    """The things that can be looked at and searched here, by id."""
    npcs: tuple[Id, ...] = ()
    """NPCs that are here when the world is made; once for each of them."""
    items: tuple[Laid, ...] = ()
    """Things that lie here when the world is made."""
