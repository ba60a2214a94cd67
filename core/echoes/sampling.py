"""Sampling of characters' commands on this worker: the steps of each, until the sampling is over; kept in PostgreSQL."""

import asyncio
import time
from collections import deque
from time import perf_counter

import asyncpg
import structlog

from echoes.correlation import CORRELATION
from echoes.errors import PlayerError
from echoes.steps import Recorder
from echoes.storage import samplings
from echoes.storage.database import Connection, Database
from echoes.storage.samplings import Sample, Step

log = structlog.get_logger()
STEPS = 200
"""Steps that are kept of one command; the others are left out, its duration stays."""
WAITING = 1000
"""Sampled commands that wait to be kept at most; the oldest are dropped, and a log line counts them."""


class SampleRecorder:
    """Records one command for a sampling."""

    def __init__(self, owner: "Sampling", character_id: int) -> None:
        self._owner = owner
        self._character_id = character_id
        self._at = owner.now()
        self._began = perf_counter()
        self._steps: list[Step] = []

    @property
    def traceparent(self) -> str:
        """A sampling traces no messages."""
        return ""

    def step(self, name: str, began: float, ended: float) -> None:
        """Record a step, of the first `STEPS`."""
        if len(self._steps) < STEPS:
            self._steps.append(Step(name, round(began - self._began, 6), round(ended - began, 6)))

    def done(self, command: str, outcome: str) -> None:
        """Hand the sample over to be kept."""
        seconds = round(perf_counter() - self._began, 6)
        steps = sorted(self._steps, key=lambda one: one.after)
        self._owner.take(Sample(self._character_id, CORRELATION.get(), command, outcome, seconds, self._owner.worker_id, steps, self._at))


class Sampling:
    """The characters that are sampled, as this worker knows them, and their commands that wait to be kept."""

    column = "samplings"
    """The column of `world` that grows with each change."""

    def __init__(self, database: Database, worker_id: str) -> None:
        self._database = database
        self.worker_id = worker_id
        self._number = -1
        self._until: dict[int, float] = {}
        """By character, until when by the monotonic clock."""
        self._waiting: deque[Sample] = deque()
        self._dropped = 0
        self.some_waiting = asyncio.Event()
        """Set while samples wait: `keep` has work."""

    def recorder_of(self, character_id: int) -> Recorder | None:
        """The recorder of a command that begins now; None for a character that is not sampled, after one look-up."""
        until = self._until.get(character_id)
        if until is None:
            return None
        if until <= time.monotonic():
            del self._until[character_id]
            return None
        return SampleRecorder(self, character_id)

    def now(self) -> float:
        """Unix seconds by the database's clock, so that samples of several workers have one order."""
        return self._database.now()

    def take(self, sample: Sample) -> None:
        """Let a sample wait to be kept."""
        if len(self._waiting) >= WAITING:
            self._waiting.popleft()
            self._dropped += 1
        self._waiting.append(sample)
        self.some_waiting.set()

    async def keep(self) -> None:
        """Keep the samples that wait. Those that PostgreSQL did not take wait on."""
        batch = list(self._waiting)
        self._waiting.clear()
        self.some_waiting.clear()
        if self._dropped:
            log.warning("sampling.dropped", samples=self._dropped)
            self._dropped = 0
        if not batch:
            return
        try:
            await samplings.keep(self._database, batch)
        except PlayerError:
            for sample in reversed(batch[: WAITING - len(self._waiting)]):
                self._waiting.appendleft(sample)
            self.some_waiting.set()
            raise

    async def read(self, connection: "Connection | asyncpg.Connection[asyncpg.Record]", number: int) -> None:
        """Read which characters are sampled, unless `number` is the one of before."""
        if number == self._number:
            return
        rows = await connection.fetch(
            "select character_id, until - extract(epoch from clock_timestamp())::double precision as left from samplings"
        )
        self._number = number
        self._until = {row["character_id"]: time.monotonic() + row["left"] for row in rows if row["left"] > 0}
