"""The laws of fights: each replays from its row and seed, and none stands still."""

from collections.abc import Iterator

from chaos.history import FightVersion, Fought
from chaos.lawbook import late_for_no_reason, law
from chaos.telling import Telling
from echoes.world import combat
from echoes.world.combat import ENEMIES, PLAYERS, Event, Fight, Round


@law
def fights_replay(telling: Telling) -> Iterator[str]:
    """Every fight, decided again from its row and seed, is round by round the one that was kept, and so are its dead."""
    for id_, fought in telling.fought.items():
        versions = telling.kept.fights.get(id_, [])
        for line in _other_rounds(telling, fought, versions):
            yield f"fight {id_} in {fought.fight.location_id}: {line}"


def _other_rounds(telling: Telling, fought: Fought, versions: list[FightVersion]) -> Iterator[str]:
    fight = fought.fight
    if fight.round != len(fight.history) + 1:
        yield f"its row is in round {fight.round}, and has {len(fight.history)} rounds behind it"
    openings: dict[int, FightVersion] = {}
    endings: dict[int, FightVersion] = {}
    for one in versions:
        openings.setdefault(one.fight.round, one)
        endings[one.fight.round] = one
    begun = combat.begin(fight.location_id, fight.seed, openings[1].fight.fighters) if 1 in openings else None
    if begun is not None and begun.intents != openings[1].fight.intents:
        yield f"it began with {openings[1].fight.intents}, and begins with {begun.intents}"
    for number, record in enumerate(fight.history, 1):
        after, events = combat.resolve(_before(fight, number, record))
        if number in endings:
            yield from _forgotten(number, endings[number].fight, record)
        kept = openings.get(number + 1)
        if kept is None:
            yield f"round {number} is over, and no version of the row began the next one"
            continue
        for name in ("fighters", "intents"):
            if getattr(after, name) != getattr(kept.fight, name):
                yield f"round {number} ended with the {name} {getattr(kept.fight, name)}, and ends with {getattr(after, name)}"
        if after.is_over != kept.over:
            yield f"round {number}: over is {kept.over}, and should be {after.is_over}"
        yield from _other_dead(telling, number, record, events, kept.transaction)
    if versions and fought.over != versions[-1].over:
        yield f"its row says over {fought.over}, its last version {versions[-1].over}"


def _before(fight: Fight, number: int, record: Round) -> Fight:
    enemies = {one.id for one in record.fighters if one.side == ENEMIES}
    intents = {id_: choice for id_, choice in record.choices.items() if id_ in enemies}
    choices = {id_: choice for id_, choice in record.choices.items() if id_ not in enemies}
    return Fight(fight.location_id, fight.seed, number, record.fighters, intents, choices, fight.history[: number - 1])


def _forgotten(number: int, last: Fight, record: Round) -> Iterator[str]:
    """The parts of a round's beginning that its record does not have: an acknowledged choice, an enemy as it was."""
    for id_, choice in (*last.choices.items(), *last.intents.items()):
        if record.choices.get(id_) != choice:
            yield f"round {number} has {record.choices.get(id_)} of {id_}, which had chosen {choice}"
    fighters = {one.id: one for one in record.fighters}
    for one in last.side(ENEMIES):
        if fighters.get(one.id) != one:
            yield f"round {number} has {fighters.get(one.id)} in place of {one}"


def _other_dead(telling: Telling, number: int, record: Round, events: tuple[Event, ...], transaction: int) -> Iterator[str]:
    """Deaths that the facts of the round's transaction do not say, or that they alone say."""
    down = {one.fighter for one in events if one.outcome == "down"}
    alive = sorted(one.id for one in record.fighters if one.side == PLAYERS and one.id not in down)
    killed = sum(one.side == ENEMIES and one.id in down for one in record.fighters)
    facts = telling.kept.facts.get(transaction, [])
    dead = {f"character:{character}" for character, type_, _ in facts if type_ == "died"}
    kills = sorted(f"character:{character}" for character, type_, _ in facts if type_ == "killed")
    if dead != {id_ for id_ in down if id_.startswith("character:")}:
        yield f"in round {number} {sorted(down)} go down, and its facts say that {sorted(dead)} died"
    if kills != sorted(alive * killed):
        yield f"in round {number} {killed} enemies of {alive} go down, and its facts name {kills}"


@law
def no_fight_stuck(telling: Telling) -> Iterator[str]:
    """A round ends by its limit, late only while something is broken; at every look fights, their fighters and timers know each other."""
    for look in telling.overdue:
        for line in look.wrong:
            yield f"at {look.t}: {line}"
        for id_, late in look.fights:
            if late_for_no_reason(telling, look.t, late) or look.final:
                yield f"at {look.t}: the round of fight {id_} should have ended {late:.1f} s ago"
    for id_, versions in telling.kept.fights.items():
        former: FightVersion | None = None
        for one in versions:
            if former is not None and one.fight.round == former.fight.round:
                continue
            if former is not None and one.fight.round != former.fight.round + 1:
                yield f"fight {id_} came from round {former.fight.round} to {one.fight.round}"
            if former is not None and late_for_no_reason(telling, one.at - telling.wall, one.at - former.until):
                yield f"round {former.fight.round} of fight {id_} ended {one.at - former.until:.1f} s late at {one.at - telling.wall:.1f}"
            former = one
