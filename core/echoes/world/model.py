"""The schema of the game data: one frozen struct for each thing that a YAML file under `gamedata/` describes.

The loader decodes into these structs, and `echoes check --write-schema` turns them into JSON Schema for editors. A row in PostgreSQL names
its template by id, so an edited description reaches every instance.

Units: weight in kilograms, volume in litres, times in minutes or seconds as the field's name says.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Direction = Literal["north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest", "up", "down", "in", "out"]
OPPOSITE: dict[str, Direction] = {
    "north": "south",
    "northeast": "southwest",
    "east": "west",
    "southeast": "northwest",
    "south": "north",
    "southwest": "northeast",
    "west": "east",
    "northwest": "southeast",
    "up": "down",
    "down": "up",
    "in": "out",
    "out": "in",
}

ItemType = Literal[
    "weapon", "armor", "clothing", "bag", "food", "drink", "medicine", "tool", "material", "ammunition", "document", "trinket"
]
Slot = Literal["head", "body", "hands", "legs", "feet", "back", "main_hand", "off_hand", "neck"]

ID_PATTERN = r"^[a-z][a-z0-9_]{1,47}$"
Id = Annotated[str, Meta(pattern=ID_PATTERN, description="lower-case letters, digits and underscores")]
Name = Annotated[str, Meta(min_length=2, max_length=60)]
Prose = Annotated[str, Meta(min_length=20, max_length=2000)]
Word = Annotated[str, Meta(min_length=1, max_length=40)]
Count = Annotated[int, Meta(ge=1, le=1000)]
NotNegative = Annotated[int, Meta(ge=0, le=100_000)]


class Exit(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A way out of a location, and what walking it costs."""

    to: Id
    """The location that it leads to."""
    stamina: Annotated[int, Meta(ge=0, le=100)] = 5
    """What walking it costs."""
    one_way: bool = False
    """Declares that no exit leads back; without it, `echoes check` demands one."""
    look: Annotated[str, Meta(max_length=400)] = ""
    """What one sees when looking that way."""


