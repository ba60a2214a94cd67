"""Migrations of extensions: numbered SQL files, each in one transaction, in a schema of the extension's own. They go forward only.

The steps of an extension that were applied are on record in its schema. So `drop schema x_<extension> cascade` removes all that it has kept,
and nothing else; a server without the extension never looks into the schema.
"""

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import asyncpg
import structlog
from msgspec import Struct

from echoes.errors import PluginError, StorageError
from echoes.storage.connecting import connect, in_words
from echoes.storage.database import Connection
from echoes.storage.migrations import IN_USE, LOCK, LOCK_SECONDS, NEEDS, PATIENCE, wait_for_holders

log = structlog.get_logger()
FILE = re.compile(r"(\d{4})_(\w+)\.sql")
CONTROL = re.compile(r"^\s*(?:begin|start|commit|rollback|abort)(?:\s+(?:work|transaction))?\s*;", re.MULTILINE | re.IGNORECASE)
"""A statement that would begin or end a transaction. A block of PL/pgSQL has no semicolon behind its `begin`."""
PREPARE = """
create table if not exists extension_steps (
    number integer primary key, name text not null, needs integer not null, applied timestamptz not null default now())
"""


class Step(NamedTuple):
    """One step of an extension's schema."""

    number: int
    name: str
    sql: str

    @property
    def needs(self) -> int:
        """The newest step that a release of the extension must know to run with this one."""
        match = NEEDS.match(self.sql)
        return int(match.group(1)) if match else self.number


class ExtensionSteps(Struct, frozen=True):
    """The migrations of one extension."""

    name: str
    label: str
    """Its name in errors."""
    steps: tuple[Step, ...]


def schema_of(extension: str) -> str:
    """Return the PostgreSQL schema of an extension. The prefix keeps it apart from every schema of PostgreSQL and of the server."""
    return f"x_{extension}"


def steps_in(folder: Path, label: str) -> tuple[Step, ...]:
    """Read an extension's migrations, in order. Raises `PluginError` for a wrong name, a number that is missing or double, and transaction control."""
    steps = []
    for path in sorted(folder.iterdir()):
        if path.suffix != ".sql":
            continue
        if (match := FILE.fullmatch(path.name)) is None:
            raise PluginError(f"{label} has a migration {path.name!r}; its name must be like 0001_name.sql")
        sql = path.read_text(encoding="utf-8")
        if found := CONTROL.search(sql):
            raise PluginError(
                f"{label} has {found.group().strip()!r} in {path.name}; each migration is one transaction already: leave it out"
            )
        steps.append(Step(int(match[1]), match[2], sql))
    if [step.number for step in steps] != list(range(1, len(steps) + 1)):
        raise PluginError(f"{label} has the migrations {[step.number for step in steps]}; they must be numbered 1, 2, 3, … without a gap")
    return tuple(steps)


@in_words
async def up(url: str, extensions: Sequence[ExtensionSteps], *, patience: float = PATIENCE) -> list[tuple[str, Step]]:
    """Apply the missing steps of each extension; returns those applied, each with its extension. Concurrent calls, also of the core's, take turns.

    Raises `StorageError`, which names extension and step, for a step that fails and for a newer schema that this release cannot run with.
    """
    taken: list[tuple[str, Step]] = []
    for extension in extensions:
        deadline = time.monotonic() + patience
        connection = await connect(url)
        try:
            # For the whole connection: no table of the core is in the path, also after a step that ends its transaction.
            await connection.execute("select set_config('search_path', $1, false)", schema_of(extension.name))
            while True:
                try:
                    step = await _take_next(connection, extension)
                except IN_USE as error:
                    await wait_for_holders(connection, deadline, error)
                    continue
                if step is None:
                    break
                taken.append((extension.name, step))
                log.info("extension.migrated", extension=extension.name, number=step.number, name=step.name)
        finally:
            await connection.close()
    return taken


async def _take_next(connection: Connection, extension: ExtensionSteps) -> Step | None:
    """Apply the first missing step. None when no step is missing."""
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock($1)", LOCK)
        schema = schema_of(extension.name)
        if not await connection.fetchval("select exists (select from pg_namespace where nspname = $1)", schema):
            create = await connection.fetchval("select format('create schema %I', $1::text)", schema)
            await connection.execute(create)
        await connection.execute(PREPARE)
        known = len(extension.steps)
        present = {row["number"] for row in await connection.fetch("select number from extension_steps")}
        if newer := await connection.fetchrow(
            "select number, needs from extension_steps where needs > $1 order by number desc limit 1", known
        ):
            raise StorageError(
                f"{extension.label} is too old for its schema {schema}: migration {newer['number']:04} needs a release that knows {newer['needs']:04};"
                " install a newer release of it, or uninstall it"
            )
        step = next((step for step in extension.steps if step.number not in present), None)
        if step is None:
            return None
        await connection.execute(f"set local lock_timeout = {LOCK_SECONDS * 1000:.0f}")
        try:
            await connection.execute(step.sql)
            await connection.execute(
                "insert into extension_steps (number, name, needs) values ($1, $2, $3)",
                step.number, step.name, step.needs,
            )  # fmt: skip
        except IN_USE:
            raise
        except asyncpg.PostgresError as error:
            raise StorageError(f"{extension.label}: the migration {step.number:04} {step.name} fails: {error}") from error
        return step
