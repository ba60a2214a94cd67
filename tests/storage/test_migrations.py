"""Migrations: up, one step down, one at a time, beside a backup and beside other releases."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from echoes.errors import StorageError
from echoes.storage import migrations
from echoes.storage.world_lock import WORLD
from postgres import execute

TABLES = "select tablename from pg_tables where schemaname = 'public' and tablename not in ('migrations', 'schema_steps', 'function_sets')"


async def test_up_makes_the_schema_once(empty_url):
    """A second time there is nothing to do."""
    assert [step.number for step in await migrations.up(empty_url)] == [step.number for step in migrations.known()]
    assert await migrations.up(empty_url) == []
    assert await execute(empty_url, "select from characters") == []


async def test_down_takes_one_step_back_and_up_returns(empty_url):
    """Until nothing is left; and the way up works again."""
    await migrations.up(empty_url)
    for step in reversed(migrations.known()):
        assert (await migrations.down(empty_url)).number == step.number
    assert await migrations.down(empty_url) is None
    assert await execute(empty_url, TABLES) == []
    assert await execute(empty_url, "select from pg_proc where proname like 'echoes_%'") == []
    assert await migrations.up(empty_url)


async def test_servers_that_start_at_once_take_turns(empty_url):
    """Each step is taken once, by one of them."""
    taken = await asyncio.gather(*(migrations.up(empty_url) for _ in range(5)))
    assert sorted(step.number for steps in taken for step in steps) == [step.number for step in migrations.known()]


async def test_a_release_runs_on_the_schema_of_the_next(empty_url):
    """It leaves what it does not know as it is; also the functions of the next one."""
    await migrations.up(empty_url)
    await execute(empty_url, "insert into schema_steps (number, name, needs) values (9999, 'later', 4)")
    await execute(empty_url, "create function echoes_commit_0123456789() returns int language sql as 'select 4711'")
    assert await migrations.up(empty_url) == []
    assert (await execute(empty_url, "select echoes_commit_0123456789() as n"))[0]["n"] == 4711


async def test_a_schema_that_needs_more_is_refused(empty_url):
    """A release that is too old must not scribble over a schema that it does not understand, and does not take back what it does not know."""
    await migrations.up(empty_url)
    await execute(empty_url, "insert into schema_steps (number, name, needs) values (9999, 'later', 9998)")
    with pytest.raises(StorageError, match="9999, which needs a release that knows migration 9998"):
        await migrations.up(empty_url)
    with pytest.raises(StorageError, match="9999"):
        await migrations.down(empty_url)


def test_each_step_states_the_newest_step_that_a_release_must_know():
    """Steps before 0005 are of a release that refused every step that it did not know."""
    for step in migrations.known():
        assert step.number < 5 or migrations.NEEDS.match(step.up), step.name
        assert step.needs <= step.number


async def test_nothing_is_taken_back_under_a_server(empty_url):
    """It would fail on what is gone."""
    await migrations.up(empty_url)
    server = await asyncpg.connect(empty_url)
    try:
        await server.execute("select pg_advisory_lock_shared($1)", WORLD)
        with pytest.raises(StorageError, match="stop every server"):
            await migrations.down(empty_url)
    finally:
        await server.close()
    assert await migrations.down(empty_url)


def test_the_command_asks_before_it_takes_a_step_back(empty_url):
    """It names what goes; `--yes` answers beforehand."""
    asyncio.run(migrations.up(empty_url))
    environ = {**os.environ, "ECHOES_DATABASE_URL": empty_url}
    down = [sys.executable, "-m", "echoes", "migrate", "down"]
    last = migrations.known()[-1]
    asked = subprocess.run(down, env=environ, input="n\n", capture_output=True, text=True, timeout=60, check=False)
    assert asked.returncode == 1
    assert f"Take back {last.number:04} {last.name}" in asked.stdout
    assert asyncio.run(migrations.newest(empty_url)) == last
    subprocess.run([*down, "--yes"], env=environ, check=True, timeout=60)
    assert asyncio.run(migrations.newest(empty_url)) == migrations.known()[-2]


async def test_a_backup_that_locks_a_table_does_not_block_play(empty_url, monkeypatch, capsys):
    """The step asks for the table again and again, briefly, and logs the holder; between the attempts reads and writes succeed."""
    monkeypatch.setattr(migrations, "LOCK_SECONDS", 0.1)
    monkeypatch.setattr(migrations, "PAUSE", 0.1)
    *before, last = migrations.known()
    step = last._replace(number=last.number + 1, name="wider", up="alter table accounts add column wider int", down="")
    await migrations.up(empty_url)
    monkeypatch.setattr(migrations, "known", lambda: [*before, last, step])
    dump = await asyncpg.connect(empty_url, server_settings={"application_name": "pg_dump"})
    try:
        await dump.execute("begin; lock table accounts in access share mode")
        migrating = asyncio.create_task(migrations.up(empty_url))
        played, said = 0, ""
        while "migration.waits" not in said or played < 3:
            said += capsys.readouterr().out
            await execute(
                empty_url, "insert into accounts (username, username_key, password_hash) values ('a', gen_random_uuid()::text, '')"
            )
            played += 1
            assert not migrating.done()
        with pytest.raises(StorageError, match=r"in use: .*pg_dump \(process \d+, local, table accounts"):
            await migrations.up(empty_url, patience=0)
        await dump.execute("commit")
        assert [one.number for one in await migrating] == [step.number]
    finally:
        await dump.close()
    assert (await execute(empty_url, "select count(*) as n from accounts where wider is null"))[0]["n"] == played


async def test_a_step_gives_way_to_a_command_that_waits_for_it(empty_url, monkeypatch):
    """The step has locked one table and waits for another one, which a command holds that waits for the first.

    PostgreSQL ends the one that has waited for a second. The step ends its own wait before that, so the command continues.
    """
    monkeypatch.setattr(migrations, "PAUSE", 0.1)
    *before, last = migrations.known()
    wider = "alter table accounts add column wider int; select pg_sleep(0.3); alter table characters add column wider int"
    step = last._replace(number=last.number + 1, name="wider", up=wider, down="")
    await migrations.up(empty_url)
    monkeypatch.setattr(migrations, "known", lambda: [*before, last, step])
    command = await asyncpg.connect(empty_url)
    try:
        await command.execute("begin")
        await command.execute("select from characters")
        migrating = asyncio.create_task(migrations.up(empty_url))
        while not await execute(empty_url, "select from pg_locks where relation = 'accounts'::regclass and mode = 'AccessExclusiveLock'"):
            pass
        await command.execute("select from accounts")
        await command.execute("commit")
        assert [one.number for one in await migrating] == [step.number]
    finally:
        await command.close()


def test_statements_in_a_transaction_name_their_columns():
    """A worker of the former release has prepared its statements when a step adds a column.

    The driver prepares one with `*` again by itself, but inside a transaction it fails.
    """
    everything = re.compile(r"connection\.fetch\w*\(\s*f?\"[^\"]*\bselect (?:\w+\.)?\*")
    sources = [path for path in Path(migrations.__file__).parent.glob("*.py") if everything.search(path.read_text(encoding="utf-8"))]
    assert [path.name for path in sources] == []


async def test_an_unreachable_database_is_one_line_with_advice():
    """One line, with what to check."""
    with pytest.raises(StorageError, match=r"cannot be reached.*ECHOES_DATABASE_URL"):
        await migrations.up("postgresql://nobody@127.0.0.1:1/nothing")
