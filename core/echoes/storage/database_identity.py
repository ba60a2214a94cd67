"""Which database this is, and which of its lives: what was given out under another one is no longer good.

A backup that is brought back takes the place of what was lost. Tokens given out since the backup may fit accounts that were made since (ids
are used again), sign-ins that had been ended would be good again, and clients hold positions in channels of a past that never was. So each
restore begins a new life of the database, and with it end all sign-ins, cached values and positions of the former one.
"""

import structlog
from msgspec import Struct

from echoes.storage import audit
from echoes.storage.database import Connection, Database

log = structlog.get_logger()
RISEN = "cache_generation = greatest(cache_generation + 1, (extract(epoch from clock_timestamp()) * 1000)::bigint)"
"""A new generation, greater than any that a cache can have seen: also than those of a database that this one has taken the place of."""
REACHED = "pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::bigint"
"""How far the log of changes has come to the disk, in bytes."""
LIFE = "coalesce((extract(epoch from restored) * 1000000)::bigint, 0)"


class DatabaseIdentity(Struct, frozen=True):
    """A database's `identity` (random), and its `life`: when it was last restored (microseconds since 1970), 0 when it never was."""

    identity: str = ""
    life: int = 0


async def read(database: Database) -> DatabaseIdentity:
    """As PostgreSQL has it now."""
    row = await database.row("world.origin", f"select identity, {LIFE} as life from world")  # noqa: S608 - a constant
    assert row is not None  # noqa: S101 - the first migration made the row
    return DatabaseIdentity(row["identity"], row["life"])


async def notice(database: Database, generation: int = 0, reached: int = 0) -> DatabaseIdentity:
    """Begin a new life when PostgreSQL shows that the database was restored or copied; answers the origin that counts now.

    It shows in another cluster, timeline, database or table than when the row was last written, or when there is less than this worker has seen
    (`generation` and `reached`, 0 where it has seen none). Another timeline that has all that was seen is a failover without loss. The same cluster and database keep their identity: it was restored in place, or failed over. Anything else
    may be a copy (a staging server's), so it gets another one. A volume that was set back while no worker ran is not noticed: `begin_life` is for it.
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
            why = f"noticed: {former} is now {here}{', and something that was there is gone' if went_back else ''}"
            await _begin(connection, here, keep_identity=same_database, why=why)
    return await read(database)


async def begin_life(database: Database) -> DatabaseIdentity:
    """The operator says that the database was restored, in place of the one that was lost: it keeps the identity of the backup."""
    async with database.transaction("world.origin") as connection:
        await connection.execute("select from world for update")
        await _begin(connection, await _incarnation(connection), keep_identity=True, why="echoes restored")
    return await read(database)


async def _begin(connection: Connection, here: str, *, keep_identity: bool, why: str) -> None:
    await connection.execute(
        f"update world set {RISEN}, restored = clock_timestamp(), incarnation = $1,"  # noqa: S608 - a constant
        " identity = case when $2 then identity else gen_random_uuid()::text end",
        here, keep_identity,
    )  # fmt: skip
    # Where characters began to follow their channels lies in a past that the channels' backend may not share.
    await connection.execute("update characters set arrival = '', beginning = '' where arrival <> '' or beginning <> ''")
    await audit.record(connection, "restored", reason=why, same_identity=keep_identity)
    log.warning("world.restored", reason=why, same_identity=keep_identity, hint="all sign-ins have ended: players sign in again")


async def _incarnation(connection: Connection) -> str:
    """Timeline, cluster, database and table. The cluster is unknown where the account may not ask for it."""
    may_ask = await connection.fetchval("select has_function_privilege('pg_catalog.pg_control_system()', 'execute')")
    cluster = await connection.fetchval("select system_identifier from pg_catalog.pg_control_system()") if may_ask else 0
    rest: str = await connection.fetchval(
        "select concat_ws(' ', d.oid, 'world'::regclass::oid) from pg_database d where d.datname = current_database()"
    )
    timeline: str = await connection.fetchval("select substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8)")
    return f"{timeline} {cluster} {rest}"
