"""Content in a running city: preloaded once, swapped whole on every worker, and shown to those who see something else."""

import asyncio

import msgspec
import pytest
from cluster import SHIPPED, cluster, someone
from echoes.game.kinds import ITEM, LOCATION, MANIFEST, NPC
from echoes.storage import contents
from echoes.storage import world as storage_world
from echoes.world import content
from postgres import execute


@pytest.fixture
async def url(database_url):
    return database_url


def renamed(world, name):
    yard = msgspec.structs.replace(world.locations["kiln_yard"], name=name)
    return content.stamped(msgspec.structs.replace(world, locations={**world.locations, "kiln_yard": yard}))


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


def loads(cities):
    return sum(context.database.queries["content.load"] for context in cities)


async def test_content_is_preloaded_once(url, tmp_path):
    """One worker reads PostgreSQL and fills the cache; the others find everything there, each entry under its own key."""
    async with cluster(url, tmp_path, world=SHIPPED, workers=3) as cities:
        assert loads(cities) == 1
        assert {context.world.version for context in cities} == {SHIPPED.version}
        for context in cities:
            assert not any(context.database.queries[f"{kind}.load"] for kind in ("location", "item", "npc"))
        caching = cities[2].caching
        assert (await caching.peek(LOCATION, "kiln_yard")).value == SHIPPED.locations["kiln_yard"]
        assert {(await caching.peek(ITEM, id_)).value for id_ in ["ash_bread"]} == {SHIPPED.items["ash_bread"]}
        assert (await caching.peek(NPC, next(iter(SHIPPED.npcs)))).version == cities[0].contents.number
        assert (await caching.peek(MANIFEST, "active")).version == 1
        assert sum(context.caching.counts["location", "miss"] for context in cities) == 0


async def test_a_push_reaches_every_worker(url, tmp_path):
    """By the world poll alone, without any message; a look then shows the new story, and the readiness page its version."""
    async with cluster(url, tmp_path, world=SHIPPED, workers=2) as (one, other):
        mara = await someone(one)
        pushed = renamed(SHIPPED, "The Cold Yard")
        await contents.push(one.database, pushed)
        await until(lambda: one.world.version == other.world.version == pushed.version)
        assert (await mara.type("look"))["data"]["location"]["name"] == "The Cold Yard"
        assert loads([one, other]) == 2  # one preloaded each version


async def test_workers_that_hear_of_it_at_once_read_it_once(url, tmp_path):
    """The others wait for the one that fills the cache."""
    async with cluster(url, tmp_path, world=SHIPPED, workers=4) as cities:
        pushed = renamed(SHIPPED, "The Cold Yard")
        before = loads(cities)
        await contents.push(cities[0].database, pushed)
        await asyncio.gather(*(context.contents.renew() for context in cities))
        assert {context.world.version for context in cities} == {pushed.version}
        assert loads(cities) == before + 1


async def test_a_worker_with_old_files_plays_by_the_content_in_force(url, tmp_path):
    """Workers of a rolling restart converge, with any files."""
    newer = renamed(SHIPPED, "The Yard of the New Release")
    async with cluster(url, tmp_path, workers=3, world=[SHIPPED, newer, SHIPPED]) as cities:
        await until(lambda: {context.world.version for context in cities} == {newer.version})
        made = await execute(url, "select count(*) as n from items where template = 'storm_lantern' and owner = 'location:kiln_yard'")
        assert made[0]["n"] == 1


async def test_a_player_in_a_removed_location_moves_to_the_start(url, tmp_path):
    """The files of a starting server may drop a location: its players are at the start, and their sessions continue there."""
    smaller = content.stamped(
        msgspec.structs.replace(SHIPPED, locations={key: place for key, place in SHIPPED.locations.items() if key != "overpass"})
    )
    async with cluster(url, tmp_path, world=SHIPPED, workers=1) as (one,):
        mara = await someone(one)
        await execute(url, "update characters set location_id = 'overpass', version = version + 1")
        await mara.enter()
    async with cluster(url, tmp_path, workers=1, world=smaller) as (one,):
        await mara.enter(one)
        assert (await mara.type("look"))["data"]["location"]["id"] == SHIPPED.start.location


