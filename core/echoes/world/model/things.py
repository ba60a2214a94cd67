"""Templates of things, and the loot tables that yield them."""

from typing import Annotated

from msgspec import Meta, Struct

from .basics import Count, Id, ItemType, Name, NotNegative, Prose, Slot, Word
from .effects import Inflicts


class Damage(Struct, frozen=True, forbid_unknown_fields=True):
    """A weapon's blow: at least `low`, at most `high` hit points."""

    low: NotNegative
    """The weakest blow, in hit points."""
    high: NotNegative
    """The strongest."""


class Restores(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Health and stamina that using the thing up gives back to a body."""

    hp: NotNegative = 0
    """Hit points."""
    stamina: NotNegative = 0
    """Stamina points."""


class Item(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A template of things; each instance or stack is one row in PostgreSQL."""

    name: Name
    """Its name in a sentence."""
    type: ItemType
    """The kind of thing; it decides which commands work on it."""
    description: Prose
    """The text that a look at it shows."""
    weight: Annotated[float, Meta(ge=0, le=200)]
    """In kilograms."""
    volume: Annotated[float, Meta(ge=0, le=500)]
    """In litres."""
    tier: Annotated[int, Meta(ge=1, le=5)] = 1
    """How rare and how good: 1 is common, 5 the best there is."""
    value: NotNegative = 0
    """Its value, in scrap."""
    stackable: bool = False
    """Many of it lie together as one stack; such a thing is neither worn nor worn out."""
    aliases: tuple[Word, ...] = ()
    """Other words that players may type for it."""
    slot: Slot | None = None
    """Where it is worn or wielded."""
    damage: Damage | None = None
    """Its damage in a fight. A weapon needs it."""
    inflicts: Inflicts | None = None
    """Effects that a blow with it may cause besides."""
    armor: NotNegative = 0
    """How much of each blow it takes while worn."""
    durability: Annotated[int, Meta(ge=1, le=1000)] | None = None
    """How many blows a new one deals or takes, or how many uses a kit has; none means that it does not wear out."""
    carries_weight: Annotated[float, Meta(ge=0, le=200)] = 0
    """For bags: what wearing it adds to the load its bearer can carry, in kilograms."""
    carries_volume: Annotated[float, Meta(ge=0, le=500)] = 0
    """For bags: what wearing it adds to the volume its bearer can carry, in litres."""
    repairs: Annotated[int, Meta(ge=0, le=1000)] = 0
    """For a repair kit: how much durability one use of it gives back. Its own durability is its number of uses."""
    restores: Restores | None = None
    """Health and stamina that using it up gives back. Food, drink and medicine need it, or `gives`, or `cures`."""
    gives: tuple[Id, ...] = ()
    """Effects that begin when it is used up."""
    cures: tuple[Id, ...] = ()
    """Effects that end when it is used up."""
    use_text: Annotated[str, Meta(max_length=600)] = ""
    """The text that its user reads: a document's."""


class LootEntry(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line of a loot table; its chance is its weight over the sum of all weights, `nothing` included."""

    item: Id
    """Which item."""
    weight: Annotated[int, Meta(ge=1, le=1000)] = 1
    """Its share in the draw, beside the other lines' and `nothing`."""
    least: Count = 1
    """The fewest of it that one draw gives."""
    most: Count = 1
    """The most of it."""


class Loot(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The things that a search or a corpse can yield: `rolls` draws from `entries`, each of which may be nothing."""

    entries: tuple[LootEntry, ...]
    """The things that can be drawn."""
    rolls: Annotated[int, Meta(ge=1, le=10)] = 1
    """How many draws one search makes."""
    nothing: Annotated[int, Meta(ge=0, le=1000)] = 0
    """The weight of drawing nothing."""
