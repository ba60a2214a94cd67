"""Fights by rounds: pure functions of a fight, the choices and a seed. The same row gives the same fight, so it can be replayed.

At the start of a round each enemy states its intent. A round ends when every player in it has chosen, or at its time limit; a player who has not
chosen defends. The formulas:

- **Order**: level + agility + a die of 10, the highest first; equal ones by id.
- **Hit**: 75 %, and 4 % for each level and 2 % for each point of agility between attacker and target; at least 15 %, at most 95 %. Effects add their percentage points before that.
- **Damage**: an even throw between the weapon's `low` and `high`, and half the attacker's strength above 5. A critical blow (5 %, and 1 % for each
  point of agility above 5) does half as much again. A heavy blow hits 20 % less often and does twice as much. Against a target that defends or
  guards, damage is halved. Armour takes its number from what is left; a blow that hits does at least 1.
- **Wounds**: a blow that hits and leaves its target standing may cause an effect, as often as the weapon or the enemy says. What it does to a
  player is not of the fight; an enemy loses `harm` at the end of each of the next `rounds`.
- **Call**: one of a pack that has half of its hit points or less calls, in half of its rounds. It does nothing else in that round. The call succeeds
  if it still fights at the round's end; one call succeeds in a fight. An enemy that came later does not call. What a call brings is not of the fight.
- **Flight**: 50 %, and 5 % for each point of agility above the quickest enemy's; at least 20 %, at most 90 %.
"""

import random
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec
from msgspec import Struct

SIDE = 20
"""Fighters on each side at most."""
ROUNDS = 60
"""Rounds of one fight at most; then both sides draw back."""
SECONDS = 15.0
"""Seconds for the choices of a round."""
PLAYERS, ENEMIES = 0, 1
CALLS = 0.5
"""Share of the rounds in which one that is hurt calls."""
Action = Literal["attack", "heavy", "defend", "flee", "call"]
Outcome = Literal["hit", "critical", "miss", "down", "fled", "held", "guarded", "wounded", "called"]


class Wound(Struct, frozen=True, omit_defaults=True):
    """An effect that a blow may cause: `chance` in percent; what an enemy loses at the end of a round, and for how many rounds."""

    effect: str
    name: str
    chance: int = 100
    harm: int = 0
    rounds: int = 0


class Fighter(Struct, frozen=True, omit_defaults=True):
    """One fighter: `character:7` or `npc:3`. `hp` is from the last round's end."""

    id: str
    name: str
    side: int
    hp: int
    max_hp: int
    level: int = 1
    low: int = 1
    high: int = 2
    armor: int = 0
    strength: int = 5
    agility: int = 5
    aim: int = 0
    """Sum of the effects on the chance of hitting, in percentage points."""
    escape: int = 0
    """Sum of the effects on the chance of getting away, in percentage points."""
    wound: Wound | None = None
    """Wound that its blows may cause."""
    wounds: tuple[Wound, ...] = ()
    """Wounds that an enemy suffers from."""
    timid: bool = False
    """An enemy that flees when it is badly hurt."""
    calls: bool = False
    """An enemy that may call others when it is hurt. False once a call of its fight has succeeded."""


class Choice(Struct, frozen=True, omit_defaults=True):
    """A fighter's action in a round, and its target. For an enemy it is the intent."""

    action: Action
    target: str = ""


class Round(Struct, frozen=True, omit_defaults=True):
    """The record of a round: what it began with, and what was chosen. It is all that a replay needs besides the seed."""

    fighters: tuple[Fighter, ...]
    choices: Mapping[str, Choice]


class Fight(Struct, frozen=True, omit_defaults=True):
    """A fight as its row keeps it. `fighters` are those who still fight."""

    location_id: str
    seed: int
    round: int
    fighters: tuple[Fighter, ...]
    intents: Mapping[str, Choice]
    choices: Mapping[str, Choice] = {}
    history: tuple[Round, ...] = ()

    def side(self, side: int) -> list[Fighter]:
        """The fighters of one side."""
        return [one for one in self.fighters if one.side == side]

    def fighter(self, id_: str) -> Fighter | None:
        """One who still fights."""
        return next((one for one in self.fighters if one.id == id_), None)

    @property
    def is_over(self) -> bool:
        """Whether one side is empty, or the fight has lasted too long."""
        return not self.side(PLAYERS) or not self.side(ENEMIES) or self.round > ROUNDS

    @property
    def is_complete(self) -> bool:
        """Whether every player in it has chosen."""
        return all(one.id in self.choices for one in self.side(PLAYERS))


