"""A circuit breaker: while a backend does not answer, calls to it fail at once instead of waiting.

closed ──(failures in a row)──▶ open ──(a trial)──▶ half-open ──(success)──▶ closed
                                  ▲────────(failure)────┘

The pattern is Michael Nygard's ("Release It!", 2007).
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, Literal, TypeVar

import structlog

from echoes import metrics
from echoes.clock import Clock
from echoes.errors import FacilityFull, FacilityUnavailable, LeaseLost, StaleEpoch
from echoes.log_limit import LogLimit

log = structlog.get_logger()
T = TypeVar("T")
State = Literal["closed", "open", "half_open"]
STATES: tuple[State, ...] = ("closed", "half_open", "open")


FULL_SECONDS = 15.0
"""A backend counts as full until this long after it last had no room."""
FAULT_SECONDS = 60.0
"""A fault of a backend's code is shown for this long."""
FLAP_SECONDS = 5.0
"""A breaker that opens again within this after it closed waits twice as long for the next trial, `LONGEST_PAUSE` at most."""
LONGEST_PAUSE = 30.0


class _UnderWay:
    """A call under way."""

    __slots__ = ("cancelling", "is_overdue", "is_stuck", "operation", "task", "until")

    def __init__(self, task: "asyncio.Task[Any]", until: float, operation: str) -> None:
        self.task = task
        self.until = until
        self.operation = operation
        self.cancelling = task.cancelling()
        self.is_overdue = False
        self.is_stuck = False


