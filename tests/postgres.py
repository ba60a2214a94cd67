"""Databases for one test on the run's PostgreSQL, and clusters for one test."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import uuid
from pathlib import Path

import asyncpg
import pytest
from echoes.errors import StorageError
from echoes.storage import embedded, migrations
from server import traversable_folder

MIGRATED = "migrated"
"""The database of the run that others are copied from: a copy takes a fifth of the time of all migrations."""
OWN = "update world set identity = gen_random_uuid()::text, cache_generation = (extract(epoch from clock_timestamp()) * 1000)::bigint"
"""A copy is another database: tokens name its identity, and caches its generation."""


def make_template(postgres):
    """Migrate the database that `a_database` copies."""
    asyncio.run(execute(postgres, f"create database {MIGRATED}"))
    asyncio.run(migrations.up(_within(postgres, MIGRATED)))


@contextlib.contextmanager
def a_database(postgres):
    """A migrated database with an identity of its own, dropped at the end even while it is used."""
    with _database(postgres, MIGRATED) as url:
        asyncio.run(execute(url, OWN))
        yield url


@contextlib.contextmanager
def empty_database(postgres):
    """An empty database, dropped at the end even while it is used."""
    with _database(postgres, "template1") as url:
        yield url


@contextlib.contextmanager
def _database(postgres, template):
    name = f"t{uuid.uuid4().hex}"
    asyncio.run(execute(postgres, f'create database "{name}" template {template}'))
    try:
        yield _within(postgres, name)
    finally:
        asyncio.run(execute(postgres, f'drop database "{name}" with (force)'))


def _within(postgres, name):
    """The URL of another database of the run's PostgreSQL."""
    return postgres.replace("/echoes?", f"/{name}?")


async def execute(url, sql):
    """Run a statement on a connection of its own and answer its rows."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(sql)
    finally:
        await connection.close()


def installed(major: int) -> Path:
    """The folder in which Debian installs its programs."""
    return Path(f"/usr/lib/postgresql/{major}/bin")


def is_here(major: int) -> bool:
    """Whether Debian's package of it is installed."""
    return (installed(major) / "initdb").exists()


def folder_of(major: int) -> Path:
    """Its programs: from the wheel, or as Debian installs them."""
    with contextlib.suppress(StorageError):
        return embedded.binaries(major)
    found = installed(major)
    if not is_here(major):
        pytest.skip(f"no PostgreSQL {major} here (Debian: apt-get install postgresql-{major})")
    return found


@contextlib.contextmanager
def cluster(major: int, within: Path | None = None):
    """A cluster of its own on a Unix socket, in a folder of its own (or in `within`); yields the URL of its superuser."""
    with contextlib.ExitStack() as stack:
        folder = within or stack.enter_context(traversable_folder())
        as_other = {"user": "nobody"} if os.geteuid() == 0 else {}
        if as_other:
            shutil.chown(folder, "nobody")
        programs, data = folder_of(major), folder / "data"
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", "boss", "-A", "trust", "--no-sync"],
            check=True,
            capture_output=True,
            cwd=folder,
            **as_other,
        )
        options = f"-k {folder} -c listen_addresses= -c fsync=off"
        subprocess.run(
            [programs / "pg_ctl", "-D", data, "-w", "-o", options, "-l", folder / "log", "start"],
            check=True,
            capture_output=True,
            cwd=folder,
            **as_other,
        )
        try:
            yield f"postgresql://boss@/postgres?host={folder}"
        finally:
            subprocess.run(
                [programs / "pg_ctl", "-D", data, "-w", "-m", "fast", "stop"], check=True, capture_output=True, cwd=folder, **as_other
            )
