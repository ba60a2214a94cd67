"""The law of quests: the rows say what the facts say."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec
from chaos.content import world
from chaos.lawbook import law
from chaos.telling import Telling
from echoes.game.facts import Fact, Gave, Handled, Killed, Searched, Survived, Talked, Took, Used
from echoes.game.quests import Progress, counted, number_of

COUNTS = Took | Gave | Killed | Talked | Searched | Survived | Used | Handled
"""The facts that a step may count."""
NAMES = {one.__struct_config__.tag: one for one in COUNTS.__args__}
Told = Sequence[tuple[str, dict]]


@law
def quests_follow_facts(telling: Telling) -> Iterator[str]:
    """Each character is where its facts have brought it in each quest: no step without its facts, none left out, none counted twice."""
    if telling.final is None or not telling.kept.is_there:
        return
    told: dict[int, list[Told]] = defaultdict(list)
    for facts in telling.kept.facts.values():
        by_character: dict[int, list[tuple[str, dict]]] = defaultdict(list)
        for character, type_, body in facts:
            by_character[character].append((type_, body))
        for character, own in by_character.items():
            told[character].append(own)
    for character, person in telling.final.people.items():
        made = telling.made[character]
        on, done = dict(made.quests), set[str]()
        for facts in told[character]:
            yield from (f"{made.name}: {line}" for line in _advanced(on, done, facts))
        if on != {id_: tuple(at) for id_, at in person.quests.items()}:
            yield f"{made.name} is at {person.quests} by its row, and at {on} by its facts"
        if done != set(person.done):
            yield f"{made.name} has done {sorted(person.done)} by its row, and {sorted(done)} by its facts"


def _advanced(on: dict[str, Progress], done: set[str], facts: Told) -> Iterator[str]:
    """Advance quests by the facts of one transaction, and yield the steps in which the facts differ from what they must be."""
    on.update({body["quest"]: (0, 0) for type_, body in facts if type_ == "quest_begun"})
    reached: dict[str, list[int]] = defaultdict(list)
    counts: list[Fact] = []
    for type_, body in facts:
        if type_ == "quest_advanced":
            reached[body["quest"]].append(body["step"])
        elif type_ in NAMES and not reached:  # what comes behind is the reward
            counts.append(msgspec.convert(body, NAMES[type_], str_keys=True))
    for id_, before in list(on.items()):
        quest, (step, count) = world().quests[id_], before
        steps = reached.get(id_, [])
        for fact in (None, *counts):
            if fact is not None and step < len(quest.steps):
                count += counted(quest.steps[step], fact, world())
                if count >= number_of(quest.steps[step]) > 0:
                    step, count = step + 1, 0
            # Where a character stands, and what it has, no fact says but the one of the step itself.
            while step < len(quest.steps) and number_of(quest.steps[step]) == 0 and step + 1 in steps:
                step, count = step + 1, 0
        if steps != list(range(before[0] + 1, step + 1)):
            yield f"its facts bring it in {id_} from step {before[0]} to {step}, and say that it reached {steps}"
        on[id_] = step, count
        if step >= len(quest.steps):
            del on[id_]
            done.add(id_)
