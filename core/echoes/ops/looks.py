"""Looks of operators that last for some time, so that each does not fill the audit log."""

import time
from collections import OrderedDict

SECONDS = 600.0
"""Seconds for which one entry stands for a look that lasts."""
MOST = 256
"""Looks that are kept apart; the oldest is forgotten, which costs another entry."""


class Looks:
    """The looks of this worker, each by what is looked at, by which operator and why."""

    def __init__(self) -> None:
        self._entered: OrderedDict[tuple[object, ...], float] = OrderedDict()

    def due(self, look: tuple[object, ...]) -> bool:
        """Whether a look needs an entry now."""
        return time.monotonic() - self._entered.get(look, -SECONDS) >= SECONDS

    def entered(self, look: tuple[object, ...]) -> None:
        """The audit log has an entry of a look, as of now."""
        self._entered[look] = time.monotonic()
        self._entered.move_to_end(look)
        if len(self._entered) > MOST:
            self._entered.popitem(last=False)
