"""The pulse: what every worker reads in PostgreSQL once a second, so that all of them soon agree on what is current.

It beats on the connection that holds the world lock, so it costs no connection, and a worker that cannot feel it may not
write either. What it finds here always arrives; messages on `game:cache` only make it faster.
"""

from typing import TYPE_CHECKING

from echoes.caching import Caching
from echoes.storage.database import Database

if TYPE_CHECKING:
    import asyncpg

PULSE = "cache_generation"


class Pulse:
    """Keeps a worker's cache generation in step with PostgreSQL's, and raises it there when it is due."""

    def __init__(self, database: Database, caching: Caching) -> None:
        self._database = database
        self._caching = caching

    async def beat(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Read what is current. One statement; a raise that PostgreSQL did not take is due again."""
        caching = self._caching
        due, caching.due = caching.due, False
        mark = caching.mark()
        self._database.count("world.pulse")
        try:
            row = await connection.fetchrow(
                f"update world set cache_generation = cache_generation + 1 returning {PULSE}" if due else f"select {PULSE} from world"  # noqa: S608 - a constant
            )
        except BaseException:
            caching.due = caching.due or due
            raise
        assert row is not None  # noqa: S101 - the first migration made the row
        await caching.learn(row["cache_generation"], mark)
