"""The figures of this worker that every heartbeat carries, so that any worker can show all."""

from collections.abc import Callable

from msgspec.structs import replace

import echoes
from echoes import metrics
from echoes.clock import Clock
from echoes.facilities import WorkerInfo
from echoes.game.contents import Contents
from echoes.metrics.reading import total
from echoes.web.health import Readiness

PROBLEMS, CHARACTERS = 8, 200
"""Most problems of one report, and the characters of each."""


class Report:
    """Fills in a worker's report. Rates are those since the report before; the first has none."""

    def __init__(
        self, clock: Clock, contents: Contents, connections: Callable[[], int], readiness: Callable[[], Readiness], *, server: str = ""
    ) -> None:
        self._clock = clock
        self._contents = contents
        self._connections = connections
        self._readiness = readiness
        self._server = server
        self._before = (clock.monotonic(), *_counts())

    def __call__(self, info: WorkerInfo) -> WorkerInfo:
        """The report of this moment."""
        now, commands, deliveries = (self._clock.monotonic(), *_counts())
        then, commands_before, deliveries_before = self._before
        self._before = (now, commands, deliveries)
        seconds = now - then
        state = self._readiness()
        return replace(
            info, connections=self._connections(), version=echoes.__version__, content=self._contents.world.version, status=state.status,
            problems=tuple(one[:CHARACTERS] for one in state.reasons[:PROBLEMS]), loop_delay=round(total(metrics.LOOP_DELAY_SECONDS), 4),
            commands=_rate(commands - commands_before, seconds), deliveries=_rate(deliveries - deliveries_before, seconds), server=self._server,
        )  # fmt: skip


def _counts() -> tuple[float, float]:
    return total(metrics.COMMANDS), total(metrics.DELIVERED)


def _rate(number: float, seconds: float) -> float:
    return round(number / seconds, 2) if seconds > 0 else 0.0
