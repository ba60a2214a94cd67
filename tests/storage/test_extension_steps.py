"""Migrations of extensions: each step once, in a schema of its own, with no table of the core in reach by accident."""

import asyncio
from pathlib import Path

import pytest
from echoes.errors import PluginError, StorageError
from echoes.game.tools import Tools
from echoes.storage import database, extension_steps
from echoes.storage.extension_steps import ExtensionSteps, steps_in
from postgres import execute

WHO = "extension 'juggling' (echoes-juggling 1.0)"
BALLS = "-- needs: 0001\ncreate table balls (id bigint primary key);\ncreate table characters (id bigint);"
CLUBS = "-- needs: 0001\nalter table balls add column clubs integer not null default 3;"


@pytest.fixture
def folder(tmp_path) -> Path:
    """Two steps, and a file that is none."""
    write(tmp_path, "0001_balls.sql", BALLS)
    write(tmp_path, "0002_clubs.sql", CLUBS)
    write(tmp_path, "README.md", "Steps.")
    return tmp_path


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, encoding="utf-8")


def juggling(folder: Path) -> list[ExtensionSteps]:
    return [ExtensionSteps("juggling", WHO, steps_in(folder, WHO))]


async def test_each_step_is_applied_once(database_url, folder):
    """In order, in the extension's schema, on record there; also when several servers start at once."""
    taken = await asyncio.gather(*(extension_steps.up(database_url, juggling(folder)) for _ in range(4)))
    assert sorted((name, step.number) for steps in taken for name, step in steps) == [("juggling", 1), ("juggling", 2)]
    assert await execute(database_url, "select id, clubs from x_juggling.balls") == []
    recorded = await execute(database_url, "select number, name from x_juggling.extension_steps order by number")
    assert [tuple(row) for row in recorded] == [(1, "balls"), (2, "clubs")]


async def test_a_later_step_is_applied_later(database_url, folder):
    """A newer release of the extension brings it; the data stay."""
    (folder / "0002_clubs.sql").unlink()
    await extension_steps.up(database_url, juggling(folder))
    await execute(database_url, "insert into x_juggling.balls values (1)")
    write(folder, "0002_clubs.sql", CLUBS)
    assert [step.name for _, step in await extension_steps.up(database_url, juggling(folder))] == ["clubs"]
    assert [tuple(row) for row in await execute(database_url, "select id, clubs from x_juggling.balls")] == [(1, 3)]


@pytest.mark.parametrize(
    "sql",
    [
        "drop table accounts",
        "delete from accounts",
        "select set_config('a.b', 'c', true); end; delete from accounts",
        "alter table commands add column x integer",
    ],
)
async def test_a_table_of_the_core_is_out_of_reach(database_url, folder, sql):
    """A name without a schema is never one of the game's, also behind a statement that ends the transaction."""
    await execute(database_url, "insert into accounts (username, username_key, password_hash) values ('mara', 'mara', 'hash')")
    write(folder, "0003_mistake.sql", sql)
    with pytest.raises(StorageError, match=r"the migration 0003 mistake fails: .* does not exist") as refused:
        await extension_steps.up(database_url, juggling(folder))
    assert WHO in str(refused.value)
    assert len(await execute(database_url, "select from accounts")) == 1
    assert len(await execute(database_url, "select from x_juggling.extension_steps")) == 2


async def test_a_failed_step_leaves_nothing(database_url, folder):
    """It is a transaction; the next start tries it again."""
    write(folder, "0003_rings.sql", "create table rings (id bigint); select 1 / 0")
    with pytest.raises(StorageError, match="division by zero"):
        await extension_steps.up(database_url, juggling(folder))
    write(folder, "0003_rings.sql", "create table rings (id bigint)")
    assert [step.name for _, step in await extension_steps.up(database_url, juggling(folder))] == ["rings"]


async def test_an_older_release_is_refused_where_a_step_needs_a_newer_one(database_url, folder):
    """A step that says so runs beside an older release; one that says nothing does not."""
    await extension_steps.up(database_url, juggling(folder))
    (folder / "0002_clubs.sql").unlink()
    assert await extension_steps.up(database_url, juggling(folder)) == []
    await execute(database_url, "update x_juggling.extension_steps set needs = 2 where number = 2")
    with pytest.raises(StorageError, match=r"too old for its schema x_juggling: migration 0002 needs a release that knows 0002"):
        await extension_steps.up(database_url, juggling(folder))


@pytest.mark.parametrize(
    ("name", "sql", "said"),
    [
        pytest.param("3_rings.sql", "select 1", "its name must be like 0001_name.sql", id="name"),
        pytest.param("0004_rings.sql", "select 1", r"numbered 1, 2, 3, … without a gap", id="gap"),
        pytest.param("0002_rings.sql", "select 1", r"numbered 1, 2, 3, … without a gap", id="double"),
        pytest.param("0003_rings.sql", "select 1;\n COMMIT;\nselect 2", "'COMMIT;' in 0003_rings.sql", id="commit"),
        pytest.param("0003_rings.sql", "start transaction; select 1", "'start transaction;' in 0003_rings.sql", id="start"),
    ],
)
def test_a_folder_with_a_mistake_is_refused_at_boot(folder, name, sql, said):
    """With the extension's name."""
    write(folder, name, sql)
    with pytest.raises(PluginError, match=said) as refused:
        steps_in(folder, WHO)
    assert WHO in str(refused.value)


def test_a_block_of_a_function_is_no_transaction(folder):
    """PL/pgSQL has words in common with transactions."""
    write(folder, "0003_rings.sql", "create function f() returns void language plpgsql as $$\nbegin\n  perform 1;\nend;\n$$;")
    assert len(steps_in(folder, WHO)) == 3


async def test_the_tools_reach_the_extensions_tables(database_url, folder):
    """Each statement is a transaction whose search path has the extension's schema alone; the next one of the pool is the core's again."""
    await extension_steps.up(database_url, juggling(folder))
    async with database.connect(database_url, pool=2, timeout=5) as opened:
        tools = Tools("juggling", "worker", None, None, opened, None, None, {})
        await tools.rows("insert into balls (id) values ($1)", 7)
        assert await tools.rows("select id, clubs from balls") == [{"id": 7, "clubs": 3}]
        assert await tools.rows("select * from characters") == []
        await tools.rows("insert into characters values (1)")
        assert await opened.rows("test", "select * from characters") == []
