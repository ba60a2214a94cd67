"""Can every quest be begun and finished, by every player? Can every clue be found? What the game takes for granted beyond the fields' types."""

from collections.abc import Iterator

from .draft import Draft, DraftEntry, values
from .model import MOST_CLUES, MOST_QUESTS, Bring, Clue, Find, Handle, Quest, SearchFor, Step
from .nearest import did_you_mean
from .populations import locations_of
from .problem import Problem, Trail, quoted
from .talk_check import choices_of

GOALS = ("go", "find", "bring", "kill", "talk", "use", "search", "survive", "learn")
LAST = ("bring", "talk", "use", "search")
"""Goals that a command of the character reaches: the last step is one of them, since its command gives the reward."""


def check_quests(draft: Draft) -> Iterator[Problem]:
    """Find every quest that cannot be begun or finished by every player, and every clue that cannot be found."""
    had = _to_be_had(draft)
    begun = _begun(draft)
    for entry, quest in values(draft.quests):
        for index, step in enumerate(quest.steps):
            yield from _step(draft, entry, ("steps", index), step, had)
        yield from _whole(draft, entry, quest, begun)
    if len(draft.quests) > MOST_QUESTS:
        yield next(iter(draft.quests.values())).problem((), f"there are {len(draft.quests)} quests; at most {MOST_QUESTS} are possible")
    yield from _clues(draft, had)
    for place, location in values(draft.locations):
        for id_, thing in location.interactables.items():
            if thing.gives is not None and thing.loot is not None:
                yield place.problem(("interactables", id_, "gives"), "it gives something or yields from a loot table, not both")


def _whole(draft: Draft, entry: DraftEntry[Quest], quest: Quest, begun: set[str]) -> Iterator[Problem]:
    if quest.steps and _goal(quest.steps[-1]) not in LAST and not entry.is_faulty("steps"):
        yield entry.problem(("steps", len(quest.steps) - 1), f"the last step is one of {', '.join(LAST)}: its command gives the reward")
    if draft.complete and not quest.at_start and entry.id not in begun:
        yield entry.problem((), "nothing begins this quest: neither at_start nor a choice of a dialogue (does: {begins: …})")
    if quest.at_start and (quest.after or quest.level > 1):
        yield entry.problem(("at_start",), "a new character has done no quest, and its level is 1")
    if entry.id in _before(draft, quest):
        yield entry.problem(("after",), "this quest would have to be done before itself")


def _goal(step: Step) -> str:
    """The one goal of a step; empty when it has none, or several."""
    found = [goal for goal in GOALS if getattr(step, goal) is not None]
    return found[0] if len(found) == 1 else ""


def _step(draft: Draft, entry: DraftEntry[Quest], trail: Trail, step: Step, had: set[str]) -> Iterator[Problem]:
    goal = _goal(step)
    if not goal:
        yield entry.problem(trail, f"a step has exactly one goal: {', '.join(GOALS)}")
        return
    here = (*trail, goal)
    if (thing := step.find or step.bring or step.use) is not None:
        yield from _thing(draft, entry, here, thing, had)
    if step.use is not None:
        yield from _use(draft, entry, here, step.use)
    if step.bring is not None:
        yield from _stands(draft, entry, (*here, "to"), step.bring.to)
    if step.talk is not None:
        yield from _stands(draft, entry, (*here, "npc"), step.talk.npc)
        yield from _passage(draft, entry, here, step.talk.npc, step.talk.passage)
    if step.kill is not None and step.kill.npc in draft.npcs and step.kill.npc not in _living(draft):
        yield entry.problem((*here, "npc"), f"{quoted(step.kill.npc or '')} has no population, and no location names it as an enemy")
    if goal in {"kill", "survive"} and draft.complete and not _living(draft):
        yield entry.problem(here, "there is no enemy to fight: no spawn, and no hostile npc in a location")
    if step.search is not None:
        yield from _search(draft, entry, here, step.search)
    if step.learn is not None and not _is_clue(draft, step.learn):
        yield entry.problem(here, f"no clue {quoted(step.learn)}")


def _is_clue(draft: Draft, name: str) -> bool:
    mystery, _, clue = name.partition(".")
    found = draft.mysteries[mystery].value if mystery in draft.mysteries else None
    return mystery in draft.ids("mystery") and (found is None or clue in found.clues)


def _thing(draft: Draft, entry: DraftEntry[Quest], here: Trail, wanted: Find | Bring | Handle, had: set[str]) -> Iterator[Problem]:
    if not isinstance(wanted, Bring) and (wanted.item is None) == (wanted.type is None):
        yield entry.problem(here, "name an item or a type, one of the two")
    if draft.complete and wanted.item in draft.items and wanted.item not in had:
        yield entry.problem(
            (*here, "item"),
            f"not every player can have {quoted(wanted.item or '')}: nothing gives, yields, sells or rewards it again and again",
        )


def _use(draft: Draft, entry: DraftEntry[Quest], here: Trail, wanted: Handle) -> Iterator[Problem]:
    if wanted.hand != "use":
        if wanted.item is None:
            yield entry.problem(here, f"{wanted.hand} needs an item")
        return
    if wanted.takes:
        yield entry.problem((*here, "takes"), "use itself uses the thing up")
    item = draft.items[wanted.item].value if wanted.item in draft.items else None
    if item is not None and item.restores is None:
        yield entry.problem((*here, "item"), f"{quoted(wanted.item or '')} is not used up: only food, drink and medicine are")


