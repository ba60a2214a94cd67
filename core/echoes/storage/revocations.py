"""Sign-ins that were ended everywhere. Every worker keeps those whose tokens have not expired, so that no request queries PostgreSQL."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

import asyncpg
import structlog

from echoes.clock import LEEWAY
from echoes.errors import Conflict
from echoes.storage import database_identity
from echoes.storage.accounts import NoAccount
from echoes.storage.database import Connection, Database
from echoes.storage.database_identity import DatabaseIdentity

log = structlog.get_logger()
MARGIN = 5 * LEEWAY
"""Seconds beyond the life of a token: the signing host's clock may be ahead, the reading host's behind, and a token is accepted during the leeway."""


async def revoke(database: Database, account_id: int, *, password: tuple[str, str] | None = None) -> int:
    """End every sign-in of an account, and change its password from one hash to another if given. Returns the generation that is valid now.

    Every worker learns of it within about a second (`echoes.world_poll`). Raises `Conflict` when the password has changed meanwhile,
    `NoAccount` when there is no such account.
    """
    old, new = password or (None, None)
    async with database.transaction("account.revoke") as connection:
        # The world's row is locked first: so numbers are committed in their order, and no reader misses one.
        number = await connection.fetchval("update world set revocations = revocations + 1 returning revocations")
        generation: int | None = await connection.fetchval(
            "update accounts set token_generation = token_generation + 1, password_hash = coalesce($3, password_hash)"
            " where id = $1 and ($2::text is null or password_hash = $2) returning token_generation",
            account_id, old, new,
        )  # fmt: skip
        if generation is None:
            raise NoAccount if await connection.fetchval("select id from accounts where id = $1", account_id) is None else Conflict
        await connection.execute(
            "insert into revocations (number, account_id, generation) values ($1, $2, $3)", number, account_id, generation
        )
    return generation


class Revocations:
    """The revocations that this worker knows. `seconds`: how long a token is valid; older revocations are dropped."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds + MARGIN
        self._number = 0
        self.identity = DatabaseIdentity()
        """The database's identity and life; tokens carry it."""
        self._good: dict[int, tuple[int, float]] = {}
        self._watched: dict[int, dict[object, tuple[int, Callable[[], None]]]] = {}

    @classmethod
    async def known(cls, database: Database, seconds: float) -> Self:
        """Read all revocations that count, before this worker reads its first token."""
        found = cls(seconds)
        found.learn_identity(await database_identity.notice(database))
        async with database.transaction("revocations.known") as connection:
            await found.read(connection, await connection.fetchval("select revocations from world"))
        return found

    def is_revoked(self, account_id: int, generation: int) -> bool:
        """Whether a token of this generation is no longer valid."""
        known = self._good.get(account_id)
        return known is not None and generation < known[0]

    @contextmanager
    def watched(self, account_id: int, generation: int, end: Callable[[], None]) -> Iterator[None]:
        """Call `end`, once, when the sign-in is ended while the body runs."""
        if self.is_revoked(account_id, generation):
            end()
        key = object()
        self._watched.setdefault(account_id, {})[key] = generation, end
        try:
            yield
        finally:
            here = self._watched.get(account_id, {})
            here.pop(key, None)
            if not here:
                self._watched.pop(account_id, None)

    def learn(self, account_id: int, generation: int) -> None:
        """Make this the only valid generation. Activities under an older one are ended."""
        if generation <= self._good.get(account_id, (0, 0.0))[0]:
            return
        self._good[account_id] = generation, time.monotonic()
        watched = self._watched.get(account_id, {})
        ended = [key for key, (theirs, _) in watched.items() if theirs < generation]
        for key in ended:
            watched.pop(key)[1]()
        if ended:
            log.info("session.revoked", account_id=account_id, connections=len(ended))

    def learn_identity(self, now: DatabaseIdentity) -> None:
        """Set the database's identity. When it has changed, every sign-in ends, and the revocations of the former one are dropped."""
        if now == self.identity:
            return
        self.identity = now
        self._number, self._good = 0, {}
        watched, self._watched = self._watched, {}
        for connections in watched.values():
            for _, end in [*connections.values()]:
                end()
        if watched:
            log.info("session.all_ended", reason="the database was restored", accounts=len(watched))

    async def read(self, connection: "Connection | asyncpg.Connection[asyncpg.Record]", number: int) -> None:
        """Read the revocations up to `number` that are not known yet."""
        if number <= self._number:
            return
        rows = await connection.fetch(
            "select account_id, generation from revocations where number > $1 and number <= $2"
            " and at > now() - $3 * interval '1 second' order by number",
            self._number, number, self._seconds,
        )  # fmt: skip
        self._number = number
        for row in rows:
            self.learn(row["account_id"], row["generation"])
        past = time.monotonic() - self._seconds
        self._good = {account: good for account, good in self._good.items() if good[1] > past}
