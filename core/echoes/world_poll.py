"""The world poll: every worker reads one row of PostgreSQL once a second, so that all soon agree on what is current.

It uses the connection that holds the world lock, so it costs no connection, and a worker that cannot poll may not write either. A change in
this row always arrives; messages on `game:cache` only make it faster. The same statement looks for events that a crash has left unpublished.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import structlog

from echoes.caching import Caching
from echoes.facilities import CachedKind
from echoes.game.contents import Contents
from echoes.game.kinds import CHARACTER, CONTENT, INVENTORY, KINDS
from echoes.storage import database_identity
from echoes.storage import world as storage_world
from echoes.storage.commits import SOME_UNPUBLISHED
from echoes.storage.database import Database
from echoes.storage.revocations import Revocations

if TYPE_CHECKING:
    import asyncpg

log = structlog.get_logger()
ROW = f"pg_backend_pid() as backend, {SOME_UNPUBLISHED} as some_unpublished, cache_generation, content_number, cache_drops, revocations, address_bans, samplings, worker_orders, identity, {database_identity.LIFE} as life, {database_identity.REACHED} as reached"


class Counted(Protocol):
    """Something that operators change in PostgreSQL, and that each worker keeps in memory."""

    @property
    def column(self) -> str:
        """The column of `world` that grows with each change."""
        ...

    async def read(self, connection: "asyncpg.Connection[asyncpg.Record]", number: int) -> None:
        """Read it again, unless `number` is the one of before."""
        ...


class WorldPoll:
    """Keeps a worker's cache generation and content in step with PostgreSQL's.

    It raises the generation there when it is due, carries out what operators have ordered to be dropped, and learns which sign-ins were
    ended, and what else operators have changed (`counted`). `alone`: no other worker shares the world.
    """

    def __init__(
        self, database: Database, caching: Caching, contents: Contents, *, alone: bool, revocations: Revocations | None = None,
        kinds: Mapping[str, CachedKind] = KINDS, counted: Sequence[Counted] = (),
    ) -> None:  # fmt: skip
        self._alone = alone
        self._database = database
        self._caching = caching
        self._contents = contents
        self._revocations = revocations
        self._kinds = kinds
        self._counted = counted
        self._reached = 0
        self._drops = 0  # what was ordered before this worker came may be cached elsewhere still
        self.dropped_characters: set[int] = set()
        """Characters whose row may be gone. The reconciler looks at them, and takes them out."""
        self.some_unpublished = asyncio.Event()
        """Set while rows keep events that have been unpublished for `LEFT_BEHIND_SECONDS`."""

    async def take_over(self) -> None:
        """The world lock was taken: settle which content and which generation count, before anything else may write."""
        now = await database_identity.notice(self._database, self._caching.generation, self._reached)
        if self._revocations is not None:
            self._revocations.learn_identity(now)
        self._reached = await database_identity.reached(self._database)
        rescued = await self._contents.settle()
        mark = self._caching.mark()
        await self._caching.learn(await storage_world.take_over(self._database, alone=self._alone), mark)
        await self._contents.renew()
        for one in rescued:
            await self._contents.on_rescue(one)

    async def poll(self, connection: "asyncpg.Connection[asyncpg.Record]") -> int:
        """Read what is current, and answer the pid of PostgreSQL's backend. One statement; a raise that PostgreSQL did not take is due again."""
        caching = self._caching
        due, caching.due = caching.due, False
        mark = caching.mark()
        self._database.count("world.poll")
        try:
            row = await connection.fetchrow(
                f"update world set {database_identity.RISEN} returning {ROW}" if due else f"select {ROW} from world"  # noqa: S608 - a constant
            )
        except BaseException:
            caching.due = caching.due or due
            raise
        assert row is not None  # noqa: S101 - the first migration made the row
        self._reached = row["reached"]
        (self.some_unpublished.set if row["some_unpublished"] else self.some_unpublished.clear)()
        await caching.learn(row["cache_generation"], mark)
        if row["content_number"] != self._contents.number:
            self._contents.wake()
        if self._revocations is not None:
            self._revocations.learn_identity(database_identity.DatabaseIdentity(row["identity"], row["life"]))
            await self._revocations.read(connection, row["revocations"])
        for one in self._counted:
            await one.read(connection, row[one.column])
        if row["cache_drops"] > self._drops:
            await self._drop(connection, self._drops)
        self._drops = row["cache_drops"]  # fewer than before where the database was restored
        backend: int = row["backend"]
        return backend

    async def _drop(self, connection: "asyncpg.Connection[asyncpg.Record]", since: int) -> None:
        self._database.count("cache.drops")
        for row in await connection.fetch("select kind, id from cache_drops where number > $1 order by number", since):
            kind = self._kinds.get(row["kind"])
            if kind is not None:
                log.info("cache.dropped", kind=kind.name, id=row["id"])
                await self._caching.drop(kind, row["id"])
                if kind is CHARACTER:
                    await self._caching.drop(INVENTORY, row["id"])
                    self.dropped_characters.add(int(row["id"]))
                if kind in CONTENT:
                    self._contents.wake()
