"""A circuit breaker: a backend that does not answer is left alone for a while, and nobody waits for it meanwhile.

closed ──(failures in a row)──▶ open ──(rest)──▶ half-open ──(success)──▶ closed
                                  ▲───────(failure)────┘

The pattern is Michael Nygard's ("Release It!", 2007).
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Literal, TypeVar

import structlog

from echoes import metrics
from echoes.clock import Clock
from echoes.errors import FacilityUnavailable

log = structlog.get_logger()
T = TypeVar("T")
State = Literal["closed", "open", "half_open"]
STATES: tuple[State, ...] = ("closed", "half_open", "open")


class Breaker:
    """Guards the calls to one backend connection. Only `FacilityUnavailable`, and a call that takes longer than `patience`, count as failures.

    `failures` in a row open it. While it is open, calls fail at once; after `rest` seconds one call at a time tries again, and its
    success closes the breaker for all.
    """

    def __init__(self, name: str, clock: Clock, *, failures: int, patience: float, rest: float) -> None:
        self.name = name
        self._clock = clock
        self._threshold = failures
        self._patience = patience
        self._rest = rest
        self._failures = 0
        self._rests_until = 0.0
        self._trying = False
        self._since = clock.monotonic()
        self._last = ""
        self.state: State = "closed"
        self.on_open: list[Callable[[], None]] = []
        self._show()

    @property
    def is_open(self) -> bool:
        """Whether ordinary calls fail at once."""
        return self.state != "closed"

    @property
    def reason(self) -> str:
        """What the last failure said."""
        return self._last

    async def call(self, work: Callable[[], Awaitable[T]], *, extra: float = 0.0) -> T:
        """Do it, unless the breaker is open; raises `FacilityUnavailable`, and whatever else `work` raises.

        `extra` seconds are allowed beyond the patience, for a call that waits on purpose.
        """
        self._admit()
        trying = self._trying = self.state == "half_open"
        try:
            async with asyncio.timeout(self._patience + extra):
                result = await work()
        except TimeoutError as error:
            failure = FacilityUnavailable(f"{self.name}: no answer within {self._patience + extra:g} s")
            self._failed(failure)
            raise failure from error
        except FacilityUnavailable as failure:
            self._failed(failure)
            raise
        finally:
            if trying:
                self._trying = False
        self._succeeded()
        return result

    def _admit(self) -> None:
        if self.state == "closed":
            return
        if self._trying or self._clock.monotonic() < self._rests_until:
            raise FacilityUnavailable(f"{self.name} is left alone for a while: {self._last}")
        self._become("half_open")

    def _succeeded(self) -> None:
        self._failures = 0
        if self.state != "closed":
            self._become("closed")

    def _failed(self, failure: Exception) -> None:
        self._last = str(failure)
        self._failures += 1
        if self.state == "half_open" or (self.state == "closed" and self._failures >= self._threshold):
            self._rests_until = self._clock.monotonic() + self._rest
            self._become("open")

    def _become(self, state: State) -> None:
        before, self.state = self.state, state
        self._show()
        if state == "open" and before == "closed":
            self._since = self._clock.monotonic()
            log.warning("breaker.opened", backend=self.name, error=self._last)
            for told in self.on_open:
                told()
        elif state == "closed":
            log.info("breaker.closed", backend=self.name, seconds=round(self._clock.monotonic() - self._since, 3))

    def _show(self) -> None:
        for state in STATES:
            metrics.BREAKER.labels(metrics.WORKER, self.name, state).set(state == self.state)
