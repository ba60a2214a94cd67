"""Migrations: numbered SQL files that take the schema up, or one step down; run at start-up under a lock and by `echoes migrate`."""

import re
from importlib import resources
from typing import NamedTuple

import asyncpg
import structlog

from echoes.errors import StorageError
from echoes.storage.database import OUT_OF_REACH

log = structlog.get_logger()
LOCK = 0x45434D49  # "ECMI": one migrator at a time
FILE = re.compile(r"(\d{4})_(\w+)\.(up|down)\.sql")


class Migration(NamedTuple):
    """One step of the schema."""

    number: int
    name: str
    up: str
    down: str


def known() -> list[Migration]:
    """The steps that this release knows, in order."""
    found: dict[int, dict[str, str]] = {}
    for file in resources.files("echoes.storage").joinpath("migrations").iterdir():
        if match := FILE.fullmatch(file.name):
            number, name, way = match.groups()
            found.setdefault(int(number), {"name": name})[way] = file.read_text(encoding="utf-8")
    return [Migration(number, parts["name"], parts["up"], parts["down"]) for number, parts in sorted(found.items())]


async def up(url: str) -> list[Migration]:
    """Apply what is missing and renew the functions; answers the steps taken. Two servers starting at once take turns.

    Raises `StorageError` when the database has been migrated by a newer release, or cannot be reached.
    """
    steps = known()
    connection = await _connect(url)
    try:
        async with connection.transaction():
            present = await _present(connection)
            if newer := sorted(present - {step.number for step in steps}):
                raise StorageError(
                    f"the database has migration {newer[-1]:04}, which this release does not know; use the newer release or migrate down with it"
                )
            taken = [step for step in steps if step.number not in present]
            for step in taken:
                await connection.execute(step.up)
                await connection.execute("insert into migrations (number, name) values ($1, $2)", step.number, step.name)
                log.info("migration.applied", number=step.number, name=step.name)
            await connection.execute(_functions())
            return taken
    finally:
        await connection.close()


async def down(url: str) -> Migration | None:
    """Take the newest step back (its tables and all that is in them go); answers it, or None when there is none."""
    steps = {step.number: step for step in known()}
    connection = await _connect(url)
    try:
        async with connection.transaction():
            present = await _present(connection)
            if not present:
                return None
            newest = max(present)
            if newest not in steps:
                raise StorageError(
                    f"the database has migration {newest:04}, which this release does not know; migrate down with the newer release"
                )
            for name in re.findall(r"create or replace function (\w+)", _functions()):
                await connection.execute(f"drop function if exists {name}")
            await connection.execute(steps[newest].down)
            await connection.execute("delete from migrations where number = $1", newest)
            log.info("migration.taken_back", number=newest, name=steps[newest].name)
            return steps[newest]
    finally:
        await connection.close()


def _functions() -> str:
    return resources.files("echoes.storage").joinpath("functions.sql").read_text(encoding="utf-8")


async def _present(connection: "asyncpg.Connection[asyncpg.Record]") -> set[int]:
    await connection.execute("select pg_advisory_xact_lock($1)", LOCK)
    await connection.execute(
        "create table if not exists migrations (number integer primary key, name text not null, applied timestamptz not null default now())"
    )
    return {row["number"] for row in await connection.fetch("select number from migrations")}


async def _connect(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    try:
        return await asyncpg.connect(url, timeout=10, command_timeout=120)
    except (*OUT_OF_REACH, asyncpg.PostgresError, ValueError) as error:
        raise StorageError(
            f"PostgreSQL cannot be reached ({error or type(error).__name__}); check ECHOES_DATABASE_URL and that the server runs"
        ) from error