async def test_a_player_who_enters_a_location_during_its_removal_moves_to_the_start(url, tmp_path):
    """A commit may pass a push in the same instant; some seconds later every player is in a location."""
    smaller = content.stamped(
        msgspec.structs.replace(SHIPPED, locations={key: place for key, place in SHIPPED.locations.items() if key != "overpass"})
    )
    async with cluster(url, tmp_path, world=SHIPPED, workers=1) as (one,):
        mara = await someone(one)
        await execute(url, "update items set owner = 'location:kiln_yard' where owner = 'location:overpass'")
        await contents.push(one.database, smaller)
        await until(lambda: one.world.version == smaller.version)
        await execute(url, "update characters set location_id = 'overpass', version = version + 1")
        assert (await mara.ask(one, "drop 1 bread"))["error"]["code"] == "unavailable"
        async with asyncio.timeout(60):
            while await execute(url, "select from characters where location_id = 'overpass'"):
                await asyncio.sleep(0.05)
        assert await one.facilities.registry.locate(mara.id) == SHIPPED.start.location
        await until(lambda: not one.caching.due)
        reply = await mara.type("drop 1 bread")
        assert reply["data"]["you"]["location_id"] == SHIPPED.start.location


async def test_a_dropped_value_is_read_from_postgres_next(url, tmp_path):
    """An operator's order reaches every worker: content is read again, and a row, too; both can be cached again at once."""
    async with cluster(url, tmp_path, world=SHIPPED, workers=2) as (one, other):
        mara = await someone(one)
        await mara.type("i")
        yard = LOCATION.key.format(id="kiln_yard")
        assert yard == "location:kiln_yard:cache"
        before = one.database.queries["location.load"] + other.database.queries["location.load"]
        await storage_world.order_drop(one.database, "location", "kiln_yard")
        await storage_world.order_drop(one.database, "inventory", str(mara.id))
        await until(lambda: one.database.queries["location.load"] + other.database.queries["location.load"] > before)
        await until(lambda: one.database.queries["cache.drops"] == other.database.queries["cache.drops"] == 1)
        loaded = one.database.queries["inventory.load"]
        for _ in range(3):
            assert (await mara.type("i"))["ok"]
        assert one.database.queries["inventory.load"] == loaded + 1


async def test_a_lie_in_the_cache_is_no_content(url, tmp_path):
    """Content that is read from the cache must have the version that was checked; else PostgreSQL's is used and the cache is corrected."""
    async with cluster(url, tmp_path, world=SHIPPED, workers=1) as (one,):
        lie = msgspec.structs.replace(SHIPPED.locations["kiln_yard"], name="A Place of Lies")
        one.caching.forget_near()
        await one.caching.put(LOCATION, "kiln_yard", one.contents.number, lie)
        one.contents.number = 0
        await one.contents.renew()
        assert one.world == SHIPPED
        assert (await one.caching.peek(LOCATION, "kiln_yard")).value == SHIPPED.locations["kiln_yard"]


async def test_content_of_another_release_is_refused(url, tmp_path):
    """A worker does not use content that its release cannot read; it keeps the content that it has."""
    async with cluster(url, tmp_path, world=SHIPPED, workers=1) as (one,):
        await execute(url, "insert into content (version, source) values ('later', 'push')")
        await execute(
            url,
            "insert into content_entries (version, kind, id, body) select 'later', kind, id, replace(body, '\"name\"', '\"title\"') from content_entries",
        )
        await execute(url, "update world set content = 'later', content_number = content_number + 1")
        await until(lambda: one.contents.number == 2)
        assert one.world == SHIPPED
        mara = await someone(one)
        assert (await mara.type("look"))["ok"]


async def test_without_a_cache_content_comes_from_postgres(url, tmp_path):
    """ECHOES_CACHE=off: nothing is preloaded, and a look reads its location."""
    async with cluster(url, tmp_path, world=SHIPPED, workers=1, cache=0) as (one,):
        assert await one.caching.peek(MANIFEST, "active") is None
        mara = await someone(one)
        before = one.database.queries["location.load"]
        assert (await mara.type("look"))["ok"]
        assert one.database.queries["location.load"] > before
