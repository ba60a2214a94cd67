"""Templates of NPCs, and their populations."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from .basics import Id, Name, NotNegative, Prose, Word
from .effects import Inflicts
from .things import Damage

BEHAVIOURS = ("stand", "wander", "guard", "hunt", "pack", "flee")
"""The behaviours of the core."""
BEHAVIOUR_PATTERN = r"^([a-z][a-z0-9_]{0,47}\.)?[a-z][a-z0-9_]{1,47}$"
MOST_OF_A_SPAWN = 50
"""NPCs of one population at most."""


class Npc(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A person or an animal of the city that is no player."""

    name: Name
    """Its name in a sentence."""
    description: Prose
    """The text that a look at it shows."""
    disposition: Literal["friendly", "neutral", "wary", "hostile"]
    """How it meets strangers; a hostile one attacks."""
    level: Annotated[int, Meta(ge=1, le=50)] = 1
    """How strong it is, compared with a player of that level."""
    hp: Annotated[int, Meta(ge=1, le=10_000)] = 20
    """Its hit points when whole."""
    damage: Damage = Damage(1, 3)
    """The damage of its blows."""
    armor: NotNegative = 0
    """How much of each blow it takes."""
    inflicts: Inflicts | None = None
    """Effects that its blows may cause besides."""
    xp: NotNegative = 0
    """The experience that its defeat is worth."""
    loot: Id | None = None
    """The loot table that its corpse draws from."""
    respawn_minutes: Annotated[float, Meta(gt=0, le=10_080)] = 20
    """How long after its death it is back, when a location names it. A population has its own time."""
    behaviour: Annotated[str, Meta(pattern=BEHAVIOUR_PATTERN)] = "stand"
    """How it moves: `stand`, `wander`, `guard`, `hunt`, `pack`, `flee`, or an extension's `plugin.name`."""
    moves_every: Annotated[float, Meta(ge=5, le=86_400)] = 90
    """Seconds between two of its moves, on average."""
    comes: Annotated[str, Meta(min_length=1, max_length=60)] = "comes in"
    """The verb for its arrival: a hound `pads in` from the south."""
    goes: Annotated[str, Meta(min_length=1, max_length=60)] = "goes"
    """The verb for its leaving: a hound `slinks away` to the north."""
    aliases: tuple[Word, ...] = ()
    """Other words that players may type for it."""
    greetings: tuple[Annotated[str, Meta(min_length=1, max_length=300)], ...] = ()
    """Lines that it may say when a player arrives or speaks to it."""
    trades: tuple[Id, ...] = ()
    """Items that it sells, and buys."""
    buys: tuple[Id, ...] = ()
    """Items that it buys and does not sell."""
    asks: Annotated[int, Meta(ge=50, le=500)] = 130
    """The price that it asks, in percent of an item's value; rounded up."""
    pays: Annotated[int, Meta(ge=0, le=300)] = 50
    """The price that it pays, in percent of an item's value; rounded down for a whole sale."""
    repairs: Annotated[int, Meta(ge=0, le=500)] = 0
    """For a smith: the price of a repair, in percent of what the thing has lost of its value. 0: it repairs nothing."""
    stock: Annotated[int, Meta(ge=1, le=30)] = 6
    """How many of each item it usually has. It takes more of it up to twice as many."""
    restock_minutes: Annotated[float, Meta(gt=0, le=1440)] = 10
    """In this time one of each item comes in, or is sold on, until it has its usual stock."""


class Spawn(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A population: how many NPCs of a kind live in a part of the city, and how fast they come back."""

    npc: Id
    """Which NPC."""
    most: Annotated[int, Meta(ge=1, le=MOST_OF_A_SPAWN)] = 1
    """How many of them there are at most."""
    minutes: Annotated[float, Meta(gt=0, le=10_080)] = 10
    """How long after one is gone the next one comes."""
    locations: tuple[Id, ...] = ()
    """Where they live. Empty: in every location that `district`, `least_danger` and `most_danger` allow."""
    district: Annotated[str, Meta(max_length=60)] = ""
    """The district that they live in. Empty: any."""
    least_danger: Annotated[int, Meta(ge=0, le=5)] = 1
    """They live in no location that is less dangerous than this."""
    most_danger: Annotated[int, Meta(ge=0, le=5)] = 5
    """They live in no location that is more dangerous than this."""
