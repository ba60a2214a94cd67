"""Things that belong to a location return some time after they were taken, once for the whole cluster."""

import asyncio

import msgspec
import pytest
from cluster import QUIET, cluster, someone
from echoes.storage import contents, database
from echoes.world import content
from echoes.world.model import Laid
from echoes.world.returns import intervals
from postgres import execute

YARD = "location:kiln_yard"
LYING = "select template, quantity, durability from items where owner = 'location:kiln_yard' order by template, quantity"


def city(*laid):
    """The quiet city, with these things in the yard and nothing elsewhere that returns."""
    places = {id_: msgspec.structs.replace(place, items=laid if id_ == "kiln_yard" else ()) for id_, place in QUIET.locations.items()}
    return content.stamped(msgspec.structs.replace(QUIET, locations=places))


RETURNING = city(Laid("storm_lantern", returns_minutes=30), Laid("ash_bread", 3, returns_minutes=60), Laid("painted_tile"))


@pytest.fixture
async def url(database_url):
    return database_url


async def look_for_missing(url):
    """The timer comes due; ends when it has happened."""
    (before,) = await execute(url, "update timers set due_at = 0 where kind = 'lay_out' returning version")
    async with asyncio.timeout(20):
        while (now := await execute(url, "select version from timers where kind = 'lay_out'")) and now[0]["version"] == before["version"]:
            await asyncio.sleep(0.02)


async def lying(url):
    return [(row["template"], row["quantity"]) for row in await execute(url, LYING)]


async def test_taken_things_return_and_are_seen(url, tmp_path):
    """All of its number, whole again; with two workers once."""
    async with cluster(url, tmp_path, world=RETURNING, workers=2) as (one, _):
        mara, tomas = await someone(one), await someone(one, "Tomas")
        for line in ("get lantern", "get 3 bread", "get tile"):
            assert (await mara.type(line))["ok"], line
        assert await lying(url) == []
        await look_for_missing(url)
        assert await lying(url) == [("ash_bread", 3), ("storm_lantern", 1)]
        await look_for_missing(url)
        assert await lying(url) == [("ash_bread", 3), ("storm_lantern", 1)]
        seen = (await tomas.type("look"))["data"]["location"]
        assert sorted(one["template"] for one in seen["items"]) == ["ash_bread", "storm_lantern"]
        assert (await tomas.type("get lantern"))["ok"]
    events = await execute(url, "select events from occurrences where kind = 'lay_out' and events::text <> '[]'")
    (told,) = [event for row in events for event in msgspec.json.decode(row["events"])]
    assert "Here again: storm lantern and" in str(told)
    sums = await execute(
        url,
        "select template, sum(quantity) as n from ledger where template in ('storm_lantern', 'ash_bread', 'painted_tile') and reason = 'world' group by 1",
    )
    assert {row["template"]: row["n"] for row in sums} == {"storm_lantern": 2, "ash_bread": 6, "painted_tile": 1}


async def test_things_that_still_lie_there_do_not_return(url, tmp_path):
    """Not a second one, also when a player laid it down; part of a stack is enough."""
    async with cluster(url, tmp_path, world=RETURNING) as (one,):
        mara = await someone(one)
        for line in ("get lantern", "get 2 bread", "drop lantern"):
            assert (await mara.type(line))["ok"], line
        await look_for_missing(url)
        assert await lying(url) == [("ash_bread", 1), ("painted_tile", 1), ("storm_lantern", 1)]


async def test_the_timer_follows_the_content(url, tmp_path):
    """It is armed with the content, and ends where nothing returns any more."""
    assert intervals(RETURNING) == {"kiln_yard": 1800}
    async with cluster(url, tmp_path, world=RETURNING) as (one,):
        (armed,) = await execute(url, "select subject, due_at - extract(epoch from now()) as seconds from timers where kind = 'lay_out'")
        assert armed["subject"] == YARD
        assert 1700 < armed["seconds"] < 1801  # the clocks of worker and PostgreSQL may differ by some milliseconds
        await contents.push(one.database, city())
        async with asyncio.timeout(20):
            while one.world.locations["kiln_yard"].items:
                await asyncio.sleep(0.02)
        await look_for_missing(url)
        assert await execute(url, "select from timers where kind = 'lay_out'") == []


async def test_content_from_before_is_given_its_timers_at_the_start(url, tmp_path):
    """A server that finds its content in force already arms what is not armed."""
    async with database.connect(url, pool=2, timeout=20) as opened:
        await contents.settle(opened, RETURNING)
    await execute(url, "delete from timers")
    async with cluster(url, tmp_path, world=RETURNING), asyncio.timeout(20):
        while not await execute(url, "select from timers where kind = 'lay_out'"):
            await asyncio.sleep(0.02)