def _search(draft: Draft, entry: DraftEntry[Quest], here: Trail, wanted: SearchFor) -> Iterator[Problem]:
    location = draft.locations[wanted.at].value if wanted.at in draft.locations else None
    if location is None:
        return
    known = [id_ for id_, one in location.interactables.items() if one.loot is not None or one.gives is not None]
    if wanted.thing not in known:
        yield entry.problem(
            (*here, "thing"), f"nothing to search is called {quoted(wanted.thing)} there{did_you_mean(wanted.thing, known)}"
        )


def _stands(draft: Draft, entry: DraftEntry[Quest], trail: Trail, npc: str) -> Iterator[Problem]:
    if npc in draft.npcs and npc not in _standing(draft):
        yield entry.problem(trail, f"{quoted(npc)} stands in no location: it must be named there, and not be hostile")


def _passage(draft: Draft, entry: DraftEntry[Quest], here: Trail, npc: str, passage: str | None) -> Iterator[Problem]:
    dialogue = draft.dialogues.get(npc)
    if dialogue is None:
        person = draft.npcs.get(npc)
        greets = person is not None and person.value is not None and person.value.greetings
        if draft.complete and (passage is not None or (npc in draft.npcs and not greets)):
            yield entry.problem((*here, "npc"), f"{quoted(npc)} has no dialogue")
    elif dialogue.value is not None and passage is not None and passage not in dialogue.value.passages:
        yield entry.problem(
            (*here, "passage"), f"{quoted(npc)} has no passage {quoted(passage)}{did_you_mean(passage, dialogue.value.passages)}"
        )


def _to_be_had(draft: Draft) -> set[str]:
    """Items that every character can get, however many have taken one: given, searched for, left by enemies, sold, rewarded, or of the kit."""
    found: set[str] = set()
    tables: set[str] = set()
    if draft.start is not None and draft.start.value is not None:
        found |= {one.item for one in draft.start.value.kit}
    for _, location in values(draft.locations):
        for thing in location.interactables.values():
            found |= {thing.gives} if thing.gives else set()
            tables |= {thing.loot} if thing.loot else set()
    for entry, npc in values(draft.npcs):
        found |= set(npc.trades) if entry.id in _standing(draft) else set()
        tables |= {npc.loot} if npc.loot and entry.id in _living(draft) else set()
    for table, loot in values(draft.loot):
        found |= {line.item for line in loot.entries} if table.id in tables else set()
    for speaker, dialogue in values(draft.dialogues):
        if speaker.id in _standing(draft):
            found |= {one.item for _, choice in choices_of(dialogue) for one in choice.does.give}
    for _, quest in values(draft.quests):
        found |= {one.item for one in quest.reward.items}
    return found


def _standing(draft: Draft) -> set[str]:
    """NPCs that always stand in some location: named there, and not hostile."""
    named = {npc for _, location in values(draft.locations) for npc in location.npcs}
    return {npc for npc in named if npc in draft.npcs and (one := draft.npcs[npc].value) is not None and one.disposition != "hostile"}


def _living(draft: Draft) -> set[str]:
    """NPCs that a population brings back after each death."""
    locations = {entry.id: location for entry, location in values(draft.locations)}
    found = {spawn.npc for _, spawn in values(draft.spawns) if locations_of(spawn, locations)}
    for location in locations.values():
        for npc in location.npcs:
            one = draft.npcs[npc].value if npc in draft.npcs else None
            found |= {npc} if one is not None and one.disposition == "hostile" else set()
    return found


def _begun(draft: Draft) -> set[str]:
    """Quests that a dialogue begins."""
    return {choice.does.begins for _, dialogue in values(draft.dialogues) for _, choice in choices_of(dialogue) if choice.does.begins}


def _before(draft: Draft, quest: Quest) -> set[str]:
    """All quests that must be done before this one, in any number of steps."""
    found: set[str] = set()
    ahead = list(quest.after)
    while ahead:
        one = ahead.pop()
        if one not in found:
            found.add(one)
            known = draft.quests.get(one)
            ahead += known.value.after if known is not None and known.value is not None else ()
    return found


def _clues(draft: Draft, had: set[str]) -> Iterator[Problem]:
    number = 0
    for entry, mystery in values(draft.mysteries):
        number += len(mystery.clues)
        for id_, clue in mystery.clues.items():
            trail: Trail = ("clues", id_)
            if not _has_one_source(clue):
                yield entry.problem(
                    trail, "a clue has exactly one source: an item, an npc, or a thing and the location (at) where it stands"
                )
            elif clue.item is not None and draft.complete and clue.item in draft.items and clue.item not in had:
                yield entry.problem(
                    (*trail, "item"),
                    f"not every player can find {quoted(clue.item)}: one player could keep it. Let an interactable give it",
                )
            elif clue.at is not None and (location := draft.locations.get(clue.at)) is not None and location.value is not None:
                if clue.thing not in location.value.interactables:
                    said = did_you_mean(clue.thing or "", location.value.interactables)
                    yield entry.problem((*trail, "thing"), f"nothing is called {quoted(clue.thing or '')} there{said}")
            elif clue.npc is not None and clue.npc in draft.npcs and clue.npc not in _standing(draft) | _living(draft):
                yield entry.problem((*trail, "npc"), f"{quoted(clue.npc)} is in no location")
    if number > MOST_CLUES:
        yield next(iter(draft.mysteries.values())).problem(
            (), f"all mysteries together have {number} clues; at most {MOST_CLUES} are possible"
        )


def _has_one_source(clue: Clue) -> bool:
    sources = [clue.item, clue.npc, clue.at or clue.thing]
    return sum(one is not None for one in sources) == 1 and (clue.at is None) == (clue.thing is None)
