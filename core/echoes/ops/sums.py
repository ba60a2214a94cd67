"""Sums of scrap, things and quests over the whole game."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from msgspec import Struct

from echoes.storage import census
from echoes.storage.census import QuestStep, Rare, Rich, ScrapDay
from echoes.storage.database import Database

SECONDS = 60.0
"""As old may sums be that an operator sees."""


class Economy(Struct):
    """Sums over all characters and things, of the moment `at` (Unix seconds)."""

    at: float
    scrap: Sequence[ScrapDay]
    richest: Sequence[Rich]
    rarest: Sequence[Rare]
    quests: Sequence[QuestStep]


@dataclass
class Sums:
    """The last sums that this worker has made. They read whole tables: one reader at a time makes them, once a minute at most."""

    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _economy: Economy | None = None
    _until: float = 0.0

    async def of(self, database: Database) -> Economy:
        """Return the sums. Raises `Unavailable` when PostgreSQL does not answer within `ECHOES_DATABASE_TIMEOUT`."""
        async with self._lock:
            if self._economy is None or time.monotonic() >= self._until:
                self._economy = Economy(
                    database.now(), await census.scrap_days(database), await census.richest(database), await census.rarest(database),
                    await census.quest_steps(database),
                )  # fmt: skip
                self._until = time.monotonic() + SECONDS
            return self._economy
