"""Bounds on log lines that could come many times a second: a line for each cause and minute, with the number of repetitions."""

import time
from collections import OrderedDict
from collections.abc import Callable

PER_SECONDS = 60.0
CAUSES = 256
"""Causes that are kept apart at most; the one that was seen longest ago is removed first."""


class LogLimit:
    """Decides which occurrence of a cause is logged: the first one, then one in each `per` seconds."""

    def __init__(self, *, per: float = PER_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._per = per
        self._clock = clock
        self._seen: OrderedDict[tuple[str, ...], tuple[float, int]] = OrderedDict()

    def due(self, *cause: str) -> int:
        """Count one occurrence. Answers 0 when it is not to be logged, else the number of occurrences since the last line, with this one."""
        now = self._clock()
        logged, silent = self._seen.pop(cause, (-self._per, 0))
        due = now - logged >= self._per
        self._seen[cause] = (now, 0) if due else (logged, silent + 1)
        if len(self._seen) > CAUSES:
            self._seen.popitem(last=False)
        return silent + 1 if due else 0

    def forget(self) -> None:
        """Reset all counts."""
        self._seen.clear()


LOG_LIMIT = LogLimit()
"""One for the process: a cause begins with the event's name."""