class Interactable(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Something fixed in a location that can be looked at and, when it names a loot table, searched."""

    name: Name
    """What it is called in a sentence."""
    description: Prose
    """What one reads when looking at it."""
    aliases: tuple[Word, ...] = ()
    """Other words that players may type for it."""
    loot: Id | None = None
    """The loot table that a search draws from; none means that it cannot be searched."""
    stamina: Annotated[int, Meta(ge=0, le=100)] = 3
    """What a search costs."""
    refill_minutes: Annotated[float, Meta(gt=0, le=10_080)] = 15
    """How long it stays empty after a search."""


class Placement(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A number of one item, placed when the world or a character is made."""

    item: Id
    """Which item."""
    quantity: Count = 1
    """How many of it."""


class Location(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One place in the city. The file's name (without `.yaml`) is its id."""

    name: Name
    """What stands above its description."""
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
    """What the picture shows, for those who do not see it."""
    tags: tuple[Id, ...] = ()
    """Words of your own, to group locations by."""
    interactables: dict[Id, Interactable] = {}
    """What can be looked at and searched here, by id."""
    npcs: tuple[Id, ...] = ()
    """Who is here when the world is made; once for each of them."""
    items: tuple[Placement, ...] = ()
    """What lies here when the world is made."""


class Damage(Struct, frozen=True, forbid_unknown_fields=True):
    """A weapon's blow: at least `low`, at most `high` hit points."""

    low: NotNegative
    """The weakest blow, in hit points."""
    high: NotNegative
    """The strongest."""


class Restores(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What using the thing up gives back to a body."""

    hp: NotNegative = 0
    """Hit points."""
    stamina: NotNegative = 0
    """Stamina points."""


class Item(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A template of things; each instance or stack is one row in PostgreSQL."""

    name: Name
    """What it is called in a sentence."""
    type: ItemType
    """What kind of thing it is; decides what can be done with it."""
    description: Prose
    """What one reads when looking at it."""
    weight: Annotated[float, Meta(ge=0, le=200)]
    """In kilograms."""
    volume: Annotated[float, Meta(ge=0, le=500)]
    """In litres."""
    tier: Annotated[int, Meta(ge=1, le=5)] = 1
    """How rare and how good: 1 is common, 5 the best there is."""
    value: NotNegative = 0
    """What it is worth, in scrap."""
    stackable: bool = False
    """Many of it lie together as one stack; such a thing is neither worn nor worn out."""
    aliases: tuple[Word, ...] = ()
    """Other words that players may type for it."""
    slot: Slot | None = None
    """Where it is worn or wielded."""
    damage: Damage | None = None
    """What it does in a fight. A weapon needs it."""
    armor: NotNegative = 0
    """How much of each blow it takes while worn."""
    durability: Annotated[int, Meta(ge=1, le=1000)] | None = None
    """How many wears a new one stands; none means that it does not wear out (or is used up whole)."""
    carries_weight: Annotated[float, Meta(ge=0, le=200)] = 0
    """For bags: what wearing it adds to the load its bearer can carry, in kilograms."""
    carries_volume: Annotated[float, Meta(ge=0, le=500)] = 0
    """For bags: what wearing it adds to the volume its bearer can carry, in litres."""
    restores: Restores | None = None
    """What using it up gives back. Food, drink and medicine need it."""
    use_text: Annotated[str, Meta(max_length=600)] = ""
    """What its user reads. A document's text."""


class Npc(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A person or an animal of the city that is no player."""

    name: Name
    """What it is called in a sentence."""
    description: Prose
    """What one reads when looking at it."""
    disposition: Literal["friendly", "neutral", "wary", "hostile"]
    """How it meets strangers; a hostile one attacks."""
    level: Annotated[int, Meta(ge=1, le=50)] = 1
    """How strong it is, compared with a player of that level."""
    hp: Annotated[int, Meta(ge=1, le=10_000)] = 20
    """Its hit points when whole."""
    damage: Damage = Damage(1, 3)
    """What its blows do."""
    armor: NotNegative = 0
    """How much of each blow it takes."""
    xp: NotNegative = 0
    """The experience that its defeat is worth."""
    loot: Id | None = None
    """The loot table that its corpse draws from."""
    respawn_minutes: Annotated[float, Meta(gt=0, le=10_080)] = 20
    """How long after its death it is back."""
    aliases: tuple[Word, ...] = ()
    """Other words that players may type for it."""
    greetings: tuple[Annotated[str, Meta(min_length=1, max_length=300)], ...] = ()
    """What it may say when a player arrives or speaks to it."""
    trades: tuple[Id, ...] = ()
    """Items that it buys and sells."""


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
    """What a search or a corpse can yield: `rolls` draws from `entries`, each of which may be nothing."""

    entries: tuple[LootEntry, ...]
    """What can be drawn."""
    rolls: Annotated[int, Meta(ge=1, le=10)] = 1
    """How many draws one search makes."""
    nothing: Annotated[int, Meta(ge=0, le=1000)] = 0
    """The weight of drawing nothing."""


class Body(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a new character's body is like."""

    hp: Annotated[int, Meta(ge=1, le=1000)] = 50
    """Hit points."""
    stamina: Annotated[int, Meta(ge=1, le=1000)] = 100
    """Stamina points."""
    stamina_per_minute: Annotated[float, Meta(gt=0, le=6000)] = 30
    """How fast stamina returns."""
    rest_multiplier: Annotated[float, Meta(ge=1, le=20)] = 4
    """How much faster stamina returns at rest."""
    carry_weight: Annotated[float, Meta(gt=0, le=1000)] = 25
    """What it can carry, in kilograms."""
    carry_volume: Annotated[float, Meta(gt=0, le=1000)] = 30
    """What it can carry, in litres."""


class Start(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`world.yaml`: where a life begins, and with what."""

    location: Id
    """Where a new character stands."""
    arrival: Prose
    """The first thing that a new player reads."""
    kit: tuple[Placement, ...] = ()
    """What a new character carries."""
    body: Body = Body()
    """What a new character's body is like."""


class World(Struct, frozen=True):
    """All the content, as loaded and checked."""

    start: Start
    locations: dict[str, Location]
    items: dict[str, Item]
    npcs: dict[str, Npc]
    loot: dict[str, Loot]
    version: str
    """A hash over the content: two workers with the same version tell the same story."""
