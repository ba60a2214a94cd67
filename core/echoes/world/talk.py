"""The rules of conversations: which passage comes first, which choices are offered, which topics have an answer. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from .model import Choice, Dialogue, Needs, Passage, Placement, Topic


class Speaker(NamedTuple):
    """A character as the conditions of a dialogue see it. `loose` are the things by template that it can hand over; `carried` are all."""

    carried: Mapping[str, int]
    loose: Mapping[str, int]
    scrap: int
    flags: Iterable[str]
    can_begin: Collection[str] = ()
    """The quests that it can begin now."""


def holds(needs: Needs, speaker: Speaker) -> bool:
    """Whether all conditions hold."""
    flags = set(speaker.flags)
    return (
        speaker.scrap >= needs.scrap
        and flags.issuperset(needs.flags)
        and flags.isdisjoint(needs.without)
        and _has(speaker.carried, needs.has)
    )


def is_offered(choice: Choice, speaker: Speaker) -> bool:
    """Whether the conditions hold, the character has what the choice takes, and it can begin the quest that the choice begins."""
    begins = choice.does.begins is None or choice.does.begins in speaker.can_begin
    return begins and holds(choice.needs, speaker) and speaker.scrap >= choice.does.pay and _has(speaker.loose, choice.does.take)


def opening(dialogue: Dialogue, speaker: Speaker) -> str:
    """The passage that a conversation begins with."""
    return next((one.to for one in dialogue.openings if holds(one.needs, speaker)), dialogue.openings[-1].to)


def offered(passage: Passage, speaker: Speaker) -> Sequence[tuple[str, Choice]]:
    """The choices that a passage offers this character, in order, with their ids."""
    return [(id_, choice) for id_, choice in passage.choices.items() if is_offered(choice, speaker)]


def topics(dialogue: Dialogue, speaker: Speaker) -> Sequence[tuple[str, Topic]]:
    """Topics that this character may ask about, in order, with their ids."""
    return [(id_, topic) for id_, topic in dialogue.topics.items() if holds(topic.needs, speaker)]


def is_free(choice: Choice) -> bool:
    """Whether it is offered in any case: without conditions and without a price."""
    does = choice.does
    return choice.needs == Needs() and not does.pay and not does.take and does.begins is None


def _has(things: Mapping[str, int], wanted: Iterable[Placement]) -> bool:
    needed: dict[str, int] = {}
    for one in wanted:
        needed[one.item] = needed.get(one.item, 0) + one.quantity
    return all(things.get(item, 0) >= quantity for item, quantity in needed.items())
