"""Where laws are registered, and what several of them ask of a history."""

from collections.abc import Callable, Iterator

from chaos.telling import Command, Telling

Law = Callable[[Telling], Iterator[str]]
LAWS: dict[str, Law] = {}
LAG = 2.0
"""Seconds that what is shown may lag behind while something is broken."""
HARMLESS = {"worker_killed", "two_workers_killed", "worker_drained", "workers_rolled", "clock_stepped", "postgres_reloaded"}
"""Faults that keep no cache from being invalidated, and no lease from being kept."""

LATE = 5.0
"""Seconds that a timer, or the end of a round, may be late while nothing is broken."""
NEVER_LATER = 60.0
"""Seconds that it may be late while anything is broken."""
CATCHING_UP = 15.0
"""Seconds after a fault within which timers are caught up: a lease of a part runs out, another worker takes it, and works what was missed."""


def law(check: Law) -> Law:
    """One promise, named by its function."""
    LAWS[check.__name__] = check
    return check


def calm(telling: Telling, t: float) -> bool:
    """Whether nothing was broken then or shortly before that could keep an invalidation from a cache."""
    known = [one for one in telling.faults if one.kind not in HARMLESS and one.t < t]
    begun = [one.t for one in known if one.phase == "begins"]
    return not begun or (known[-1].phase != "begins" and t - begun[-1] > 15 and t - known[-1].t > 8)


def name_of(telling: Telling, command: Command) -> str:
    """The name of the character that gave a command."""
    return telling.made[command.character].name


def late_for_no_reason(telling: Telling, t: float, late: float) -> bool:
    """Whether something is late at `t` by this number of seconds though nothing was broken then or shortly before; or by far too many."""
    known = [fault for fault in telling.faults if fault.t <= t]
    broken = bool(known) and (known[-1].phase == "begins" or t - known[-1].t < CATCHING_UP)
    return late > (NEVER_LATER if broken else LATE)
