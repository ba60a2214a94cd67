"""The types of single values: ids, names, prose, counts, directions and slots."""

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


REMAINS = "remains"
"""The item that stands for a dead character's things. The game itself makes it."""


class Placement(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A number of one item, placed when the world or a character is made."""

    item: Id
    """Which item."""
    quantity: Count = 1
    """How many of it."""
