"""A circuit breaker: a backend that does not answer is left alone, and nobody waits for it meanwhile.

closed ──(failures in a row)──▶ open ──(a trial)──▶ half-open ──(success)──▶ closed
                                  ▲────────(failure)────┘

The pattern is Michael Nygard's ("Release It!", 2007).
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Literal, TypeVar

import structlog

from echoes import metrics
from echoes.clock import Clock
from echoes.errors import FacilityUnavailable

log = structlog.get_logger()
T = TypeVar("T")
State = Literal["closed", "open", "half_open"]
STATES: tuple[State, ...] = ("closed", "half_open", "open")


class _UnderWay:
    """A call that is being waited for."""

    __slots__ = ("cancelling", "is_overdue", "task", "until")

    def __init__(self, task: "asyncio.Task[Any]", until: float) -> None:
        self.task = task
        self.until = until
        self.cancelling = task.cancelling()
        self.is_overdue = False


class Breaker:
    """Guards the calls to one backend connection. Only `FacilityUnavailable`, and a call that takes longer than `patience`, count as failures.

    `failures` in a row open it. While it is open, calls fail at once, and whoever looks after it tries again (`try_again`), until a
    success closes it for all: no player's command waits for a trial.
    """

    def __init__(self, name: str, clock: Clock, *, failures: int, patience: float) -> None:
        self.name = name
        self._clock = clock
        self._threshold = failures
        self._patience = patience
        self._failures = 0
        self._under_way: set[_UnderWay] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._since = clock.monotonic()
        self._closed_since = -math.inf
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

    @property
    def closed_for(self) -> float:
        """Seconds for which calls have been let through again; 0 while they are not, infinite when they always were."""
        return 0.0 if self.is_open else self._clock.monotonic() - self._closed_since

    async def call(self, work: Callable[[], Awaitable[T]], *, extra: float = 0.0) -> T:
        """Do it, unless the breaker is open; raises `FacilityUnavailable`, and whatever else `work` raises.

        `extra` seconds are allowed beyond the patience, for a call that waits on purpose.
        """
        if self.state != "closed":
            raise FacilityUnavailable(f"{self.name} is left alone for a while: {self._last}")
        return await self._watched(self._patience + extra, work)

    async def try_again(self, ask: Callable[[], Awaitable[object]]) -> None:
        """Ask a backend that is left alone whether it is back, unless somebody is doing so. Raises what `call` raises."""
        if self.state == "open":
            self._become("half_open")
            try:
                await self._watched(self._patience, ask)
            finally:
                if self.is_open:  # failed in whatever way, or given up
                    self._become("open")

    async def _watched(self, seconds: float, work: Callable[[], Awaitable[T]]) -> T:
        try:
            result = await self._within(seconds, work)
        except FacilityUnavailable as failure:
            self._failed(failure)
            raise
        self._succeeded()
        return result

    async def _within(self, seconds: float, work: Callable[[], Awaitable[T]]) -> T:
        """As under `asyncio.timeout`, at a third of its cost: one timer looks after all calls. Late by a quarter of the patience at most."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        if task is None:
            raise RuntimeError("a facility is called from a task")
        under_way = _UnderWay(task, loop.time() + seconds)
        self._under_way.add(under_way)
        if self._timer is None:
            self._timer = loop.call_later(self._patience / 4, self._look_after, loop)
        try:
            result = await work()
        except asyncio.CancelledError as error:
            if under_way.is_overdue and task.uncancel() <= under_way.cancelling:
                raise FacilityUnavailable(f"{self.name}: no answer within {seconds:g} s") from error
            raise
        finally:
            self._under_way.discard(under_way)
        if under_way.is_overdue:
            await _disarmed(task, under_way.cancelling)
        return result

    def _look_after(self, loop: asyncio.AbstractEventLoop) -> None:
        """Cancel what is overdue, and look again while anything is under way."""
        now = loop.time()
        for one in self._under_way:
            if one.until <= now and not one.is_overdue:
                one.is_overdue = True
                one.task.cancel()
        self._timer = loop.call_later(self._patience / 4, self._look_after, loop) if self._under_way else None

    def _succeeded(self) -> None:
        self._failures = 0
        if self.state != "closed":
            self._become("closed")

    def _failed(self, failure: Exception) -> None:
        self._last = str(failure)
        self._failures += 1
        if self.state == "half_open" or (self.state == "closed" and self._failures >= self._threshold):
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
            self._closed_since = self._clock.monotonic()
            log.info("breaker.closed", backend=self.name, seconds=round(self._clock.monotonic() - self._since, 3))

    def _show(self) -> None:
        for state in STATES:
            metrics.BREAKER.labels(metrics.WORKER, self.name, state).set(state == self.state)


async def _disarmed(task: "asyncio.Task[Any]", cancelling: int) -> None:
    """The answer came in the very moment in which it was given up: take our own cancellation back, and nobody else's."""
    with suppress(asyncio.CancelledError):
        await asyncio.sleep(0)
    if task.uncancel() > cancelling:
        raise asyncio.CancelledError
