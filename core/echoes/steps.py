"""Several steps at once: what is asked of one backend together, it answers together."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


async def all_of(steps: Iterable[Coroutine[Any, Any, T]], *, at_once: int | None = None) -> list[T]:
    """Take them together, `at_once` at a time at most. Returns what each has answered, in order, when all have ended, or raises the first error."""
    if at_once is not None:
        limit = asyncio.Semaphore(at_once)
        steps = [_within(limit, step) for step in steps]
    answers: list[T] = []
    failed: BaseException | None = None
    for answer in await asyncio.gather(*steps, return_exceptions=True):
        if not isinstance(answer, BaseException):
            answers.append(answer)
        elif failed is None:
            failed = answer
    if failed is not None:
        raise failed
    return answers


async def _within(limit: asyncio.Semaphore, step: Coroutine[Any, Any, T]) -> T:
    async with limit:
        return await step
