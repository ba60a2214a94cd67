"""Calls of one script that are made in one turn of the event loop: Redis runs them as one script (`lua/many.lua`), and each gets its own reply."""

import asyncio
from collections.abc import Sequence
from typing import Any

import redis.exceptions as redis_errors

Value = bytes | str | int | float
MOST = 32
"""Calls in one script: Redis serves no other client while it runs."""


class Batch:
    """Calls of a script, which Redis knows as `once`, and as `many` in the form that runs several calls. It awaits a reply as a future does."""

    __slots__ = ("_calls", "_many", "_once")

    def __init__(self, once: str, many: str) -> None:
        self._once = once
        self._many = many
        self._calls: list[tuple[Sequence[Value], Sequence[Value], asyncio.Future[Any]]] = []

    def __len__(self) -> int:
        """The number of calls."""
        return len(self._calls)

    def add(self, keys: Sequence[Value], args: Sequence[Value], future: "asyncio.Future[Any]") -> None:
        """Add a call. Its future gets the reply or redis' exception."""
        self._calls.append((keys, args, future))

    def command(self) -> tuple[Value, ...]:
        """Return the command that runs all calls."""
        if len(self._calls) == 1:
            ((keys, args, _),) = self._calls
            return ("EVALSHA", self._once, len(keys), *keys, *args)
        together: list[Value] = [key for keys, _, _ in self._calls for key in keys]
        total = len(together)
        for keys, args, _ in self._calls:
            together += (len(keys), len(args), *args)
        return ("EVALSHA", self._many, total, *together)

    def done(self) -> bool:
        """Whether no caller waits any more."""
        return all(future.done() for _, _, future in self._calls)

    def set_result(self, reply: Any) -> None:
        """Give each call its own reply."""
        replies = [reply] if len(self._calls) == 1 else reply
        if not isinstance(replies, list) or len(replies) != len(self._calls):
            self.set_exception(redis_errors.InvalidResponse(f"{len(self._calls)} calls of one script got {reply!r}"))
            return
        for (_, _, future), own in zip(self._calls, replies, strict=True):
            if isinstance(own, Exception):
                fail(future, own)
            elif not future.done():
                future.set_result(own)

    def set_exception(self, error: Exception) -> None:
        """Fail every call."""
        for _, _, future in self._calls:
            fail(future, error)


def fail(future: "asyncio.Future[Any] | Batch", error: Exception) -> None:
    """Fail what awaits a reply, if it still does, without a warning when no caller reads it any more."""
    if isinstance(future, Batch):
        future.set_exception(error)
    elif not future.done():
        future.set_exception(error)
        future.exception()