class Event(Struct, frozen=True, omit_defaults=True):
    """One thing that happened in a round."""

    fighter: str
    action: Action | Literal["suffer"]
    outcome: Outcome
    target: str = ""
    damage: int = 0
    effect: str = ""
    """`wounded`, and a hit of `suffer`: which effect."""


def begin(location_id: str, seed: int, fighters: Iterable[Fighter]) -> Fight:
    """A fight in its first round, with intents."""
    return _with_intents(Fight(location_id, seed, 1, tuple(fighters), {}))


def join(fight: Fight, fighter: Fighter) -> Fight:
    """One more fighter; a fight with a full side must be refused before. An enemy that joins states no intent before the next round, and does not call."""
    return msgspec.structs.replace(fight, fighters=(*fight.fighters, msgspec.structs.replace(fighter, calls=False)))


def choose(fight: Fight, fighter: str, choice: Choice) -> Fight:
    """A player's choice for this round."""
    return msgspec.structs.replace(fight, choices={**fight.choices, fighter: choice})


def renewed(fight: Fight, fighters: Mapping[str, Fighter]) -> Fight:
    """The fight with its fighters as rows have them now, so what a player has put on counts; one that is not among them has left."""
    return msgspec.structs.replace(fight, fighters=tuple(fighters[one.id] for one in fight.fighters if one.id in fighters))


def resolve(fight: Fight) -> tuple[Fight, tuple[Event, ...]]:
    """The round's end: what happens, in order, and the fight in its next round. Fighters at 0 hit points, or in flight, are out of it."""
    dice = _dice(fight, "round")
    hp = {one.id: one.hp for one in fight.fighters}
    fled: set[str] = set()
    wounds = {one.id: list(one.wounds) for one in fight.fighters}
    events: list[Event] = []
    order = sorted(fight.fighters, key=lambda one: (-(one.level + one.agility + dice.randint(1, 10)), one.id))
    for fighter in order:
        if hp[fighter.id] > 0:
            events += _act(fight, fighter, hp, fled, wounds, dice)
    for fighter in order:
        if fighter.id not in fled:
            events += _suffer(fighter, hp, wounds)
    record = Round(fight.fighters, {**fight.intents, **fight.choices})
    left = tuple(
        msgspec.structs.replace(one, hp=hp[one.id], wounds=tuple(wounds[one.id]))
        for one in fight.fighters if hp[one.id] > 0 and one.id not in fled
    )  # fmt: skip
    calls = [Event(one.id, "call", "called") for one in left if _intends(fight, one, "call")]
    if calls:
        events += calls
        left = tuple(msgspec.structs.replace(one, calls=False) for one in left)
    after = Fight(fight.location_id, fight.seed, fight.round + 1, left, {}, history=(*fight.history, record))
    return (after if after.is_over else _with_intents(after)), tuple(events)


def replay(fight: Fight) -> list[tuple[Event, ...]]:
    """The events of every recorded round, decided again from the record and the seed."""
    found = []
    for number, record in enumerate(fight.history, 1):
        enemies = {one.id for one in record.fighters if one.side == ENEMIES}
        intents = {id_: choice for id_, choice in record.choices.items() if id_ in enemies}
        choices = {id_: choice for id_, choice in record.choices.items() if id_ not in enemies}
        found.append(resolve(Fight(fight.location_id, fight.seed, number, record.fighters, intents, choices))[1])
    return found


def hit_chance(attacker: Fighter, target: Fighter, *, heavy: bool = False) -> float:
    """The probability that a blow hits."""
    chance = 0.75 + 0.04 * (attacker.level - target.level) + 0.02 * (attacker.agility - target.agility) - (0.2 if heavy else 0)
    chance += attacker.aim / 100
    return min(0.95, max(0.15, chance))


def flight_chance(fighter: Fighter, enemies: Iterable[Fighter]) -> float:
    """The probability that a fighter gets away."""
    quickest = max((one.agility for one in enemies), default=0)
    return min(0.9, max(0.2, 0.5 + 0.05 * (fighter.agility - quickest) + fighter.escape / 100))


def blows_to_win(attacker: Fighter, target: Fighter) -> float:
    """How many rounds of attacks it takes on average to bring the target down: what `consider` compares."""
    blow = max(1.0, (attacker.low + attacker.high) / 2 + _might(attacker) - target.armor)
    return target.hp / (blow * hit_chance(attacker, target))


def _might(fighter: Fighter) -> int:
    return max(0, fighter.strength - 5) // 2


