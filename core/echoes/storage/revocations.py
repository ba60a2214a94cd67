"""Sign-ins that were ended everywhere, by their players or by operators. Every worker keeps those whose tokens have not expired, so that no request queries PostgreSQL."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

import asyncpg
import structlog
from msgspec import Struct

from echoes.clock import LEEWAY
from echoes.errors import Conflict
from echoes.storage import database_identity
from echoes.storage.accounts import NoAccount
from echoes.storage.bans import Banned
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
        number = await next_number(connection)
        generation: int | None = await connection.fetchval(
            "update accounts set token_generation = token_generation + 1, password_hash = coalesce($3, password_hash)"
            " where id = $1 and ($2::text is null or password_hash = $2) returning token_generation",
            account_id, old, new,
        )  # fmt: skip
        if generation is None:
            raise NoAccount if await connection.fetchval("select id from accounts where id = $1", account_id) is None else Conflict
        await insert(connection, number, account_id, generation)
    return generation


class Revocation(Struct, frozen=True):
    """Why connections end, and which: those of sign-ins below `generation`; of a `kick` all that are older than `ago` seconds.

    `until` (Unix seconds) and `left` (seconds from now) are the end of a ban.
    """

    account_id: int
    generation: int
    cause: str = ""
    """`ban`, `kick`, or empty: the player has ended them."""
    notice: str = ""
    until: float = 0.0
    left: float = 0.0
    ago: float = 0.0


End = Callable[[Revocation], None]


async def next_number(connection: Connection) -> int:
    """Take the number of a revocation. The world's row is locked first: so numbers are committed in their order, and no reader misses one."""
    number: int = await connection.fetchval("update world set revocations = revocations + 1 returning revocations")
    return number


async def insert(
    connection: Connection, number: int, account_id: int, generation: int, *, cause: str = "", notice: str = "", until: float = 0.0
) -> Revocation:
    """Write a revocation under its number: every worker learns of it within about a second."""
    left: float = await connection.fetchval(
        "insert into revocations (number, account_id, generation, cause, notice, until) values ($1, $2, $3, $4, $5, $6)"
        " returning until - extract(epoch from clock_timestamp())::double precision",
        number, account_id, generation, cause, notice, until,
    )  # fmt: skip
    return Revocation(account_id, generation, cause, notice, until, left)


class _Ban(Struct, frozen=True):
    """A ban as a worker remembers it: until when, by the worker's monotonic clock."""

    over: float
    until: float
    notice: str


class Revocations:
    """The revocations that this worker knows. `seconds`: how long a token is valid; older revocations are dropped."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds + MARGIN
        self._number = 0
        self.identity = DatabaseIdentity()
        """The database's identity and life; tokens carry it."""
        self._good: dict[int, tuple[int, float]] = {}
        self._bans: dict[int, _Ban] = {}
        self._watched: dict[int, dict[object, tuple[int, float, End]]] = {}

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

    def ban_of(self, account_id: int) -> Banned | None:
        """The refusal of an account whose sign-ins a ban has ended; None where no ban has, or it is over."""
        ban = self._bans.get(account_id)
        return None if ban is None or ban.over <= time.monotonic() else Banned(ban.until, ban.notice)

    @contextmanager
    def watched(self, account_id: int, generation: int, end: End) -> Iterator[None]:
        """Call `end`, once, when the sign-in is ended while the body runs, or its connections are."""
        if self.is_revoked(account_id, generation):
            ban = self._bans.get(account_id)
            end(Revocation(account_id, generation) if ban is None else Revocation(account_id, generation, "ban", ban.notice, ban.until))
        key = object()
        self._watched.setdefault(account_id, {})[key] = generation, time.monotonic(), end
        try:
            yield
        finally:
            here = self._watched.get(account_id, {})
            here.pop(key, None)
            if not here:
                self._watched.pop(account_id, None)

    def learn(self, account_id: int, generation: int) -> None:
        """Make this the only valid generation. Activities under an older one are ended."""
        self.carry_out(Revocation(account_id, generation))

    def carry_out(self, one: Revocation) -> None:
        """End what a revocation ends, and remember it. Carried out again, it ends nothing more."""
        if one.cause == "kick":
            moment = time.monotonic() - one.ago
            self._end(one, lambda _, began: began <= moment)
            return
        if one.generation <= self._good.get(one.account_id, (0, 0.0))[0]:
            return
        self._good[one.account_id] = one.generation, time.monotonic()
        self._bans.pop(one.account_id, None)
        if one.cause == "ban":
            self._bans[one.account_id] = _Ban(time.monotonic() + one.left, one.until, one.notice)
        self._end(one, lambda theirs, _: theirs < one.generation)

    def _end(self, one: Revocation, concerned: Callable[[int, float], bool]) -> None:
        watched = self._watched.get(one.account_id, {})
        ended = [key for key, (theirs, began, _) in watched.items() if concerned(theirs, began)]
        for key in ended:
            watched.pop(key)[2](one)
        if ended:
            log.info("session.revoked", account_id=one.account_id, cause=one.cause or "signed_out", connections=len(ended))

    def learn_identity(self, now: DatabaseIdentity) -> None:
        """Set the database's identity. When it has changed, every sign-in ends, and the revocations of the former one are dropped."""
        if now == self.identity:
            return
        self.identity = now
        self._number, self._good, self._bans = 0, {}, {}
        watched, self._watched = self._watched, {}
        for account_id, connections in watched.items():
            for generation, _, end in [*connections.values()]:
                end(Revocation(account_id, generation))
        if watched:
            log.info("session.all_ended", reason="the database was restored", accounts=len(watched))

    async def read(self, connection: "Connection | asyncpg.Connection[asyncpg.Record]", number: int) -> None:
        """Read the revocations up to `number` that are not known yet."""
        if number <= self._number:
            return
        rows = await connection.fetch(
            "select account_id, generation, cause, notice, until, until - extract(epoch from clock_timestamp())::double precision as left,"
            " extract(epoch from clock_timestamp() - at)::double precision as ago from revocations where number > $1 and number <= $2"
            " and at > now() - $3 * interval '1 second' order by number",
            self._number, number, self._seconds,
        )  # fmt: skip
        self._number = number
        for row in rows:
            self.carry_out(Revocation(**dict(row)))
        past = time.monotonic() - self._seconds
        self._good = {account: good for account, good in self._good.items() if good[1] > past}
        self._bans = {account: ban for account, ban in self._bans.items() if account in self._good}
