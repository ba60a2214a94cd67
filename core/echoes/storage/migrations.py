"""Migrations: numbered SQL files that take the schema up, or one step down. They run at start-up under a lock, and by `echoes migrate`.

Expand and contract: a step adds what the next release needs and removes nothing that a former release uses, so both run side by side. The
first line of each file, `-- needs: 0004`, names the newest step that a release must know to run with it: an older release starts
nevertheless. A step that removes what only releases before some step used names that step, and is written one release later.
"""

import asyncio
import re
import time
from importlib import resources
from typing import NamedTuple

import asyncpg
import structlog

from echoes.errors import StorageError
from echoes.storage import functions
from echoes.storage.connecting import connect, in_words
from echoes.storage.database import Connection
from echoes.storage.world_lock import WORLD

log = structlog.get_logger()
LOCK = 0x45434D49  # "ECMI": one migrator at a time
FILE = re.compile(r"(\d{4})_(\w+)\.(up|down)\.sql")
NEEDS = re.compile(r"-- needs: (\d{4})$", re.MULTILINE)
FIRST = 4
"""Steps up to this one are in the table `migrations`.

Old releases look only there, and refuse steps that they do not know. All steps are in `schema_steps`.
"""
LOCK_SECONDS, PAUSE = 0.4, 2.0
"""Seconds that a step waits for a table at a time, since all queries of the table wait behind it; and the pause before it tries again.

The wait is shorter than PostgreSQL's `deadlock_timeout` (1 s): where a step and a command of the game wait for each other, the step gives way.
"""
IN_USE = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)
"""Another session has the table. Nothing was changed, and the same step may succeed later."""
PATIENCE = 600.0
"""Seconds after which the start gives up on a table that another program locks."""
PREPARE = f"""
create table if not exists migrations (number integer primary key, name text not null, applied timestamptz not null default now());
create table if not exists schema_steps (
    number integer primary key, name text not null, needs integer not null, applied timestamptz not null default now());
create table if not exists function_sets (id text primary key, installed timestamptz not null default now());
insert into schema_steps (number, name, needs, applied) select number, name, number, applied from migrations on conflict do nothing;
delete from migrations where number > {FIRST}
"""  # noqa: S608 - a number
HOLDERS = """
select distinct a.pid, a.application_name, coalesce(a.client_addr::text, 'local') as address, c.relname as name,
    extract(epoch from now() - a.xact_start)::int as seconds
  from pg_locks l join pg_stat_activity a using (pid) join pg_class c on c.oid = l.relation
  where l.granted and c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and a.datname = current_database()
    and a.pid <> pg_backend_pid() and a.xact_start < now() - $1 * interval '1 second'
  order by seconds desc limit 20
"""


class Migration(NamedTuple):
    """One step of the schema."""

    number: int
    name: str
    up: str
    down: str

    @property
    def needs(self) -> int:
        """The newest step that a release must know to run with this one."""
        match = NEEDS.match(self.up)
        return int(match.group(1)) if match else self.number


def known() -> list[Migration]:
    """The steps that this release knows, in order."""
    found: dict[int, dict[str, str]] = {}
    for file in resources.files("echoes.storage").joinpath("migrations").iterdir():
        if match := FILE.fullmatch(file.name):
            number, name, way = match.groups()
            found.setdefault(int(number), {"name": name})[way] = file.read_text(encoding="utf-8")
    return [Migration(number, parts["name"], parts["up"], parts["down"]) for number, parts in sorted(found.items())]


@in_words
async def up(url: str, *, patience: float = PATIENCE) -> list[Migration]:
    """Apply the missing steps, each in its own transaction, and create this release's functions. Returns the steps applied. Concurrent calls
    take turns.

    A step retries when another program locks its table (`pg_dump` does), so that the game continues meanwhile. Raises `StorageError` when
    that lasts longer than `patience` seconds, when a newer release's schema needs more than this release knows, and when PostgreSQL cannot
    be reached.
    """
    steps, taken, deadline = known(), list[Migration](), time.monotonic() + patience
    connection = await connect(url)
    try:
        while True:
            try:
                step = await _take_next(connection, steps)
            except IN_USE as error:
                await wait_for_holders(connection, deadline, error)
                continue
            if step is None:
                return taken
            taken.append(step)
            log.info("migration.applied", number=step.number, name=step.name)
    finally:
        await connection.close()


