"""Effects on characters: from a row and the content to changes, facts and texts. Extensions add rules of ticks (`echoes_effects`)."""

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from echoes.errors import ConfigurationError
from echoes.game.facts import EffectEnded, EffectGained, Fact, Reason
from echoes.storage.commits import Character
from echoes.world.effects import Lasting, gain, standing
from echoes.world.model import Effect, World

TICK, END = "effect_tick", "effect_end"
"""The kinds of timers. Each character has at most one of each: for the tick, and for the visible end, that comes first."""


@dataclass(frozen=True)
class Ticking:
    """Everything that the rule of a tick may look at."""

    effect: Effect
    lasting: Lasting
    hp: int
    max_hp: int
    location_id: str
    now: float
    dice: random.Random


@dataclass(frozen=True)
class EffectSpec:
    """A rule for what an effect does at each tick. An extension's `echoes_effects` hook returns such; content names it `plugin.name`.

    `tick` answers the hit points that the body gains, or loses when negative; it is a pure function.
    """

    name: str
    tick: Callable[[Ticking], int]


def _harm(at: Ticking) -> int:
    return -_points(at)


def _heal(at: Ticking) -> int:
    return _points(at)


def _worsen(at: Ticking) -> int:
    return -_points(at) * (1 + int((at.now - at.lasting.since) // 60))


def _points(at: Ticking) -> int:
    return at.effect.tick.hp * at.lasting.stacks if at.effect.tick is not None else 0


CORE = (EffectSpec("harm", _harm), EffectSpec("heal", _heal), EffectSpec("worsen", _worsen))


def specs_of(*given: Iterable[object]) -> Mapping[str, EffectSpec]:
    """By name. Raises `ConfigurationError` for what is no `EffectSpec`, and when two have the same name."""
    found: dict[str, EffectSpec] = {}
    for spec in (one for some in given for one in some):
        if not isinstance(spec, EffectSpec):
            raise ConfigurationError(f"an extension's echoes_effects brings a {type(spec).__name__}; it must bring EffectSpec objects")
        if spec.name in found:
            raise ConfigurationError(f"two rules of effects are called {spec.name!r}; rename one of them")
        found[spec.name] = spec
    return found


@dataclass
class Changed:
    """Changes of a character's effects, before they are committed."""

    effects: tuple[Lasting, ...]
    facts: list[Fact] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    """Lines for the character itself."""
    seen: list[str] = field(default_factory=list)
    """Lines for the other characters in its place."""


def is_past(me: Character, world: World, now: float) -> bool:
    """Whether the time of one of a character's effects is over."""
    return len(standing(me.effects, world.effects, now)) < len(me.effects)


def change(
    me: Character,
    world: World,
    now: float,
    *,
    gains: Iterable[str] = (),
    ends: Iterable[str] = (),
    reason: Reason = "cured",
    past: bool = True,
) -> Changed:
    """End effects for a reason, let others begin, and drop those whose time is over (`past`)."""
    found = Changed(standing(me.effects, world.effects, now))
    if past:
        for one in me.effects:
            if one not in found.effects:
                _ended(me, one.id, "time", world, found)
    for id_ in ends:
        if any(one.id == id_ for one in found.effects):
            found.effects = tuple(one for one in found.effects if one.id != id_)
            _ended(me, id_, reason, world, found)
    for id_ in gains:
        before = {one.id for one in found.effects}
        found.effects, ended = gain(found.effects, id_, world.effects, now)
        for other in ended:
            _ended(me, other, "cured", world, found)
        if id_ in world.effects and id_ not in before and any(one.id == id_ for one in found.effects):
            effect = world.effects[id_]
            found.facts.append(EffectGained(character_id=me.id, effect=id_))
            found.lines.append(effect.feels or f"Now: {effect.name}.")
            if effect.seen:
                found.seen.append(f"{me.name} is {effect.seen}.")
    return found


def _ended(me: Character, id_: str, reason: Reason, world: World, found: Changed) -> None:
    found.facts.append(EffectEnded(character_id=me.id, effect=id_, reason=reason))
    effect = world.effects.get(id_)
    if effect is not None and reason != "death":
        found.lines.append(f"No longer: {effect.name}.")
        if effect.seen:
            found.seen.append(f"{me.name} is no longer {effect.seen}.")


def due(effects: Iterable[Lasting], world: World) -> dict[str, float]:
    """By kind of timer, the moment at which it is due; a kind that has nothing to do is missing."""
    found: dict[str, float] = {}
    for one in effects:
        effect = world.effects[one.id]
        if one.due is not None:
            moment = one.due if one.until is None else min(one.due, one.until)
            found[TICK] = min(moment, found.get(TICK, moment))
        elif effect.seen and one.until is not None:
            found[END] = min(one.until, found.get(END, one.until))
    return found


def timers(me: Character, effects: Iterable[Lasting], world: World, now: float, *, but: str = "") -> list[dict[str, Any]]:
    """The changes that arm the timers of these effects, and disarm those that the row's former effects needed; all kinds but one."""
    before, after = due(standing(me.effects, world.effects, 0), world), due(effects, world)
    subject = f"character:{me.id}"
    changes: list[dict[str, Any]] = [
        {"op": "timer", "kind": kind, "subject": subject, "in": max(0.0, moment - now)}
        for kind, moment in after.items()
        if kind != but and before.get(kind) != moment
    ]
    changes += [{"op": "timer_off", "kind": kind, "subject": subject} for kind in before if kind != but and kind not in after]
    return changes
