"""Effects on a body: pure functions of what a row keeps, the content, and a moment. At most `MOST` last at a time.

An effect ends at its moment without a timer: what it changes is computed (`changes_at`, `cuts`). Only what ticks, or is seen by others, is armed.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec
from msgspec import Struct

from .model import Changes, Effect
from .rules import Load

MOST = 16
"""Effects on one body at most. Beyond this the one that ends first makes room."""


class Lasting(Struct, frozen=True, omit_defaults=True):
    """An effect on a body, as a character's row keeps it. Times are Unix seconds."""

    id: str
    since: float
    until: float | None = None
    """When it ends. None: when something ends it."""
    due: float | None = None
    """When it ticks next."""
    stacks: int = 1


class Gained(NamedTuple):
    """The effects of a body after one more has begun, and the ids of those that it has ended."""

    effects: tuple[Lasting, ...]
    ended: tuple[str, ...]


def standing(effects: Iterable[Lasting], known: Mapping[str, Effect], now: float) -> tuple[Lasting, ...]:
    """Those that last at `now`. One that the content no longer knows does not."""
    return tuple(one for one in effects if one.id in known and (one.until is None or one.until > now))


def gain(effects: tuple[Lasting, ...], id_: str, known: Mapping[str, Effect], now: float) -> Gained:
    """One more effect begins, or begins again as its `stacks` says. An effect that the content does not know changes nothing."""
    effect = known.get(id_)
    if effect is None or effect.is_condition:
        return Gained(effects, ())
    before = next((one for one in effects if one.id == id_), None)
    ended = tuple(one.id for one in effects if one.id in effect.ends)
    kept = [one for one in effects if one.id != id_ and one.id not in ended]
    until = None if effect.seconds is None else now + effect.seconds
    due = None if effect.tick is None else now + effect.tick.seconds
    made = Lasting(id_, now, until, due)
    if before is not None:
        longer = effect.stacks == "extend" and before.until is not None and effect.seconds is not None
        most = now + (effect.seconds or 0) * effect.most
        made = msgspec.structs.replace(
            made, since=before.since, due=before.due,
            until=min((before.until or now) + (effect.seconds or 0), most) if longer else until,
            stacks=min(before.stacks + 1, effect.most) if effect.stacks == "add" else before.stacks,
        )  # fmt: skip
    while len(kept) >= MOST:
        first = min(kept, key=lambda one: (one.until is None, one.until, one.since, one.id))
        kept.remove(first)
        ended = (*ended, first.id)
    return Gained((*kept, made), ended)


def conditions(known: Mapping[str, Effect], load: Load, stamina: float) -> list[str]:
    """The effects that follow from a load and from stamina, a part of the most."""
    part = max(load.weight / load.max_weight, load.volume / load.max_volume)
    return [
        id_ for id_, one in known.items()
        if (one.load_above is not None and part > one.load_above) or (one.stamina_below is not None and stamina < one.stamina_below)
    ]  # fmt: skip


def changes_at(effects: Iterable[Lasting], known: Mapping[str, Effect], now: float, conditions: Iterable[str] = ()) -> Changes:
    """The sum of what these effects change at a moment."""
    sums = dict.fromkeys(Changes.__struct_fields__, 0)
    counted = [(known[one.id].changes, one.stacks) for one in standing(effects, known, now)]
    counted += [(known[id_].changes, 1) for id_ in conditions]
    for changes, stacks in counted:
        for name in sums:
            sums[name] += getattr(changes, name) * stacks
    return Changes(**sums)


def cuts(effects: Iterable[Lasting], since: float) -> list[float]:
    """The moments after `since` at which effects end, in order."""
    return sorted({one.until for one in effects if one.until is not None and one.until > since})