async def _take_next(connection: Connection, steps: list[Migration]) -> Migration | None:
    """Apply the first missing step. None, after the functions were created, when no step is missing."""
    async with connection.transaction():
        present = await _present(connection)
        mine = {step.number for step in steps}
        for row in await connection.fetch(
            "select number, needs from schema_steps where needs > $1 order by number desc limit 1", max(mine)
        ):
            raise StorageError(
                f"the database has migration {row['number']:04}, which needs a release that knows migration {row['needs']:04};"
                f" this one knows {max(mine):04}: use a newer release, or migrate down with it"
            )
        step = next((step for step in steps if step.number not in present), None)
        if step is None:
            if newer := sorted(present - mine):
                log.info("migration.newer_schema", newest=newer[-1], known=max(mine))
            await functions.install(connection)
            return None
        await connection.execute(f"set local lock_timeout = {LOCK_SECONDS * 1000:.0f}")
        await connection.execute(step.up)
        await connection.execute("insert into schema_steps (number, name, needs) values ($1, $2, $3)", step.number, step.name, step.needs)
        if step.number <= FIRST:
            await connection.execute("insert into migrations (number, name) values ($1, $2)", step.number, step.name)
        return step


async def wait_for_holders(connection: Connection, deadline: float, error: Exception) -> None:
    """Pause, and log the programs that lock a table of the schema. Raises `StorageError` after the deadline."""
    held_by = ", ".join(
        f"{row['application_name'] or 'unnamed'} (process {row['pid']}, {row['address']}, table {row['name']}, for {row['seconds']} s)"
        for row in await connection.fetch(HOLDERS, LOCK_SECONDS)
    )
    if time.monotonic() > deadline:
        raise StorageError(
            f"a migration waits for a table that is in use: {held_by or 'by short transactions'};"
            " wait until that has ended, or end it (`select pg_terminate_backend(<process>)`), then start again"
        ) from error
    log.warning("migration.waits", held_by=held_by or "short transactions", again_in=PAUSE)
    await asyncio.sleep(PAUSE)


@in_words
async def newest(url: str) -> Migration | None:
    """Return the step that `down` would revert. None when there is none. Raises `StorageError` for one that this release does not know."""
    connection = await connect(url)
    try:
        async with connection.transaction():
            return await _newest(connection)
    finally:
        await connection.close()


@in_words
async def down(url: str) -> Migration | None:
    """Revert the newest step: its tables and all data in them are dropped. Returns the step, or None when there is none.

    Raises `StorageError` while a server holds the world: the server would fail without the tables.
    """
    connection = await connect(url)
    try:
        async with connection.transaction():
            step = await _newest(connection)
            if step is None:
                return None
            if not await connection.fetchval("select pg_try_advisory_xact_lock($1)", WORLD):
                raise StorageError("a server uses this database; stop every server on it, then migrate down")
            await functions.drop(connection)
            await connection.execute(step.down)
            await connection.execute("delete from schema_steps where number = $1", step.number)
            await connection.execute("delete from migrations where number = $1", step.number)
            log.info("migration.taken_back", number=step.number, name=step.name)
            return step
    finally:
        await connection.close()


async def _newest(connection: Connection) -> Migration | None:
    present = await _present(connection)
    if not present:
        return None
    found = {step.number: step for step in known()}.get(max(present))
    if found is None:
        raise StorageError(
            f"the database has migration {max(present):04}, which this release does not know; migrate down with the newer release"
        )
    return found


async def _present(connection: Connection) -> set[int]:
    await connection.execute("select pg_advisory_xact_lock($1)", LOCK)
    if await connection.fetchval("select to_regclass('schema_steps') is null"):
        await connection.execute(PREPARE)
    # A release that knows no other steps may have reverted one of them.
    await connection.execute("delete from schema_steps where number <= $1 and number not in (select number from migrations)", FIRST)
    return {row["number"] for row in await connection.fetch("select number from schema_steps")}
