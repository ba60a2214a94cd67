"""Making the world: things are laid out once, and nothing is lost when the content changes."""

import asyncio

import msgspec
import pytest
from echoes.settings import gamedata_of, read
from echoes.storage import accounts, database, migrations, world
from echoes.world import content
from postgres import execute


@pytest.fixture
async def city(database_url):
    await migrations.up(database_url)
    async with database.connect(database_url, pool=2, timeout=5) as opened:
        yield opened


@pytest.fixture(scope="module")
def shipped():
    return content.load(gamedata_of(read()))


async def test_things_are_laid_out_once(city, shipped):
    """However often servers start; and the ledger knows each of them."""
    for _ in range(3):
        await world.make(city, shipped)
    (lanterns,) = await city.rows(
        "test", "select count(*) as n from items where template = 'storm_lantern' and owner = 'location:kiln_yard'"
    )
    assert lanterns["n"] == 1
    sums = "select template, sum(quantity) as n from {} group by template order by template"
    assert await city.rows("test", sums.format("items")) == await city.rows("test", sums.format("ledger"))


async def test_a_new_location_is_laid_out_when_it_comes(city, shipped):
    """The others are left as players have them."""
    smaller = msgspec.structs.replace(shipped, locations={key: place for key, place in shipped.locations.items() if key != "kiln_yard"})
    await world.make(city, smaller)
    assert not await city.rows("test", "select from items where owner = 'location:kiln_yard'")
    await world.make(city, shipped)
    assert await city.rows("test", "select from items where owner = 'location:kiln_yard'")


async def test_nobody_and_nothing_is_lost_with_a_location(city, shipped, database_url):
    """Who or what was there is at the start."""
    await world.make(city, shipped)
    account = await accounts.create_account(city, "mara", "mara", "hash")
    await accounts.create_character(city, account.id, "Mara", "mara", shipped.start, [])
    await execute(database_url, "update characters set location_id = 'overpass'")
    before = await city.rows("test", "select sum(quantity) as n from items")
    smaller = msgspec.structs.replace(shipped, locations={key: place for key, place in shipped.locations.items() if key != "overpass"})
    await world.make(city, smaller)
    assert (await accounts.characters_of(city, account.id))[0].location_id == shipped.start.location
    assert await city.rows("test", "select sum(quantity) as n from items") == before
    assert not await city.rows("test", "select from items where owner = 'location:overpass'")


async def test_a_server_that_takes_the_world_alone_starts_a_new_generation(city):
    """Others may have written before without telling its cache."""
    first = await world.take_over(city, alone=True)
    assert await world.take_over(city, alone=True) == first + 1


async def test_workers_that_share_the_world_agree_on_the_generation(city, database_url):
    """It rises once when PostgreSQL has started anew, however many workers ask; else it stays."""
    first = await world.take_over(city, alone=False)
    assert await world.take_over(city, alone=False) == first
    await execute(database_url, "update world set postmaster = postmaster - interval '1 hour'")
    assert await asyncio.gather(*(world.take_over(city, alone=False) for _ in range(5))) == [first + 1] * 5
