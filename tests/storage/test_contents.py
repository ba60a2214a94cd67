"""Content in the database: what comes into force, what stays, and what a push refuses to take away."""

import asyncio

import asyncpg
import msgspec
import pytest
from echoes.errors import Unavailable
from echoes.settings import gamedata_of, read
from echoes.storage import accounts, commits, contents, database
from echoes.storage.contents import InUse
from echoes.world import content
from postgres import execute


@pytest.fixture
async def context(database_url):
    async with database.connect(database_url, pool=4, timeout=20) as opened:
        yield opened


@pytest.fixture(scope="module")
def shipped():
    return content.load(gamedata_of(read()))


def renamed(world, name):
    """The same city with another name for the yard."""
    yard = msgspec.structs.replace(world.locations["kiln_yard"], name=name)
    return content.stamped(msgspec.structs.replace(world, locations={**world.locations, "kiln_yard": yard}))


def without(world, table, id_):
    """The same city without one thing."""
    return content.stamped(
        msgspec.structs.replace(world, **{table: {key: value for key, value in getattr(world, table).items() if key != id_}})
    )


async def mara(context, world):
    account = await accounts.create_account(context, "mara", "mara", "hash")
    return await accounts.create_character(context, account.id, "Mara", "mara", world.start, [])


async def test_stored_content_is_the_checked_content(context, shipped):
    """Content that is loaded again has the same version."""
    await contents.settle(context, shipped)
    assert await contents.world_of(context, shipped.version) == shipped


async def test_files_that_are_new_come_into_force_once(context, shipped):
    """However many workers start with them; each activation has a greater number."""
    found = await asyncio.gather(*(contents.settle(context, shipped) for _ in range(4)))
    assert {active.number for active, _ in found} == {1}
    second, _ = await contents.settle(context, renamed(shipped, "The Cold Yard"))
    assert second.number == 2


async def test_a_push_survives_restarts_with_the_old_files(context, shipped):
    """Content that a database has met before does not come back by itself; files that it has not met do."""
    await contents.settle(context, shipped)
    pushed = await contents.push(context, renamed(shipped, "The Cold Yard"))
    stays, _ = await contents.settle(context, shipped)
    assert stays == pushed
    newer = renamed(shipped, "The Yard of the New Release")
    assert (await contents.settle(context, newer))[0].version == newer.version


async def test_an_older_version_can_be_pushed_back(context, shipped):
    """Under a number of its own, so that no cache takes it for stale."""
    first, _ = await contents.settle(context, shipped)
    second = await contents.push(context, renamed(shipped, "The Cold Yard"))
    third = await contents.push(context, shipped)
    assert third.version == first.version
    assert first.number < second.number < third.number


async def test_a_push_refuses_to_remove_content_in_use(context, shipped, database_url):
    """The error has all reasons with counts: players, things, the start, an npc that stands in the location."""
    await contents.settle(context, shipped)
    await mara(context, shipped)
    await execute(database_url, "update characters set location_id = 'overpass'")
    await execute(database_url, "insert into items (id, template, quantity, owner) values (7, 'ash_bread', 3, 'character:1')")
    smaller = without(without(shipped, "locations", "overpass"), "items", "ash_bread")
    smaller = without(smaller, "locations", "kiln_yard")
    npc = next(npc for id_, place in sorted(shipped.locations.items()) if id_ not in {"overpass", "kiln_yard"} for npc in place.npcs)
    smaller = without(without(smaller, "npcs", npc), "npcs", "ash_hound")
    await execute(
        database_url,
        "insert into npcs (template, spawn, location_id, home, hp, state)"
        " values ('ash_hound', 'hounds', 'overpass', 'overpass', 9, '{\"fight\": 7}')",
    )
    with pytest.raises(InUse) as refused:
        await contents.push(context, smaller)
    told = "\n".join(refused.value.reasons)
    assert "npc ash_hound: in a fight: 1" in told
    assert "location overpass: characters that are there: 1" in told
    assert "location kiln_yard: it is where a life begins" in told
    assert "location kiln_yard: things that lie there: " in told
    assert "item ash_bread: things of this kind: " in told
    assert f"npc {npc}: it stands in " in told
    assert (await contents.active(context)).version == shipped.version
    assert await execute(database_url, "select from places where not open") == []


async def test_a_push_removes_an_unused_location_and_no_player_enters_it_afterwards(context, shipped, database_url):
    """PostgreSQL closes an emptied location, also for a worker that has not received the push."""
    await contents.settle(context, shipped)
    someone = await mara(context, shipped)
    await execute(database_url, "update items set owner = 'location:kiln_yard' where owner = 'location:overpass'")
    await contents.push(context, without(shipped, "locations", "overpass"))
    me = await commits.load_character(context, someone.id)
    move = {"op": "character", "id": me.id, "version": me.version, "set": {"location_id": "overpass"}}
    drop = {"op": "insert", "id": 5, "template": "ash_bread", "quantity": 1, "durability": None, "owner": "location:overpass"}
    for change in (move, drop):
        with pytest.raises(commits.Stale, match="overpass"):
            await commits.commit(
                context, character_id=me.id, epoch=0, client="c", number=1, reply=b"{}", events=b"[]", changes=[change],
                ledger=[{"template": "ash_bread", "quantity": 1, "reason": "test"}] if change is drop else [],
            )  # fmt: skip


async def test_a_location_that_comes_back_is_not_laid_out_again(context, shipped, database_url):
    """Its things were laid out once; what became of them is the players' doing."""
    await contents.settle(context, shipped)
    await execute(database_url, "update items set owner = 'location:kiln_yard' where owner = 'location:overpass'")
    before = await execute(database_url, "select count(*) as n from items")
    await contents.push(context, without(shipped, "locations", "overpass"))
    await contents.push(context, shipped)
    assert await execute(database_url, "select count(*) as n from items") == before
    assert await execute(database_url, "select from places where not open") == []


async def test_a_dry_run_changes_nothing(context, shipped, database_url):
    """And says what is in force."""
    await contents.settle(context, shipped)
    before = await execute(database_url, "select * from world")
    assert (await contents.push(context, renamed(shipped, "The Cold Yard"), dry_run=True)).version == shipped.version
    assert await execute(database_url, "select * from world") == before
    assert len(await execute(database_url, "select from content")) == 1


async def test_a_database_without_tables_is_recognized(empty_url):
    """So that the command line can say what to do."""
    async with database.connect(empty_url, pool=2, timeout=5) as empty:
        with pytest.raises((asyncpg.PostgresError, Unavailable)) as found:
            await contents.active(empty)
        assert contents.is_missing(found.value)
