"""How facts advance quests. Pure: what a character is on, the facts of one commit and where it stands → what it is on afterwards.

The caller commits the result with the facts themselves. So a step is exactly as durable as the fact that reached it, and as single.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from echoes.game.facts import Fact, Gave, Handled, Killed, Searched, Survived, Talked, Took, Used
from echoes.storage.commits import Character
from echoes.world.model import Quest, Step, World

MOST_AT_ONCE = 10
"""Quests that a character can be on at the same time."""
DONE = "quest."
"""The beginning of the flag of a quest that is done."""
CLUE = "clue."
"""The beginning of the flag of a clue that is found."""
Progress = tuple[int, int]
"""The steps reached, and the count within the step."""


@dataclass(frozen=True)
class Standing:
    """Where a character stands after the facts. `carried` is None where it was not read: then no step to have something is reached."""

    location_id: str
    flags: Collection[str]
    carried: Mapping[str, int] | None = None


@dataclass
class Advance:
    """The quests that advance, with their new progress, and the numbers of the steps that were reached, by quest."""

    now: dict[str, Progress] = field(default_factory=dict)
    reached: dict[str, list[int]] = field(default_factory=dict)


def can_begin(quest_id: str, quest: Quest, me: Character) -> bool:
    """Whether a character may begin it now."""
    free = quest_id not in me.quests and DONE + quest_id not in me.flags and len(me.quests) < MOST_AT_ONCE
    return free and me.level >= quest.level and all(DONE + one in me.flags for one in quest.after)


def open_quests(me: Character, world: World) -> Mapping[str, tuple[Quest, Progress]]:
    """The quests that a character is on, and that the content still has, by id. A step that is gone counts as reached, but for the last."""
    found = {}
    for id_, (step, count) in me.quests.items():
        quest = world.quests.get(id_)
        if quest is not None:
            found[id_] = quest, (step, count) if step < len(quest.steps) else (len(quest.steps) - 1, 0)
    return found


def wants_things(me: Character, world: World) -> bool:
    """Whether a step ahead asks for what the character carries."""
    return any(
        one.find is not None and one.find.item is not None
        for quest, (step, _) in open_quests(me, world).values()
        for one in quest.steps[step:]
    )


def advance(me: Character, facts: Sequence[Fact], standing: Standing, world: World) -> Advance:
    """Advance each quest by the facts of its character, in their order. A fact counts for one step of each quest; those out of order count for none."""
    found = Advance()
    for id_, (quest, before) in open_quests(me, world).items():
        step, count = before
        reached = []
        for fact in (None, *facts):
            if fact is not None and step < len(quest.steps):
                count += counted(quest.steps[step], fact, world)
                if count >= number_of(quest.steps[step]) > 0:
                    reached.append(step)
                    step, count = step + 1, 0
            while step < len(quest.steps) and _holds(quest.steps[step], standing):
                reached.append(step)
                step, count = step + 1, 0
        if (step, count) != before:
            found.now[id_] = step, count
        if reached:
            found.reached[id_] = reached
    return found


def number_of(step: Step) -> int:
    """How many facts a step needs; 0 for one that depends on where the character stands."""
    if step.find is not None:
        return 0 if step.find.item is not None else step.find.quantity
    if step.go is not None or step.learn is not None:
        return 0
    if step.survive is not None:
        return step.survive
    counts = step.bring or step.kill
    return counts.quantity if counts is not None else 1


def counted(step: Step, fact: Fact, world: World) -> int:  # noqa: PLR0911 - one line for each goal
    """How much a fact counts for a step."""
    match fact:
        case Took(item=item, quantity=quantity) if step.find is not None:
            return quantity if step.find.type is not None and _is_of(item, step.find.type, world) else 0
        case Gave(item=item, quantity=quantity, to=to) if step.bring is not None:
            return quantity if step.bring.item == item and to == f"npc:{step.bring.to}" else 0
        case Killed(npc=npc) if step.kill is not None:
            return int(step.kill.npc in {None, npc})
        case Talked(npc=npc, passage=passage) if step.talk is not None:
            return int(step.talk.npc == npc and step.talk.passage in {None, passage})
        case Searched(location_id=place, thing=thing) if step.search is not None:
            return int((step.search.at, step.search.thing) == (place, thing))
        case Survived() if step.survive is not None:
            return 1
        case Used(item=item, location_id=place) if step.use is not None and step.use.hand == "use":
            meant = step.use.item == item if step.use.item is not None else _is_of(item, step.use.type, world)
            return int(meant and step.use.at in {None, place})
        case Handled(hand=hand, item=item, location_id=place) if step.use is not None:
            return int((step.use.hand, step.use.item) == (hand, item) and step.use.at in {None, place})
    return 0


def _is_of(item: str, type_: str | None, world: World) -> bool:
    return item in world.items and world.items[item].type == type_


def _holds(step: Step, standing: Standing) -> bool:
    if step.go is not None:
        return standing.location_id == step.go
    if step.learn is not None:
        return CLUE + step.learn in standing.flags
    if step.find is not None and step.find.item is not None:
        return standing.carried is not None and standing.carried.get(step.find.item, 0) >= step.find.quantity
    return False


def of_character(facts: Iterable[Fact], character_id: int) -> list[Fact]:
    """Those facts that are one character's."""
    return [fact for fact in facts if fact.character_id == character_id]
