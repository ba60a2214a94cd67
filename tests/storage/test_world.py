"""Making the world: things are laid out once, and nothing is lost when the content changes."""

import asyncio

import msgspec
import pytest
from echoes.settings import gamedata_of, read
from echoes.storage import accounts, contents, database, world
from echoes.world import content
from postgres import execute


@pytest.fixture
async def context(database_url):
    async with database.connect(database_url, pool=2, timeout=20) as opened:
        yield opened


@pytest.fixture(scope="module")
def shipped():
    return content.load(gamedata_of(read()))


def without(world, location_id):
    """The same city without a location."""
    return content.stamped(
        msgspec.structs.replace(world, locations={key: place for key, place in world.locations.items() if key != location_id})
    )


async def test_things_are_laid_out_once(context, shipped):
    """However often servers start; and the ledger knows each of them."""
    for _ in range(3):
        await contents.settle(context, shipped)
    (lanterns,) = await context.rows(
        "test", "select count(*) as n from items where template = 'storm_lantern' and owner = 'location:kiln_yard'"
    )
    assert lanterns["n"] == 1
    sums = "select template, sum(quantity) as n from {} group by template order by template"
    assert await context.rows("test", sums.format("items")) == await context.rows("test", sums.format("ledger"))


async def test_a_new_location_is_laid_out_when_it_comes(context, shipped):
    """The others are left as players have them."""
    smaller = without(shipped, "kiln_yard")
    await contents.settle(context, smaller)
    assert not await context.rows("test", "select from items where owner = 'location:kiln_yard'")
    await contents.settle(context, shipped)
    assert await context.rows("test", "select from items where owner = 'location:kiln_yard'")


async def test_players_and_things_of_a_removed_location_are_at_the_start(context, shipped, database_url):
    """Players and things of a removed location are at the start."""
    await contents.settle(context, shipped)
    account = await accounts.create_account(context, "mara", "mara", "hash")
    await accounts.create_character(context, account.id, "Mara", "mara", shipped.start, [])
    await execute(database_url, "update characters set location_id = 'overpass'")
    before = await context.rows("test", "select sum(quantity) as n from items")
    smaller = without(shipped, "overpass")
    await contents.settle(context, smaller)
    assert (await accounts.characters_of(context, account.id))[0].location_id == shipped.start.location
    assert await context.rows("test", "select sum(quantity) as n from items") == before
    assert not await context.rows("test", "select from items where owner = 'location:overpass'")


async def test_a_server_that_takes_the_world_alone_starts_a_new_generation(context):
    """Others may have written before without telling its cache."""
    first = await world.take_over(context, alone=True)
    assert await world.take_over(context, alone=True) > first


async def test_workers_that_share_the_world_agree_on_the_generation(context, database_url):
    """It rises once when PostgreSQL has restarted, for any number of workers; else it stays."""
    first = await world.take_over(context, alone=False)
    assert await world.take_over(context, alone=False) == first
    await execute(database_url, "update world set postmaster = postmaster - interval '1 hour'")
    (found,) = set(await asyncio.gather(*(world.take_over(context, alone=False) for _ in range(5))))
    assert found > first


async def test_another_database_has_another_generation(context):
    """A cache that outlives its database does not take the generation of the next for its own: a generation is at least the time in milliseconds."""
    (row,) = await context.rows(
        "test", "select cache_generation > extract(epoch from clock_timestamp()) * 1000 - 60000 as young from world"
    )
    assert row["young"]