class Breaker:
    """Guards the calls to one backend connection. Only `FacilityUnavailable`, and a call that takes longer than `patience`, count as failures.

    `failures` in a row open it, of all operations or of one. While it is open, calls fail at once. The owner of the breaker makes trials
    (`try_again`) until a success closes it for all: no player's command waits for a trial. `FacilityFull` is an answer, and opens nothing:
    a backend without room still takes calls that need none.
    """

    def __init__(self, name: str, clock: Clock, *, failures: int, patience: float) -> None:
        self.name = name
        self._clock = clock
        self._threshold = failures
        self._patience = patience
        self._failures: dict[str, int] = {}
        self._in_a_row = 0
        self._under_way: set[_UnderWay] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._since = clock.monotonic()
        self._closed_since = -math.inf
        self._last = ""
        self._no_room = self._fault = ("", -math.inf)
        self._full = False
        self._flaps = 0
        self._not_before = -math.inf
        self._repeats = LogLimit(clock=clock.monotonic)
        self.state: State = "closed"
        self.on_open: list[Callable[[], None]] = []
        self._show()

    @property
    def is_open(self) -> bool:
        """Whether ordinary calls fail at once."""
        return self.state != "closed"

    @property
    def reason(self) -> str:
        """The text of the last failure."""
        return self._last

    @property
    def full(self) -> bool:
        """Whether the backend had no room within the last `FULL_SECONDS`."""
        return self._full

    @property
    def ailments(self) -> list[str]:
        """The backend's problems, for an operator; empty when none is known."""
        found = []
        if self.is_open:
            found.append(f"{self.name} does not answer: {self._last}")
        if self._full:
            found.append(f"{self.name} is full: {self._no_room[0]}")
        if self._clock.monotonic() - self._fault[1] < FAULT_SECONDS and not (self.is_open and self._last == self._fault[0]):
            found.append(f"{self.name} fails: {self._fault[0]}")
        return found

    @property
    def closed_for(self) -> float:
        """Seconds since the breaker closed; 0 while it is open, infinite when it never opened."""
        return 0.0 if self.is_open else self._clock.monotonic() - self._closed_since

    def call(self, work: Callable[[], Awaitable[T]], *, operation: str = "", extra: float = 0.0) -> Coroutine[Any, Any, T]:
        """Run `work`, unless the breaker is open. Raises `FacilityUnavailable`, and every other error of `work`, when it is awaited.

        Failures are counted for each `operation`: one that always fails is not hidden by others that succeed. `extra` seconds are allowed
        beyond the patience, for a call that waits on purpose.
        """
        return self._watched(self._patience + extra, work, operation)

    async def try_again(self, ask: Callable[[], Awaitable[object]]) -> None:
        """Probe a backend with an open breaker, and one that is full, unless a trial is under way.

        Raises the errors of `call`.
        """
        if self.state == "open" and self._clock.monotonic() >= self._not_before:
            self._become("half_open")
            try:
                await self._watched(self._patience, ask, is_trial=True)
            finally:
                if self.is_open:  # failed in any way, or cancelled
                    self._become("open")
        elif self.state == "closed" and self._full and self._clock.monotonic() - self._no_room[1] >= FULL_SECONDS:
            await self.call(ask, operation="trial")
            self._full = False
            log.info("breaker.has_room", backend=self.name)

    def faulty(self, facility: str, operation: str, problem: str, error: BaseException | None) -> None:
        """Note a bug in the backend's code: it raised an error that no facility raises, or returned a value that was not promised.

        Logs one line per cause and minute.
        """
        self._fault = (problem, self._clock.monotonic())
        if times := self._repeats.due("fault", facility, operation, type(error).__name__):
            log.error("facility.faulty", backend=self.name, facility=facility, method=operation, error=problem, times=times, exc_info=error)

    async def _watched(self, seconds: float, work: Callable[[], Awaitable[T]], operation: str = "", *, is_trial: bool = False) -> T:
        """Run `work` and count its outcome. The time is limited as `asyncio.timeout` does, at a third of its cost: one timer serves all calls.

        It is late by a quarter of the patience at most. Work that ignores its cancellation cannot be ended: then the breaker opens.
        """
        if self.state != "closed" and not is_trial:
            raise FacilityUnavailable(f"{self.name} is left alone for a while: {self._last}")
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        if task is None:
            raise RuntimeError("a facility is called from a task")
        under_way = _UnderWay(task, loop.time() + seconds, operation)
        self._under_way.add(under_way)
        if self._timer is None:
            self._timer = loop.call_later(self._patience / 4, self._look_after, loop)
        try:
            result = await work()
        except asyncio.CancelledError as error:
            if not under_way.is_overdue or task.uncancel() > under_way.cancelling:
                raise
            failure = FacilityUnavailable(f"{self.name}: no answer within {seconds:g} s")
            self._failed(failure, operation)
            raise failure from error
        except FacilityFull as full:
            self._succeeded(operation)
            self._has_no_room(full)
            raise
        except FacilityUnavailable as failure:
            self._failed(failure, operation)
            raise
        except (StaleEpoch, LeaseLost):
            self._succeeded(operation)  # a value came back
            raise
        finally:
            self._under_way.discard(under_way)
        if under_way.is_overdue:
            await _disarmed(task, under_way.cancelling)
        self._succeeded(operation)
        return result

    def _look_after(self, loop: asyncio.AbstractEventLoop) -> None:
        """Cancel overdue calls, name those that go on all the same, and check again while any call is under way."""
        now = loop.time()
        for one in self._under_way:
            if one.until <= now and not one.is_overdue:
                one.is_overdue = True
                one.task.cancel()
            elif one.is_overdue and not one.is_stuck and now - one.until > self._patience:
                one.is_stuck = True
                self._is_stuck(one.operation)
        self._timer = loop.call_later(self._patience / 4, self._look_after, loop) if self._under_way else None

    def _is_stuck(self, operation: str) -> None:
        problem = f"{operation or 'a trial'} was cancelled and goes on"
        self.faulty(self.name, operation, problem, None)
        self._last = f"{self.name}: {problem}"
        if self.state == "closed":
            self._become("open")

    def _succeeded(self, operation: str) -> None:
        self._failures.pop(operation, None)
        self._in_a_row = 0
        if self.state != "closed":
            self._become("closed")

    def _failed(self, failure: Exception, operation: str) -> None:
        self._last = str(failure)
        self._in_a_row += 1
        failures = self._failures[operation] = self._failures.get(operation, 0) + 1
        if self.state == "half_open" or (self.state == "closed" and max(failures, self._in_a_row) >= self._threshold):
            self._become("open")

    def _has_no_room(self, full: FacilityFull) -> None:
        self._no_room = (str(full), self._clock.monotonic())
        if not self._full:
            self._full = True
            log.warning("breaker.full", backend=self.name, error=str(full))

    def _become(self, state: State) -> None:
        before, self.state = self.state, state
        self._show()
        now = self._clock.monotonic()
        if state == "open" and before == "closed":
            self._since = now
            self._flaps = self._flaps + 1 if now - self._closed_since < FLAP_SECONDS else 0
            self._not_before = now + (min(LONGEST_PAUSE, 0.5 * 2**self._flaps) if self._flaps else 0.0)
            if times := self._repeats.due("opened", self._last):
                log.warning("breaker.opened", backend=self.name, error=self._last, times=times)
            for call in self.on_open:
                call()
        elif state == "closed":
            self._closed_since = now
            self._failures.clear()
            if times := self._repeats.due("closed", self._last):
                log.info("breaker.closed", backend=self.name, seconds=round(now - self._since, 3), times=times)

    def _show(self) -> None:
        for state in STATES:
            metrics.BREAKER.labels(metrics.WORKER, self.name, state).set(state == self.state)


async def _disarmed(task: "asyncio.Task[Any]", cancelling: int) -> None:
    """Take back only the breaker's own cancellation: the answer came in the very moment of the timeout."""
    with suppress(asyncio.CancelledError):
        await asyncio.sleep(0)
    if task.uncancel() > cancelling:
        raise asyncio.CancelledError
