"""Characters that were never played go, with what they carry, and the sums still add up; those that were played stay."""

import asyncio

import pytest
from cluster import cluster, someone
from echoes.storage import accounts, unplayed
from echoes.storage.commits import Placed, new_item_id
from echoes.storage.unplayed import Unplayed
from postgres import execute

LONG_AGO = "update characters set created = now() - interval '40 days', epoch = least(epoch, 1)"
ACCOUNTS_TOO = "update accounts set created = now() - interval '40 days'"
SUMS = (
    "select template, sum(quantity) from (select template, quantity from items union all select template, -quantity from ledger) s"
    " group by template having sum(quantity) <> 0"
)


@pytest.fixture
async def context(database_url, tmp_path):
    async with cluster(database_url, tmp_path) as (context,):
        yield context


async def newcomer(context, name):
    """A character that never entered."""
    account = await accounts.create_account(context.database, name, name.casefold(), "hash")
    kit = [Placed(new_item_id(), "ash_bread", 2, None)]
    return (await accounts.create_character(context.database, account.id, name, name.casefold(), context.world.start, kit)).id


async def left(url):
    return [row["name"] for row in await execute(url, "select name from characters order by name")]


async def test_the_unplayed_go_with_their_things(context, database_url):
    """Those who did something stay, and so do those who were given something, were made or have entered lately, or are owed an event."""
    mara, _ = await someone(context, "Mara"), await someone(context, "Tomas")
    assert (await mara.type("rest"))["ok"]
    assert (await mara.type("give 1 bread to Tomas"))["ok"]
    for name in ("Unplayed", "Lately", "Looked in", "Owed"):
        await newcomer(context, name)
    await execute(database_url, LONG_AGO)
    await execute(database_url, "update characters set created = now() where name = 'Lately'")
    await execute(database_url, "update characters set epoch = extract(epoch from now()) * 1e6 where name = 'Looked in'")
    await execute(
        database_url,
        "insert into commands select id, 'c', 1, '{}', '[]', false, now() - interval '40 days' from characters where name = 'Owed'",
    )
    await Unplayed(context.database, 30).turn()
    assert set(await left(database_url)) == {"Lately", "Looked in", "Mara", "Owed", "Tomas"}
    assert await execute(database_url, SUMS) == []
    (entry,) = await execute(database_url, "select template, quantity from ledger where reason = 'unplayed'")
    assert tuple(entry) == ("ash_bread", -2)


async def test_accounts_without_a_character_go_too(context, database_url):
    """But not at once, nor while the end of one of its sign-ins is known."""
    for name in ("idle", "new", "signed out"):
        await accounts.create_account(context.database, name, name, "hash")
    await newcomer(context, "Unplayed")
    await execute(database_url, LONG_AGO)
    await execute(database_url, ACCOUNTS_TOO + " where username <> 'new'")
    await execute(database_url, "insert into revocations select 1, id, 1 from accounts where username = 'signed out'")
    await Unplayed(context.database, 30).turn()
    assert [row["username"] for row in await execute(database_url, "select username from accounts order by username")] == [
        "new",
        "signed out",
    ]


async def test_they_go_in_batches_and_the_next_turn_goes_on(context, database_url, monkeypatch):
    """Each transaction is bounded, and so is a turn."""
    for name, value in (("LOOKED_AT", 3), ("AT_ONCE", 2), ("STEPS", 2)):
        monkeypatch.setattr(unplayed, name, value)
    for number in range(9):
        await newcomer(context, f"Unplayed {number}")
    await execute(database_url, LONG_AGO)
    work, steps = Unplayed(context.database, 30), []
    while await left(database_url):
        before = len(await left(database_url))
        await work.turn()
        steps.append(before - len(await left(database_url)))
    assert max(steps) <= 4
    assert await execute(database_url, SUMS) == []


async def test_a_character_that_enters_during_the_deletion_stays(context, database_url):
    """The entering transaction holds the row's lock: the deletion skips the row and does not wait."""
    await newcomer(context, "Mara")
    await execute(database_url, LONG_AGO)
    async with context.database.transaction("test") as entering:
        await entering.execute("update characters set epoch = extract(epoch from now()) * 1e6")
        async with asyncio.timeout(5):
            await Unplayed(context.database, 30).turn()
    assert await left(database_url) == ["Mara"]


async def test_zero_days_keep_every_character(context, database_url):
    await newcomer(context, "Mara")
    await execute(database_url, LONG_AGO)
    await Unplayed(context.database, 0).turn()
    assert await left(database_url) == ["Mara"]
