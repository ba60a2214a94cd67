"""Many steps: several at once, never all of them in one piece. What grows with players, channels or debts goes through here."""

import asyncio
import random
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")
SLICE = 250
"""Items that are handled in one piece; between two such slices the event loop serves everything else."""


async def pause_before(attempt: int) -> None:
    """Wait before a further attempt at rows that others change: not before the first two, then up to 2 ms times 2 to the power of `attempt`."""
    if attempt > 1:
        await asyncio.sleep(random.uniform(0, 0.002 * 2**attempt))


async def gather(steps: Iterable[Coroutine[Any, Any, T]], *, at_once: int | None = None) -> list[T]:
    """Run the steps together. Returns their answers in order when all have ended, or raises the first error.

    With `at_once`, this many tasks run the steps one after the other, and the event loop serves other work after each step. A generator of
    steps is asked for the next step only when its turn comes.
    """
    if at_once is None:
        return _answers_of(await asyncio.gather(*steps, return_exceptions=True))
    waiting, answers = enumerate(steps), dict[int, T | BaseException]()

    async def take_turns() -> None:
        for number, step in waiting:
            try:
                answers[number] = await step
            except asyncio.CancelledError as error:
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    raise
                answers[number] = error  # the step's own
            except Exception as error:  # noqa: BLE001 - raised below, when all have ended
                answers[number] = error
            await asyncio.sleep(0)

    _answers_of(await asyncio.gather(*(take_turns() for _ in range(at_once)), return_exceptions=True))
    return _answers_of([answers[number] for number in range(len(answers))])


async def slices(items: Sequence[T], size: int = SLICE) -> AsyncIterator[Sequence[T]]:
    """The items in order, `size` at a time at most; the event loop serves everything else in between."""
    for start in range(0, len(items), size):
        if start:
            await asyncio.sleep(0)
        yield items[start : start + size]


def _answers_of(found: Sequence[T | BaseException]) -> list[T]:
    answers: list[T] = []
    for answer in found:
        if isinstance(answer, BaseException):
            raise answer
        answers.append(answer)
    return answers