def _dice(fight: Fight, purpose: str) -> random.Random:
    return random.Random(f"{fight.seed}:{fight.round}:{purpose}")


def _with_intents(fight: Fight) -> Fight:
    dice = _dice(fight, "intents")
    intents: dict[str, Choice] = {}
    for one in fight.side(ENEMIES):
        is_first = all(choice.action != "call" for choice in intents.values())
        intents[one.id] = _intent(fight, one, dice, may_call=one.calls and is_first)
    return msgspec.structs.replace(fight, intents=intents)


def _intends(fight: Fight, fighter: Fighter, action: Action) -> bool:
    intent = fight.intents.get(fighter.id)
    return intent is not None and intent.action == action


def _intent(fight: Fight, enemy: Fighter, dice: random.Random, *, may_call: bool) -> Choice:
    target = dice.choice(fight.side(PLAYERS)).id
    throw = dice.random()
    if enemy.timid and enemy.hp * 3 <= enemy.max_hp:
        return Choice("flee")
    if may_call and enemy.hp * 2 <= enemy.max_hp and throw < CALLS:
        return Choice("call")
    if throw < 0.2:
        return Choice("heavy", target)
    if throw < 0.35:
        return Choice("defend")
    return Choice("attack", target)


def _suffer(fighter: Fighter, hp: dict[str, int], wounds: dict[str, list[Wound]]) -> list[Event]:
    """Apply the harm of an enemy's wounds at the end of a round, and return its events."""
    events: list[Event] = []
    for wound in wounds[fighter.id]:
        if hp[fighter.id] > 0:
            damage = min(hp[fighter.id], wound.harm)
            hp[fighter.id] -= damage
            events.append(Event(fighter.id, "suffer", "hit", fighter.id, damage, wound.effect))
            events += [Event(fighter.id, "suffer", "down", fighter.id)] if not hp[fighter.id] else []
    wounds[fighter.id] = [msgspec.structs.replace(one, rounds=one.rounds - 1) for one in wounds[fighter.id] if one.rounds > 1]
    return events


Wounds = dict[str, list[Wound]]


def _act(fight: Fight, fighter: Fighter, hp: dict[str, int], fled: set[str], wounds: Wounds, dice: random.Random) -> list[Event]:
    chosen = fight.intents.get(fighter.id) if fighter.side == ENEMIES else fight.choices.get(fighter.id)
    choice = chosen or Choice("defend")
    opponents = [one for one in fight.fighters if one.side != fighter.side and hp[one.id] > 0 and one.id not in fled]
    if choice.action == "flee":
        gone = dice.random() < flight_chance(fighter, opponents)
        if gone:
            fled.add(fighter.id)
        return [Event(fighter.id, "flee", "fled" if gone else "held")]
    if choice.action == "defend":
        return [Event(fighter.id, "defend", "guarded")]
    if choice.action == "call":
        return []
    target = next((one for one in opponents if one.id == choice.target), None) or next(iter(opponents), None)
    return [] if target is None else _blow(fight, fighter, target, choice.action == "heavy", hp, wounds, dice)


def _blow(
    fight: Fight, fighter: Fighter, target: Fighter, heavy: bool, hp: dict[str, int], wounds: Wounds, dice: random.Random
) -> list[Event]:  # fmt: skip
    action: Action = "heavy" if heavy else "attack"
    if dice.random() >= hit_chance(fighter, target, heavy=heavy):
        return [Event(fighter.id, action, "miss", target.id)]
    damage = dice.randint(fighter.low, max(fighter.low, fighter.high)) + _might(fighter)
    critical = dice.random() < 0.05 + 0.01 * max(0, fighter.agility - 5)
    damage = damage * 3 // 2 if critical else damage
    damage = damage * 2 if heavy else damage
    theirs = fight.intents.get(target.id) if target.side == ENEMIES else fight.choices.get(target.id, Choice("defend"))
    if theirs is not None and theirs.action == "defend":
        damage //= 2
    damage = min(hp[target.id], max(1, damage - target.armor))
    hp[target.id] -= damage
    events = [Event(fighter.id, action, "critical" if critical else "hit", target.id, damage)]
    if not hp[target.id]:
        return [*events, Event(target.id, action, "down", fighter.id)]
    wound = fighter.wound
    if wound is not None and dice.randrange(100) < wound.chance:
        events.append(Event(fighter.id, action, "wounded", target.id, effect=wound.effect))
        if target.side == ENEMIES and wound.harm:
            wounds[target.id] = [one for one in wounds[target.id] if one.effect != wound.effect] + [wound]
    return events
