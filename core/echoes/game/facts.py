"""Domain events: typed facts, committed with the changes that they report.

Quests, statistics and observers of extensions read the same facts. Speech leaves no row and no fact.
"""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct


class Fact(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A domain event. `character_id` is the character that acted, or 0. An extension's facts are subclasses with a tag of `<plugin>.<name>`."""

    character_id: int = 0


class Moved(Fact, frozen=True, tag="moved"):
    """A character walked."""

    origin: str
    to: str


class Took(Fact, frozen=True, tag="took"):
    """A character picked something up, or was given it."""

    item: str
    quantity: int
    source: Literal["ground", "search", "corpse", "gift", "trade", "reward"] = "ground"


class Dropped(Fact, frozen=True, tag="dropped"):
    """A character laid something down."""

    item: str
    quantity: int
    location_id: str


class Gave(Fact, frozen=True, tag="gave"):
    """A character handed something to another one, or to an NPC."""

    item: str
    quantity: int
    to: str
    """`character:ID` or `npc:TEMPLATE`."""


class Used(Fact, frozen=True, tag="used"):
    """A character used something: ate, drank, bandaged, read."""

    item: str
    location_id: str


class Searched(Fact, frozen=True, tag="searched"):
    """A character searched something."""

    location_id: str
    thing: str
    found: int
    """How many pieces."""


class Equipped(Fact, frozen=True, tag="equipped"):
    """A character put something on."""

    item: str
    slot: str


class Talked(Fact, frozen=True, tag="talked"):
    """A character talked with an NPC: began a conversation, made a choice, or asked about a topic."""

    npc: str
    passage: str = ""
    """The passage that the character has come to; empty at the end of the conversation and for a topic."""
    choice: str = ""
    topic: str = ""


class Bought(Fact, frozen=True, tag="bought"):
    """A character bought something from an NPC."""

    item: str
    quantity: int
    npc: str
    scrap: int
    """The price of all of it."""


class Sold(Fact, frozen=True, tag="sold"):
    """A character sold something to an NPC."""

    item: str
    quantity: int
    npc: str
    scrap: int
    """The price of all of it."""


class NpcArrived(Fact, frozen=True, tag="npc_arrived"):
    """An NPC came into a location, or appeared there."""

    npc: str
    location_id: str


class Killed(Fact, frozen=True, tag="killed"):
    """A character had a part in an NPC's death."""

    npc: str
    location_id: str


class Died(Fact, frozen=True, tag="died"):
    """A character died in a fight."""

    location_id: str


class Levelled(Fact, frozen=True, tag="levelled"):
    """A character reached a level."""

    level: int


class Handled(Fact, frozen=True, tag="handled"):
    """A character did with a thing what a quest asks for: scratched it, hung it up."""

    hand: str
    item: str
    location_id: str


class Survived(Fact, frozen=True, tag="survived"):
    """A character came alive to the end of a fight."""

    location_id: str


class ClueFound(Fact, frozen=True, tag="clue_found"):
    """A character found a clue."""

    clue: str
    """`mystery.clue`."""


class QuestBegun(Fact, frozen=True, tag="quest_begun"):
    """A quest of a character began."""

    quest: str


class QuestAdvanced(Fact, frozen=True, tag="quest_advanced"):
    """A character reached a step of a quest."""

    quest: str
    step: int
    """How many steps are reached now."""


class QuestDone(Fact, frozen=True, tag="quest_done"):
    """A character reached the last step of a quest, and got its reward."""

    quest: str


class EffectGained(Fact, frozen=True, tag="effect_gained"):
    """An effect began on a character. One that begins again while it lasts is no fact."""

    effect: str


class Trained(Fact, frozen=True, tag="trained"):
    """A character spent a point on an attribute."""

    attribute: Literal["strength", "agility", "endurance", "intellect"]
    value: int


class Repaired(Fact, frozen=True, tag="repaired"):
    """A character repaired something, or had it repaired."""

    item: str


class Broke(Fact, frozen=True, tag="broke"):
    """A weapon or a piece of armour of a character broke in a fight."""

    item: str


Reason = Literal["time", "cured", "item", "rest", "place", "death"]


class EffectEnded(Fact, frozen=True, tag="effect_ended"):
    """An effect on a character ended. One that others do not see ends without a fact; the character's next change records it."""

    effect: str
    reason: Reason
    """`cured`: by another effect, or to make room."""


def encoded(facts: Sequence[Fact]) -> bytes:
    """As `echoes_apply` takes them: a JSON array."""
    return msgspec.json.encode(facts)


def decoded(type: str, character_id: int | None, body: bytes | str) -> dict[str, Any]:  # noqa: A002
    """A stored fact as plain data, as observers get it."""
    return {"type": type, "character_id": character_id or 0, **msgspec.json.decode(body)}
