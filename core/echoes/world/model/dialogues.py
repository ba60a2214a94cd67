"""Dialogues: what an NPC says, what a player may answer, and what follows from it."""

from typing import Annotated

from msgspec import Meta, Struct

from .basics import Id, NotNegative, Placement, Word

Speech = Annotated[str, Meta(min_length=1, max_length=900)]
Answer = Annotated[str, Meta(min_length=1, max_length=120)]
MOST_CHOICES = 8
"""Choices of one passage at most."""
MOST_FLAGS = 500
"""Different flags that all dialogues together may set."""


class Needs(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Conditions. All of them must hold; without any, they always hold."""

    has: tuple[Placement, ...] = ()
    """Things that the character carries or wears."""
    scrap: NotNegative = 0
    """Scrap that the character has."""
    flags: tuple[Id, ...] = ()
    """Flags that the character has."""
    without: tuple[Id, ...] = ()
    """Flags that the character does not have."""


class Consequences(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Consequences of a choice, in one commit. A choice whose things or scrap the character lacks is not offered."""

    give: tuple[Placement, ...] = ()
    """Things that the character gets."""
    take: tuple[Placement, ...] = ()
    """Things that the character hands over: neither worn nor personal ones."""
    earn: NotNegative = 0
    """Scrap that the character gets."""
    pay: NotNegative = 0
    """Scrap that the character pays."""
    sets: tuple[Id, ...] = ()
    """Flags that the character has from now on."""
    clears: tuple[Id, ...] = ()
    """Flags that the character has no longer."""
    begins: Id | None = None
    """A quest that begins. The choice is offered only to a character that can begin it."""


class Choice(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One answer that the player may choose."""

    says: Answer
    """The player's words, as they are offered."""
    to: Id | None = None
    """The passage that follows. None: the conversation ends."""
    needs: Needs = Needs()
    """When it is offered."""
    does: Consequences = Consequences()
    """Consequences of the choice, besides the next passage."""
    trade: bool = False
    """The list of the NPC's goods is shown, too."""


class Passage(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The NPC's words at one point, and the choices that the player then has."""

    says: Speech
    """The words of the NPC."""
    choices: Annotated[dict[Id, Choice], Meta(max_length=MOST_CHOICES)] = {}
    """By id. Without choices the conversation ends here. At least one choice has neither conditions nor a price."""


class Opening(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A passage that a conversation may begin with."""

    to: Id
    """The passage."""
    needs: Needs = Needs()
    """When it is the one."""


class Topic(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Something that the player may ask about (`ask Marta about the bell`)."""

    says: Speech
    """The answer."""
    words: tuple[Word, ...] = ()
    """Words that mean it, besides its id."""
    needs: Needs = Needs()
    """When the NPC has this answer."""
    sets: tuple[Id, ...] = ()
    """Flags that the character has from now on."""


class Dialogue(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """All that one NPC has to say. Its id is the NPC's."""

    openings: Annotated[tuple[Opening, ...], Meta(min_length=1, max_length=20)]
    """The first one whose conditions hold begins the conversation; the last one has none."""
    passages: Annotated[dict[Id, Passage], Meta(min_length=1, max_length=60)]
    """By id."""
    topics: Annotated[dict[Id, Topic], Meta(max_length=40)] = {}
    """By id; `the_bell` is asked for as `the bell`."""
    shrug: Speech = ""
    """The answer to a topic that the NPC knows nothing about."""
