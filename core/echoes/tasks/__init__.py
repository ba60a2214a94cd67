"""Background work that repeats while a worker runs."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import structlog

from echoes.errors import EchoesError, FacilityUnavailable
from echoes.facilities import LockManager, hold
from echoes.log_limit import LOG_LIMIT
from echoes.metrics import counting

log = structlog.get_logger()
Work = Callable[[], Awaitable[Any]]
IDLE_SECONDS = 10.0
"""Seconds between two turns of a task that has nothing to do."""


async def every(seconds: float, name: str, work: Work) -> None:
    """Run `work` every `seconds` (a tenth of them at random, so that workers do not run in step). A failure is logged and does not end the loop."""
    turns = counting.Turns(name, seconds)
    while True:
        await asyncio.sleep(seconds * random.uniform(0.95, 1.05))
        await attempt(name, lambda: turns.take(work))


async def every_while(needed: asyncio.Event, seconds: float, name: str, work: Work) -> None:
    """Run `work` every `seconds` while `needed` is set. While it is not, a turn `IDLE_SECONDS` later each time shows that the task is alive."""
    turns = counting.Turns(name, max(IDLE_SECONDS, seconds))
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(IDLE_SECONDS):
                await needed.wait()
        await asyncio.sleep(seconds * random.uniform(0.95, 1.05))
        await attempt(name, lambda: turns.take(work))


async def attempt(name: str, work: Work) -> None:
    """Run `work` once. A failure is logged, not raised: the next turn tries again."""
    try:
        await work()
    except FacilityUnavailable as error:
        log.debug("task.postponed", task=name, error=str(error))  # the breaker logs once that a backend is down
    except EchoesError as error:
        if times := LOG_LIMIT.due("task.failed", name, type(error).__name__):
            log.warning("task.failed", task=name, error=str(error), times=times)
    except Exception as error:
        if times := LOG_LIMIT.due("task.crashed", name, type(error).__name__):
            log.exception("task.crashed", task=name, times=times)


async def every_leased(seconds: float, name: str, work: Work, locks: LockManager) -> None:
    """Run `work` every `seconds` in one worker at a time. The lease only saves work: the work must be safe to run twice."""

    async def leased() -> object:
        async with hold(locks, f"task:{name}", ttl=max(10.0, seconds * 3)) as lease:
            counting.lease(name, held=lease is not None)
            if lease is None:
                return counting.TAKEN
            return await work()

    await every(seconds, name, leased)
