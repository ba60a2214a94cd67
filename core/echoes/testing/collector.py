"""Helpers of the suites: a sink that a test can wait for, names that break careless keys, and a time limit."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from echoes.facilities import Gap, Message

Answer = TypeVar("Answer")

PATIENCE = 5.0
"""Seconds of real time after which a promised result counts as missing."""

ODD_NAMES = [
    pytest.param("", id="empty"),
    pytest.param("a b\tc", id="spaces"),
    pytest.param("Brücke-橋-🔥", id="unicode"),
    pytest.param("x" * 2000, id="very-long"),
    pytest.param("a:b:c:", id="colons"),
    pytest.param("{a}{b", id="braces"),
    pytest.param("*?[a-z]\\", id="globs"),
    pytest.param("line\nbreak\r\n", id="line-breaks"),
]


class Collector:
    """A sink that keeps what it gets and lets a test wait for more."""

    def __init__(self) -> None:
        self.items: list[Message | Gap] = []
        self._changed = asyncio.Event()

    def __call__(self, item: Message | Gap) -> None:
        """Take an item."""
        self.items.append(item)
        self._changed.set()

    @property
    def messages(self) -> list[Message]:
        """The messages received, without the gaps."""
        return [item for item in self.items if isinstance(item, Message)]

    @property
    def payloads(self) -> list[bytes]:
        """The messages' bytes."""
        return [message.payload for message in self.messages]

    @property
    def offsets(self) -> list[int]:
        """The messages' offsets."""
        return [message.position.offset for message in self.messages]

    @property
    def gaps(self) -> list[Gap]:
        """The gaps received."""
        return [item for item in self.items if isinstance(item, Gap)]

    async def until(self, condition: Callable[["Collector"], bool]) -> None:
        """Return once `condition(self)` holds. After `PATIENCE` raises an AssertionError that shows the received items."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not condition(self):
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"waited in vain; got {self.items!r:.2000}") from None

    async def count(self, items: int) -> list[Message | Gap]:
        """Wait for at least `items` items (gaps count) and return them all."""
        await self.until(lambda self: len(self.items) >= items)
        return self.items

    async def payload(self, payload: bytes) -> None:
        """Wait until a message with these bytes came: then all messages published before it on its channel have come as well."""
        await self.until(lambda self: payload in self.payloads)


async def in_time(answer: Awaitable[Answer]) -> Answer:
    """Await a result that must come. Raises AssertionError after `PATIENCE`."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await answer
    except TimeoutError:
        raise AssertionError("waited in vain") from None


async def breathe() -> None:
    """Let other tasks take a few steps. No law depends on their number."""
    for _ in range(20):
        await asyncio.sleep(0)
