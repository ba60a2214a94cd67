"""Orders of operators, as a worker finds and takes them: the world poll brings them, the supervisor carries them out.

The way leads through PostgreSQL alone, so an order also reaches its worker while Redis is away.
"""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

import asyncpg
import structlog

from echoes.storage import worker_orders
from echoes.storage.database import Connection, Database
from echoes.storage.worker_orders import DONE, Action, Open

log = structlog.get_logger()
OUTCOMES = {
    "done": DONE,
    "busy": "Its workers are started, replaced or stopped already.",
    "last": "It is the last worker of its server. Stop that server instead: SIGTERM drains it.",
    "not_started": "A new worker could not start; the log of that server gives the reason. The old one stays.",
}
"""The words that a supervisor reports (`echoes.serving.lifeline`), each with the sentence that operators read."""
NO_SUPERVISOR = "Its supervisor is of an older release: restart that server."


class Supervision(NamedTuple):
    """The supervisor of this worker: the id of its server, the function that hands it an order, and the seconds that one may take."""

    server: str
    order: Callable[[Action, int], None]
    seconds: float


class WorkerOrders:
    """The orders that this worker may take. `due` is set while there is one, or an outcome waits to be kept: `turn` has work."""

    column = "worker_orders"
    """The column of `world` that grows with each order."""

    def __init__(self, database: Database, worker_id: str, supervision: Supervision | None = None) -> None:
        self._database = database
        self._worker_id = worker_id
        self._supervision = supervision
        self._number = -1
        self._after = -1
        self._open: dict[int, Open] = {}
        self._ended: dict[int, str] = {}
        self.due = asyncio.Event()

    @property
    def server(self) -> str:
        """The id of the supervisor with its workers; empty where there is none, or one of an older release."""
        return self._supervision.server if self._supervision else ""

    async def read(self, connection: "Connection | asyncpg.Connection[asyncpg.Record]", number: int) -> None:
        """Read the orders that are open, unless `number` is the one of before.

        Those for every server that were given before this worker first polled do not concern it: it is newer than they are.
        """
        if number == self._number:
            return
        self._after = number if self._number < 0 else min(self._after, number)
        found = await worker_orders.open_for(connection, self._worker_id, self._after)
        self._number = number
        self._open = {one.number: one for one in found}
        self._look()

    def ended(self, number: int, outcome: str) -> None:
        """The supervisor reports the outcome of an order."""
        self._ended[number] = OUTCOMES.get(outcome, outcome)
        self._look()

    async def turn(self) -> None:
        """Keep the outcomes that were reported, and take the orders that are open."""
        for number, outcome in [*self._ended.items()]:
            await worker_orders.finish(self._database, number, self.server, outcome)
            del self._ended[number]
        for one in [*self._open.values()]:
            await self._take(one)
        self._look()

    async def _take(self, one: Open) -> None:
        server, seconds = self.server or self._worker_id, self._supervision.seconds if self._supervision else 0.0
        taken = await worker_orders.take(self._database, one.number, server, self._worker_id, seconds)
        if taken is False:
            return
        self._open.pop(one.number, None)
        if not taken:
            return
        log.info("worker_order.taken", number=one.number, action=one.action)
        if self._supervision is None:
            await worker_orders.finish(self._database, one.number, server, NO_SUPERVISOR)
        else:
            self._supervision.order(one.action, one.number)

    def _look(self) -> None:
        (self.due.set if self._open or self._ended else self.due.clear)()
