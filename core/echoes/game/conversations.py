"""Where a character stands in a conversation: kept as text in its row, so that any worker continues it."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

import msgspec
from msgspec import Struct

from echoes.game import quests
from echoes.storage.commits import Character, Thing
from echoes.wire import ChoiceView, TalkView
from echoes.world import talk
from echoes.world.model import Choice, Dialogue, World
from echoes.world.talk import Speaker


class Conversation(Struct, frozen=True, array_like=True):
    """With which NPC, at which of its passages, and the ids of the choices as they were offered: a number means one of these."""

    npc: str
    passage: str
    offered: tuple[str, ...]


def kept(conversation: Conversation | None) -> str:
    """As the character's row keeps it: at most 0.6 KB. No conversation is the empty text."""
    return "" if conversation is None else msgspec.json.encode(conversation).decode()


def standing(me: Character, here: Collection[str], world: World) -> Conversation | None:
    """The conversation that a character is in. None where its NPC is not among those who are `here`, or has no dialogue any more."""
    try:
        found = msgspec.json.decode(me.conversation, type=Conversation)
    except msgspec.MsgspecError:
        return None
    return found if found.npc in here and found.npc in world.npcs and found.npc in world.dialogues else None


def speaker_of(me: Character, things: Iterable[Thing], world: World) -> Speaker:
    """A character as the conditions of a dialogue see it."""
    carried: Counter[str] = Counter()
    loose: Counter[str] = Counter()
    for thing in things:
        carried[thing.template] += thing.quantity
        if can_hand_over(thing, world):
            loose[thing.template] += thing.quantity
    can_begin = {id_ for id_, quest in world.quests.items() if quests.can_begin(id_, quest, me)}
    return Speaker(carried, loose, me.scrap, me.flags, can_begin)


def is_loose(thing: Thing) -> bool:
    """Whether its owner could part with it as it is: it is neither worn nor personal."""
    return not thing.slot and not thing.personal


def can_hand_over(thing: Thing, world: World) -> bool:
    """Whether its owner could hand it over to an NPC that asks for it: it is not worn, and not one of those with which every life begins."""
    of_the_kit = thing.personal and any(one.item == thing.template for one in world.start.kit)
    return not thing.slot and not of_the_kit


def come_to(npc: str, passage_id: str, dialogue: Dialogue, speaker: Speaker) -> tuple[Conversation | None, Sequence[tuple[str, Choice]]]:
    """Where a conversation stands that has come to a passage, and the choices there; None when it ends with that passage."""
    choices = talk.offered(dialogue.passages[passage_id], speaker)
    return (Conversation(npc, passage_id, tuple(id_ for id_, _ in choices)) if choices else None), choices


def view_of(me: Character, things: Iterable[Thing], here: Collection[str], world: World) -> TalkView | None:
    """View of the conversation that a character is in; None when it is in none."""
    found = standing(me, here, world)
    if found is None or (passage := world.dialogues[found.npc].passages.get(found.passage)) is None:
        return None
    choices = [(id_, passage.choices[id_]) for id_ in found.offered if id_ in passage.choices]
    return shown(
        found.npc, found.passage, passage.says, choices, world, talk.topics(world.dialogues[found.npc], speaker_of(me, things, world))
    )


def shown(
    npc: str, passage: str, says: str, choices: Iterable[tuple[str, Choice]], world: World, topics: Iterable[tuple[str, object]]
) -> TalkView:
    """A conversation as clients show it."""
    return TalkView(
        npc,
        world.npcs[npc].name,
        passage,
        says,
        [ChoiceView(id_, choice.says) for id_, choice in choices],
        [name_of(id_) for id_, _ in topics],
    )


def name_of(topic_id: str) -> str:
    """Name of a topic: `the_bell` is the bell."""
    return topic_id.replace("_", " ")


def as_prose(view: TalkView) -> str:
    """The NPC's words and the possible answers, as one line of the story."""
    choices = [f"{number}: {choice.text}" for number, choice in enumerate(view.choices, 1)]
    return " ".join([f"{view.name}: “{view.says}”", *choices])
