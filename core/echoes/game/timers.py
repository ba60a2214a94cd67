"""Rules of timers: a kind names a rule, which turns rows into changes, events, facts and the time at which the timer is due again."""

import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from echoes.channels import Outgoing
from echoes.game.facts import Fact
from echoes.game.scene import Surroundings
from echoes.storage.timers import Due

CatchUp = Literal["skip", "once", "each"]


@dataclass(frozen=True)
class Happened:
    """The decision of a rule, as data. All of it takes effect, once, or none.

    `changes` and `ledger` are those of `echoes_apply` (`functions.sql`). `after` is seconds until the timer is due again; None disarms it.
    """

    changes: Sequence[Mapping[str, Any]] = ()
    ledger: Sequence[Mapping[str, Any]] = ()
    events: Sequence[Outgoing] = ()
    facts: Sequence[Fact] = ()
    after: float | None = None
    payload: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Rows:
    """The input of a rule: the timer, the world in force, and the rows that its kind has read."""

    timer: Due
    around: Surroundings
    dice: random.Random
    """Seeded by the timer's row: the same row gives the same throws."""
    now: float
    """Unix seconds by PostgreSQL's clock."""
    found: Any = None


async def nothing(_: Surroundings, __: Due) -> None:
    """Read no rows."""
    return


@dataclass(frozen=True)
class TimerSpec:
    """A kind of timer. An extension's `echoes_timers` hook returns such; the core declares its own in the same way.

    `read` asks for the rows, and `rule` is a pure function of them. `catch_up` says what an outage does to a timer that repeats every `interval`
    seconds. `skip`: missed occurrences do not happen, the next is due `interval` from now. `once`: one occurrence stands for all missed ones.
    `each`: every missed occurrence happens, at most `most` of them.
    """

    kind: str
    rule: Callable[[Rows], Happened]
    read: Callable[[Surroundings, Due], Awaitable[Any]] = field(default=nothing)
    catch_up: CatchUp = "once"
    most: int = 1
    interval: float = 0.0
    """Seconds between two of them; needed for `skip` and `each`."""
    starts: tuple[str, ...] = ()
    """Subjects that are armed when a server starts, unless they are armed already."""

    def dice(self, timer: Due) -> random.Random:
        """The dice of one occurrence, from its row."""
        return random.Random(f"{timer.kind}:{timer.subject}:{timer.version}:{timer.seed}")

    def is_skipped(self, timer: Due) -> bool:
        """Whether it is so late that it does not happen, and is due again `interval` from now."""
        return self.catch_up == "skip" and self.interval > 0 and timer.late > self.interval

    def counts_from_due(self, timer: Due) -> bool:
        """Whether the next one is counted from when this one was due: while no more than `most` were missed."""
        return self.catch_up == "each" and timer.late <= self.most * self.interval
