"""Several calls of a backend at once."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any


async def all_of(steps: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Take them together, as a backend answers together what it is asked together. Returns when each has ended, then raises the first error."""
    for outcome in await asyncio.gather(*steps, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome
