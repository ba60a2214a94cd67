"""Can every conversation be had and ended? What the game takes for granted about dialogues beyond their fields' types."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from .draft import Draft, DraftEntry, values
from .model import MOST_FLAGS, Choice, Dialogue, Needs
from .nearest import did_you_mean
from .problem import Problem, Trail, quoted
from .talk import is_free


def check_dialogues(draft: Draft) -> Iterator[Problem]:
    """Find every dialogue that belongs to no NPC, leads nowhere, does not end, or waits for a flag that nothing sets."""
    set_somewhere = _flags_set(draft)
    for entry, dialogue in values(draft.dialogues):
        if entry.id not in draft.ids("npc"):
            yield entry.problem(
                (), f"no npc {quoted(entry.id)}{did_you_mean(entry.id, draft.ids('npc'))}: a dialogue has the id of its npc"
            )
        yield from _leads_somewhere(entry, dialogue)
        for trail, needs in _conditions(dialogue):
            for kind in ("flags", "without"):
                for index, flag in enumerate(getattr(needs, kind)):
                    if draft.complete and flag not in set_somewhere:
                        said = f"nothing sets the flag {quoted(flag)}{did_you_mean(flag, set_somewhere)}"
                        yield entry.problem((*trail, kind, index), said)
        yield from _trades(draft, entry, dialogue)
        if dialogue.openings and dialogue.openings[-1].needs != Needs():
            yield entry.problem(
                ("openings", len(dialogue.openings) - 1, "needs"), "the last opening has no conditions: it is for all other players"
            )
    if len(set_somewhere) > MOST_FLAGS:
        first: DraftEntry[Any] = next(chain(values(draft.dialogues), values(draft.quests)))[0]
        yield first.problem((), f"all dialogues together set {len(set_somewhere)} flags; at most {MOST_FLAGS} are possible")
    yield from _silent(draft)


def _silent(draft: Draft) -> Iterator[Problem]:
    """People with a name of their own have something to say. This is no fault: an author may be about to write it."""
    for entry, npc in values(draft.npcs):
        named = npc.name[:1].isupper() and npc.disposition != "hostile"
        if named and draft.complete and entry.id not in draft.ids("dialogue"):
            yield entry.problem((), "this npc has a name and no dialogue", severity="warning")


def _trades(draft: Draft, entry: DraftEntry[Dialogue], dialogue: Dialogue) -> Iterator[Problem]:
    """A choice shows the goods of an NPC that has some."""
    npc = draft.npcs[entry.id].value if entry.id in draft.npcs else None
    for trail, choice in choices_of(dialogue):
        if choice.trade and npc is not None and not (npc.trades or npc.buys):
            yield entry.problem((*trail, "trade"), f"{npc.name} neither sells nor buys anything")


def _leads_somewhere(entry: DraftEntry[Dialogue], dialogue: Dialogue) -> Iterator[Problem]:
    passages = dialogue.passages
    sound = True
    for trail, to in _steps(dialogue):
        if to not in passages:
            sound = False
            yield entry.problem(trail, f"no passage {quoted(to)}{did_you_mean(to, passages)}")
    for id_, passage in passages.items():
        if passage.choices and not any(map(is_free, passage.choices.values())):
            sound = False
            yield entry.problem(("passages", id_), "every choice has conditions or a price: a player could be left without any")
    if not sound or entry.is_faulty("passages") or entry.is_faulty("openings"):
        return
    ends = _that_end(dialogue)
    reached = _reached(dialogue)
    for id_ in passages:
        if id_ not in reached:
            yield entry.problem(("passages", id_), "no opening and no choice leads to this passage")
        elif id_ not in ends:
            yield entry.problem(("passages", id_), "no end can be reached from here by choices without conditions")


def _steps(dialogue: Dialogue) -> Iterator[tuple[Trail, str]]:
    """Every value that names a passage."""
    for index, opening in enumerate(dialogue.openings):
        yield ("openings", index, "to"), opening.to
    for id_, passage in dialogue.passages.items():
        for choice_id, choice in passage.choices.items():
            if choice.to is not None:
                yield ("passages", id_, "choices", choice_id, "to"), choice.to


def _that_end(dialogue: Dialogue) -> set[str]:
    """The passages from which any player can come to an end."""
    ends = {id_ for id_, passage in dialogue.passages.items() if not passage.choices}
    free = {id_: [choice for choice in passage.choices.values() if is_free(choice)] for id_, passage in dialogue.passages.items()}
    while more := {id_ for id_, choices in free.items() if id_ not in ends and any(_ends(choice, ends) for choice in choices)}:
        ends |= more
    return ends


def _ends(choice: Choice, ends: set[str]) -> bool:
    return choice.to is None or choice.to in ends


def _reached(dialogue: Dialogue) -> set[str]:
    """The passages to which an opening leads, in any number of steps."""
    reached: set[str] = set()
    ahead = [opening.to for opening in dialogue.openings]
    while ahead:
        here = ahead.pop()
        if here not in reached:
            reached.add(here)
            ahead += [choice.to for choice in dialogue.passages[here].choices.values() if choice.to is not None]
    return reached


def _conditions(dialogue: Dialogue) -> Iterator[tuple[Trail, Needs]]:
    for index, opening in enumerate(dialogue.openings):
        yield ("openings", index, "needs"), opening.needs
    for id_, topic in dialogue.topics.items():
        yield ("topics", id_, "needs"), topic.needs
    for trail, choice in choices_of(dialogue):
        yield (*trail, "needs"), choice.needs


def choices_of(dialogue: Dialogue) -> Iterator[tuple[Trail, Choice]]:
    """Go over every choice, with its place in the dialogue."""
    for id_, passage in dialogue.passages.items():
        for choice_id, choice in passage.choices.items():
            yield ("passages", id_, "choices", choice_id), choice


def _flags_set(draft: Draft) -> Mapping[str, str]:
    """Every flag that a dialogue, or a step or the end of a quest sets, and one of these."""
    found: dict[str, str] = {}
    for entry, dialogue in values(draft.dialogues):
        for topic in dialogue.topics.values():
            found |= dict.fromkeys(topic.sets, entry.id)
        for _, choice in choices_of(dialogue):
            found |= dict.fromkeys(choice.does.sets, entry.id)
    for quest_entry, quest in values(draft.quests):
        found |= dict.fromkeys(quest.reward.sets, quest_entry.id)
        for step in quest.steps:
            found |= dict.fromkeys(step.sets, quest_entry.id)
    return found
