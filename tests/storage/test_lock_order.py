"""Commands that change the same rows wait for each other, and never in a circle: all rows are locked in one order."""

import asyncio

import asyncpg
import msgspec
import pytest
from echoes.settings import gamedata_of, read
from echoes.storage import accounts, contents, database
from echoes.storage.commits import Placed
from echoes.storage.functions import named
from echoes.world import content
from postgres import execute

YARD = "location:kiln_yard"
WAITING = "select count(*) as n from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"


@pytest.fixture
async def context(database_url):
    async with database.connect(database_url, pool=6, timeout=20) as opened:
        yield opened


@pytest.fixture
async def two(context):
    """Two characters; the ground has things 101 and 102, each character one of its own: 1 and 2."""
    world = content.load(gamedata_of(read()))
    await contents.settle(context, world)
    account = await accounts.create_account(context, "mara", "mara", "hash")
    made = [
        await accounts.create_character(context, account.id, name, name, world.start, [Placed(thing, "ash_bread", 3, None)])
        for name, thing in (("mara", 1), ("tomas", 2))
    ]
    for thing in (101, 102):
        await context.rows("test", "insert into items (id, template, quantity, owner) values ($1, 'ash_bread', 1, $2)", thing, YARD)
    return [one.id for one in made]


def changed(thing, owner, **fields):
    return {"op": "update", "id": thing, "version": 1, "owner": owner, **fields}


async def commit(context, character, *changes, ledger=()):
    """One command; what changes must add up."""
    await context.row(
        "test", named("select * from echoes_commit($1, 0, 'client', 1, '{}', '[]', $2::jsonb, $3::jsonb, true, '')"),
        character, msgspec.json.encode(changes).decode(), msgspec.json.encode(ledger).decode(),
    )  # fmt: skip


async def waiting(url, number):
    while (await execute(url, WAITING))[0]["n"] < number:
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("later", ["the ground first", "a thing first", "things in the other order"])
async def test_no_two_commands_wait_for_each_other(context, two, database_url, later):
    """The first waits in the middle for a row that is held for a moment; the second comes from the other side."""
    mara, tomas = two
    insert = {"op": "insert", "id": 103, "template": "ash_bread", "quantity": 1, "durability": None, "owner": YARD}
    found = [{"template": "ash_bread", "quantity": 1, "reason": "search"}]
    first = {
        "the ground first": [insert, changed(101, YARD), changed(102, YARD)],
        "a thing first": [changed(102, YARD), changed(101, YARD)],
        "things in the other order": [changed(2, f"character:{tomas}"), changed(101, YARD), changed(1, f"character:{mara}")],
    }[later]
    second = {
        "the ground first": [changed(102, YARD)],
        "a thing first": [insert, changed(102, YARD)],
        "things in the other order": [changed(1, f"character:{mara}"), changed(2, f"character:{tomas}")],
    }[later]
    async with context.transaction("test") as holder:
        await holder.execute("select from items where id = 101 for update")
        commands = [asyncio.create_task(commit(context, mara, *first, ledger=found if insert in first else ()))]
        await waiting(database_url, 1)
        commands.append(asyncio.create_task(commit(context, tomas, *second, ledger=found if insert in second else ())))
        await waiting(database_url, 2)
    answers = await asyncio.gather(*commands, return_exceptions=True)
    assert not [one for one in answers if isinstance(one, asyncpg.DeadlockDetectedError)]


async def test_searches_are_claimed_in_one_order(context, two):
    """For every order in which a command names them."""
    mara, tomas = two
    shelf, stove = ({"op": "search", "location_id": "kiln_yard", "thing": thing, "refill": 0} for thing in ("shelf", "stove"))
    sql = named("select * from echoes_commit($1, 0, 'client', $2, '{}', '[]', $3::jsonb, '[]', true, '')")
    answers = await asyncio.gather(
        *(
            context.row("test", sql, one, number, msgspec.json.encode(order).decode())
            for number in range(1, 20)
            for one, order in ((mara, [shelf, stove]), (tomas, [stove, shelf]))
        ),
        return_exceptions=True,
    )
    assert not [one for one in answers if isinstance(one, asyncpg.DeadlockDetectedError)]


async def test_the_time_of_an_answer_is_from_after_the_wait(context, two, database_url):
    """A clock is set by it: what waited for a row would set it back."""
    mara, _ = two
    async with context.transaction("test") as holder:
        await holder.execute("select from characters where id = $1 for update", mara)
        command = asyncio.create_task(
            context.row("test", named("select now from echoes_commit($1, 0, 'client', 1, '{}', '[]', '[]', '[]', true, '')"), mara)
        )
        await waiting(database_url, 1)
        released = (await execute(database_url, "select extract(epoch from clock_timestamp())::double precision as t"))[0]["t"]
    assert (await command)["now"] >= released
