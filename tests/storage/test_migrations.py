"""Migrations: up, one step down, one at a time, and never past what this release knows."""

import asyncio

import pytest
from echoes.errors import StorageError
from echoes.storage import migrations
from postgres import execute

TABLES = "select tablename from pg_tables where schemaname = 'public' and tablename <> 'migrations'"


async def test_up_makes_the_schema_once(database_url):
    """A second time there is nothing to do."""
    assert [step.number for step in await migrations.up(database_url)] == [step.number for step in migrations.known()]
    assert await migrations.up(database_url) == []
    assert await execute(database_url, "select from characters") == []


async def test_down_takes_one_step_back_and_up_returns(database_url):
    """Until nothing is left; and the way up works again."""
    await migrations.up(database_url)
    for step in reversed(migrations.known()):
        assert (await migrations.down(database_url)).number == step.number
    assert await migrations.down(database_url) is None
    assert await execute(database_url, TABLES) == []
    assert await execute(database_url, "select from pg_proc where proname like 'echoes_%'") == []
    assert await migrations.up(database_url)


async def test_servers_that_start_at_once_take_turns(database_url):
    """One of them migrates; the others find it done."""
    taken = await asyncio.gather(*(migrations.up(database_url) for _ in range(5)))
    assert sorted(map(len, taken)) == [0, 0, 0, 0, len(migrations.known())]


async def test_a_newer_database_is_refused(database_url):
    """A rollback of the release must not scribble over a schema that it does not know."""
    await migrations.up(database_url)
    await execute(database_url, "insert into migrations (number, name) values (9999, 'later')")
    with pytest.raises(StorageError, match="9999"):
        await migrations.up(database_url)
    with pytest.raises(StorageError, match="9999"):
        await migrations.down(database_url)


async def test_an_unreachable_database_is_said_plainly():
    """One line, with what to check."""
    with pytest.raises(StorageError, match=r"cannot be reached.*ECHOES_DATABASE_URL"):
        await migrations.up("postgresql://nobody@127.0.0.1:1/nothing")
