"""Which database this is, and since which restore. Tokens and positions of another database, or from before a restore, are no longer valid.

A restored backup replaces the data that was lost. Three things from before it would be wrong. Tokens may fit accounts that were created
since (ids are used again). Sign-ins that had been ended would be valid again. Clients hold positions in channels of a past that the restore
has undone. So each restore begins a new life of the database, which ends all sign-ins, cached values and positions of the former one.
"""

import structlog
from msgspec import Struct

from echoes.storage import audit
from echoes.storage.database import Connection, Database

log = structlog.get_logger()
RISEN = "cache_generation = greatest(cache_generation + 1, (extract(epoch from clock_timestamp()) * 1000)::bigint)"
"""A new cache generation, greater than any that a cache can have seen, also than those of a database that this one has replaced."""
REACHED = "pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::bigint"
"""The position in the write-ahead log that is flushed to disk, in bytes."""
LIFE = "coalesce((extract(epoch from restored) * 1000000)::bigint, 0)"


class DatabaseIdentity(Struct, frozen=True):
    """A database's `identity` (random) and its `life`: when it was last restored (microseconds since 1970), or 0."""

    identity: str = ""
    life: int = 0


async def read(database: Database) -> DatabaseIdentity:
    """Read the identity from PostgreSQL."""
    row = await database.row("world.origin", f"select identity, {LIFE} as life from world")  # noqa: S608 - a constant
    assert row is not None  # noqa: S101 - the first migration made the row
    return DatabaseIdentity(row["identity"], row["life"])


async def reached(database: Database) -> int:
    """Read how far the write-ahead log has come, in bytes."""
    row = await database.row("world.reached", f"select {REACHED} as reached")
    assert row is not None  # noqa: S101 - there is no table in it
    found: int = row["reached"]
    return found


async def notice(database: Database, generation: int = 0, reached: int = 0) -> DatabaseIdentity:
    """Begin a new life when PostgreSQL shows that the database was restored or copied. Returns the identity in force.

    One sign is another cluster, timeline, database or table than when the row was last written. Another sign is less data than this worker
    has seen (`generation` and `reached`, 0 where it has seen none). Another timeline with all the data that was seen is a failover without
    loss.

    The same cluster and database keep their identity: the database was restored in place, or failed over. Anything else may be a copy (a
    staging server's), so it gets another identity. A volume that was set back while no worker ran is not detected: use `begin_life`.
    """
    async with database.transaction("world.origin") as connection:
        row = await connection.fetchrow(f"select incarnation, cache_generation, {REACHED} as reached from world for update")  # noqa: S608 - a constant
        assert row is not None  # noqa: S101 - the first migration made the row
        former, here = row["incarnation"], await _incarnation(connection)
        went_back = row["cache_generation"] < generation or row["reached"] < reached
        failed_over = bool(reached) and former.split(" ")[1:] == here.split(" ")[1:]
        if not went_back and (not former or failed_over):
            await connection.execute("update world set incarnation = $1 where incarnation <> $1", here)
        elif went_back or former != here:
            same_database = former.split(" ")[1:3] == here.split(" ")[1:3]
            reason = f"noticed: {former} is now {here}{', and something that was there is gone' if went_back else ''}"
            await _begin(connection, here, keep_identity=same_database, reason=reason)
    return await read(database)


async def begin_life(database: Database) -> DatabaseIdentity:
    """Begin a new life because the operator reports a restore. The database replaces the lost one, so it keeps the identity of the backup."""
    async with database.transaction("world.origin") as connection:
        await connection.execute("select from world for update")
        await _begin(connection, await _incarnation(connection), keep_identity=True, reason="echoes restored")
    return await read(database)


async def _begin(connection: Connection, here: str, *, keep_identity: bool, reason: str) -> None:
    await connection.execute(
        f"update world set {RISEN}, restored = clock_timestamp(), incarnation = $1,"  # noqa: S608 - a constant
        " identity = case when $2 then identity else gen_random_uuid()::text end",
        here, keep_identity,
    )  # fmt: skip
    # The positions at which characters began to follow their channels lie in a past that the channels' backend may not share.
    await connection.execute("update characters set arrival = '', beginning = '' where arrival <> '' or beginning <> ''")
    await audit.record(connection, "restored", reason=reason, same_identity=keep_identity)
    log.warning("world.restored", reason=reason, same_identity=keep_identity, hint="all sign-ins have ended: players sign in again")


async def _incarnation(connection: Connection) -> str:
    """Return timeline, cluster, database and table. The cluster is empty where the account may not read it."""
    may_ask = await connection.fetchval("select has_function_privilege('pg_catalog.pg_control_system()', 'execute')")
    cluster = await connection.fetchval("select system_identifier from pg_catalog.pg_control_system()") if may_ask else 0
    rest: str = await connection.fetchval(
        "select concat_ws(' ', d.oid, 'world'::regclass::oid) from pg_database d where d.datname = current_database()"
    )
    timeline: str = await connection.fetchval("select substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8)")
    return f"{timeline} {cluster} {rest}"
