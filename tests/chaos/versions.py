"""Where each version of a character came from: its own command, a gift, a round of its fight, or a timer of its own."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from chaos.history import FightVersion
from chaos.telling import Occurrence, Telling, Version

OWN_TIMERS = {"effect_tick", "effect_end"}
"""Kinds of timers whose subject is the character that they change."""


def unexplained(telling: Telling) -> Iterator[str]:
    """Each version of a bot's character that came by nothing that may change it, and each gap between two versions."""
    kept = telling.kept
    timers: dict[int, list[Occurrence]] = defaultdict(list)
    for one in kept.timers:
        timers[one.transaction].append(one)
    fights = {one.transaction: one for rows in kept.fights.values() for one in rows}
    for character, born in telling.made.items():
        former = born.version
        for version in kept.versions.get(character, ()):
            if version.number != former + 1:
                yield f"{born.name} has version {version.number} after {former}"
            former = version.number
            if not _is_explained(telling, character, version, timers[version.transaction], fights.get(version.transaction)):
                yield f"{born.name} got version {version.number} at {version.t:.2f} from {_source(telling, version, timers)}"
        if telling.final is not None and telling.final.people[character].version != former:
            yield f"{born.name} is version {telling.final.people[character].version}, and {former} is accounted for"
    for key, times in Counter(key for _, key in kept.commands.values()).items():
        if times > 1:
            yield f"{key} was carried out in {times} transactions"


def _is_explained(telling: Telling, character: int, version: Version, timers: list[Occurrence], fight: FightVersion | None) -> bool:
    found = telling.kept.commands.get(version.transaction)
    if found is not None:
        actor, key = found
        command = telling.commands.get(key)
        if actor == character:
            return command is None or command.version in {0, version.number}  # a stranger's command is reported by `commands_apply_once`
        gift = command is not None and command.verb == "give" and command.text == telling.made[character].name
        return gift or _fights(telling, fight, character)
    own = any(one.kind in OWN_TIMERS and one.subject == f"character:{character}" for one in timers)
    return own or (any(one.kind in {"combat_round", "ambush"} for one in timers) and _fights(telling, fight, character))


def _fights(telling: Telling, fight: FightVersion | None, character: int) -> bool:
    """Whether the character was in this fight before that version of it, or is since."""
    if fight is None:
        return False
    near = [one for one in telling.kept.fights[fight.id] if one.version in {fight.version - 1, fight.version}]
    return any(one.fight.fighter(f"character:{character}") is not None for one in near)


def _source(telling: Telling, version: Version, timers: dict[int, list[Occurrence]]) -> str:
    if (found := telling.kept.commands.get(version.transaction)) is not None:
        actor, key = found
        verb = telling.commands[key].verb if key in telling.commands else "?"
        return f"{key} ({verb}) of {actor}"
    names = [f"{one.kind} {one.subject} {one.version}" for one in timers[version.transaction]]
    return f"the timers {names}" if names else "nothing that is known"
