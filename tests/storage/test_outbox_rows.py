"""The rows behind the outbox: marking waits for no other transaction, so workers that mark the same rows cannot block each other."""

import asyncio

import pytest
from echoes.settings import gamedata_of, read
from echoes.storage import accounts, commits, contents, database
from echoes.world import content

CLIENT = "0123456789abcdef"


@pytest.fixture
async def context(database_url):
    async with database.connect(database_url, pool=4, timeout=20) as opened:
        yield opened


@pytest.fixture
async def rows(context):
    """Three commands whose events have yet to go out."""
    world = content.load(gamedata_of(read()))
    await contents.settle(context, world)
    account = await accounts.create_account(context, "mara", "mara", "hash")
    mara = await accounts.create_character(context, account.id, "Mara", "mara", world.start, [])
    found = [(mara.id, CLIENT, number) for number in (1, 2, 3)]
    for row in found:
        await context.rows(
            "test", "insert into commands (character_id, client, number, reply, events) values ($1, $2, $3, '{}', '[]')", *row
        )
    return found


async def unpublished(context):
    return [one.number for one in await commits.unpublished(context, -1)]


async def test_a_marked_row_is_no_longer_found(context, rows):
    """Marking a row that is marked or deleted does no harm."""
    await commits.mark_published(context, rows[:2])
    assert await unpublished(context) == [3]
    await commits.mark_published(context, [*rows, (rows[0][0], CLIENT, 99)])
    assert await unpublished(context) == []


async def test_the_world_poll_and_the_sweep_find_the_same(context, rows):
    """Events of commands and of timers, once they are older than a living worker would take."""

    async def some():
        row = await context.row("test", f"select {commits.SOME_UNPUBLISHED} as found")
        assert row["found"] == bool(await commits.unpublished(context, commits.LEFT_BEHIND_SECONDS))
        return row["found"]

    assert not await some()
    await context.rows("test", "update commands set created = now() - interval '3 seconds' where number = 2")
    assert await some()
    await commits.mark_published(context, rows)
    assert not await some()
    await context.rows(
        "test",
        "insert into occurrences (kind, subject, version, events, created) values ('spawn', 'spawn:a', 1, '[]', now() - interval '3 seconds')",
    )
    assert await some()
    await commits.mark_published(context, [(0, "spawn:spawn:a", 1)])
    assert not await some()


async def test_marking_skips_locked_rows(context, rows):
    """A locked row is left to the holder of the lock; when that transaction ends without a mark, the row is found again."""
    async with context.transaction("test") as other:
        await other.execute("select from commands where number = 2 for update")
        await commits.mark_published(context, rows)
        assert await unpublished(context) == [2]
    await commits.mark_published(context, rows)
    assert await unpublished(context) == []


async def test_two_workers_mark_the_same_rows_in_opposite_orders(context, rows):
    """Both succeed. Before, this was a deadlock, and PostgreSQL cancelled one."""
    for _ in range(30):
        await context.rows("test", "update commands set published = false")
        await asyncio.gather(*(commits.mark_published(context, line) for line in (rows, rows[::-1], rows, rows[::-1])))
        assert await unpublished(context) == []
