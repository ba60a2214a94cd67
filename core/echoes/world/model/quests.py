"""Quests: what a character is asked to do, step by step; and mysteries, whose clues the journal collects."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from .basics import Count, Id, ItemType, NotNegative, Placement

Title = Annotated[str, Meta(min_length=2, max_length=60)]
Sentence = Annotated[str, Meta(min_length=1, max_length=400)]
ClueId = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{1,47}\.[a-z][a-z0-9_]{1,47}$", description="`mystery.clue`")]
Hand = Literal["use", "scratch", "hang", "light", "pour"]
"""`use` eats, drinks or bandages. The others do something only where a quest asks for it."""
MOST_QUESTS = 100
"""Quests at most. What a character has done is a flag of its own in its row."""
MOST_STEPS = 20
MOST_CLUES = 200
"""Clues of all mysteries together. What a character has found is a flag of its own in its row."""


class Find(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """To have something: an item that is carried, also from before; or something of a type that is picked up from now on. One of the two."""

    item: Id | None = None
    """Which item. One that the character carries already counts."""
    type: ItemType | None = None
    """Anything of this type that the character gets from now on."""
    quantity: Count = 1
    """How many."""


class Bring(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """To hand something over to an NPC: by `give`, or by a choice of its dialogue that takes it."""

    item: Id
    """Which item."""
    to: Id
    """The NPC. It stands somewhere."""
    quantity: Count = 1
    """How many."""


class Kill(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """To have a part in the death of NPCs."""

    npc: Id | None = None
    """Which NPC. None: any."""
    quantity: Count = 1
    """How many."""


class TalkTo(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """To talk with an NPC."""

    npc: Id
    """The NPC. It stands somewhere."""
    passage: Id | None = None
    """The passage of its dialogue that must be reached. None: any talk with it."""


class Handle(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """To do something with a thing: eat, drink or bandage with it (`use`), or what only this quest asks for (`scratch`, `hang`, …)."""

    hand: Hand = "use"
    """The command. `use` counts what is used up."""
    item: Id | None = None
    """Which item. With `use` it may be missing: then `type` says what."""
    type: ItemType | None = None
    """Anything of this type, for `use` only."""
    at: Id | None = None
    """The location where it must be done. None: anywhere."""
    on: Annotated[str, Meta(max_length=40)] = ""
    """Object of the action, as the story says it: `the line`. Players need not type it."""
    takes: bool = False
    """Whether the thing leaves the character with it. Not for `use`."""


class SearchFor(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """To search an interactable; it does not matter what is found."""

    at: Id
    """The location."""
    thing: Id
    """The id of its interactable."""


class Step(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One step of a quest: what is asked for, and exactly one of the goals."""

    says: Sentence
    """Instruction for the player. The first quest names the words to type, too."""
    done: Annotated[str, Meta(max_length=400)] = ""
    """Text of the story when the step is reached."""
    sets: tuple[Id, ...] = ()
    """Flags for dialogues, from when the step is reached."""
    go: Id | None = None
    """To be in this location."""
    find: Find | None = None
    """To have something."""
    bring: Bring | None = None
    """To hand something over."""
    kill: Kill | None = None
    """To defeat an enemy."""
    talk: TalkTo | None = None
    """To talk with an NPC."""
    use: Handle | None = None
    """To do something with a thing."""
    search: SearchFor | None = None
    """To search something."""
    survive: Annotated[int, Meta(ge=1, le=100)] | None = None
    """To come alive to the end of this number of fights."""
    learn: ClueId | None = None
    """To have found this clue."""


class Reward(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Reward at the end of a quest, given once, in the commit of its last step."""

    xp: NotNegative = 0
    """Experience."""
    scrap: NotNegative = 0
    """Scrap, through the ledger."""
    items: Annotated[tuple[Placement, ...], Meta(max_length=8)] = ()
    """Things, through the ledger. What the character cannot carry lies at its feet."""
    sets: tuple[Id, ...] = ()
    """Flags for dialogues."""


class Quest(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A quest. A character does it once. It begins with the character's life (`at_start`), or by a choice of a dialogue (`begins`)."""

    title: Title
    """Title of the quest in the journal."""
    offer: Sentence
    """Text of the story when it begins."""
    steps: Annotated[tuple[Step, ...], Meta(min_length=1, max_length=MOST_STEPS)]
    """In their order. The last one is talk, bring, use or search: its command gives the reward."""
    end: Sentence
    """Text of the story when it is done."""
    reward: Reward = Reward()
    """Reward at its end."""
    at_start: bool = False
    """Whether a new character has it from the beginning."""
    after: tuple[Id, ...] = ()
    """Quests that must be done before."""
    level: Annotated[int, Meta(ge=1, le=50)] = 1
    """The least level at which it can begin."""


class Clue(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Something that answers a part of a mystery: found by looking at one thing or person, or by reading. Exactly one source."""

    says: Sentence
    """Text of the note in the journal."""
    item: Id | None = None
    """An item that is read or looked at."""
    at: Id | None = None
    """With `thing`: the location where it stands."""
    thing: Id | None = None
    """An interactable that is looked at."""
    npc: Id | None = None
    """An NPC that is looked at."""


class Mystery(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A riddle of the city. The journal shows the clues to it that a character has found, together."""

    question: Title
    """Its title in the journal: `Who rang the bell?`."""
    clues: Annotated[dict[Id, Clue], Meta(min_length=2, max_length=40)]
    """By id."""
    answer: Sentence
    """Text of the journal when all clues are found."""
