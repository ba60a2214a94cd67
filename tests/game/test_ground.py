# ruff: noqa: S608 - the values are these tests' own
"""The ground has a bound: the oldest litter decays, seen by all and in the ledger; what is shown is bounded with any ground."""

import msgspec
import pytest
from cluster import cluster, someone
from echoes.channels import decode_envelope, location_channel
from echoes.game import views
from echoes.game.kinds import GROUND
from echoes.game.litter import litter as litter_of
from echoes.storage.commits import LITTER, LITTER_STEP
from postgres import execute

HERE = "location:kiln_yard"
SUMS = "select template, sum(quantity) as n from {} group by template having sum(quantity) <> 0 order by template"


@pytest.fixture
async def context(database_url, tmp_path):
    async with cluster(database_url, tmp_path, worker_ttl=300) as (context,):  # no character has a seat: a heartbeat would see to that
        yield context


async def litter(context, url, number, template="knitted_mittens", owner=HERE):
    """This number of things that were laid down long ago, the first one first; with their place in the ledger."""
    await execute(
        url,
        f"insert into items (id, template, quantity, owner, laid) select g, '{template}', 1, '{owner}', now() - interval '1 day' + g * interval '1 s'"
        f" from generate_series(1, {number}) g",
    )
    await execute(url, f"insert into ledger (template, quantity, reason) values ('{template}', {number}, 'world')")
    await context.caching.drop(GROUND, "kiln_yard")


async def lying(url):
    return (await execute(url, f"select count(*) as n from items where owner = '{HERE}' and laid is not null"))[0]["n"]


async def heard(context, since):
    """The events that were published here since: the data of each."""
    found = await context.facilities.broadcast.history(location_channel("kiln_yard"), since)
    return [msgspec.json.decode(decode_envelope(one.payload).payload)["data"] for one in found.messages]


def test_the_event_of_decay_waits_for_the_things_that_the_commit_finds():
    """PostgreSQL puts them in the place of one that no thing can be."""
    change = litter_of("kiln_yard")
    assert (change["op"], change["location_id"], change["most"], change["step"]) == ("litter", "kiln_yard", 200, 20)
    event = msgspec.json.decode(change["event"])
    assert event["channel"] == HERE
    assert '{"id":0,"version":0,"quantity":0}' in change["event"]


async def test_the_oldest_litter_makes_room(context, database_url):
    """In the commit of the drop: players here get the event of the removed thing, and the ledger has the reason. It is gone for all."""
    mara = await someone(context)
    await litter(context, database_url, LITTER)
    before = await context.facilities.broadcast.position(location_channel("kiln_yard"))
    assert (await mara.type("drop coat"))["ok"]
    assert await lying(database_url) == LITTER
    (gone,) = [one for one in await heard(context, before) if one["action"] == "decayed"]
    assert gone["ground"] == [{"id": 1, "version": 2, "quantity": 0}]
    assert await execute(database_url, "select quantity, template from ledger where reason = 'decay'") == [(-1, "knitted_mittens")]
    assert await execute(database_url, SUMS.format("items")) == await execute(database_url, SUMS.format("ledger"))
    assert (await mara.type("get 1"))["error"]["code"] == "not_here"
    assert (await mara.type("get 2"))["ok"]
    assert (await mara.type("drop mittens"))["ok"]
    assert await lying(database_url) == LITTER + 0
    found = await context.service.around.ground_of("kiln_yard", mara.id)
    (row,) = await execute(database_url, "select version from places where location_id = 'kiln_yard'")
    ids = {one["id"] for one in await execute(database_url, f"select id from items where owner = '{HERE}'")}
    assert (found.version, {thing.id for thing in found.value}) == (row["version"], ids)


async def test_the_recorded_events_of_a_command_include_decay(context, database_url):
    """The record has the events with the things that the commit found."""
    mara = await someone(context)
    await litter(context, database_url, LITTER)
    assert (await mara.type("drop coat"))["ok"]
    (row,) = await execute(database_url, "select events from commands order by number desc limit 1")
    told = [msgspec.json.decode(msgspec.json.encode(one))["envelope"]["payload"]["data"] for one in msgspec.json.decode(row["events"])]
    assert [one["action"] for one in told] == ["item_dropped", "decayed"]
    assert told[1]["ground"] == [{"id": 1, "version": 2, "quantity": 0}]


async def test_things_of_the_content_do_not_decay(context, database_url):
    """Only things that a player has dropped are litter."""
    placed = await execute(database_url, f"select id from items where owner = '{HERE}' order by id")
    assert placed
    mara = await someone(context)
    await litter(context, database_url, LITTER + LITTER_STEP)
    for line in ("drop coat", "get coat", "drop coat", "get coat"):
        assert (await mara.type(line))["ok"]
    left = await execute(database_url, f"select id from items where owner = '{HERE}' and laid is null order by id")
    assert left == placed


async def test_a_place_with_thousands_of_things(context, database_url):
    """Newcomers get in, frames are bounded, each thing is found by its name, and it comes down a few things a commit."""
    await litter(context, database_url, 3_999)
    await execute(
        database_url,
        f"insert into items (id, template, quantity, owner, laid) values (5000, 'straw_hat', 1, '{HERE}', now() - interval '2 days')",
    )
    await execute(database_url, "insert into ledger (template, quantity, reason) values ('straw_hat', 1, 'world')")
    placed = (await execute(database_url, f"select count(*) as n from items where owner = '{HERE}' and laid is null"))[0]["n"]
    mara = await someone(context)
    snapshot = await context.snapshots.of(mara.id)
    assert len(snapshot.location.items) == views.LISTED
    assert snapshot.location.more_items == 4_000 + placed - views.LISTED
    assert len(msgspec.json.encode(snapshot)) < 64 * 1024
    look = await mara.type("look")
    assert len(msgspec.json.encode(look)) < 32 * 1024
    for line in ("look collector", "get collector", "look 1999", "get 1999"):
        assert (await mara.type(line))["ok"], line
    before = await lying(database_url)
    for line in ("drop coat", "get coat", "drop coat"):
        assert (await mara.type(line))["ok"]
        assert before - await lying(database_url) <= LITTER_STEP + 1
        before = await lying(database_url)
    assert await execute(database_url, SUMS.format("items")) == await execute(database_url, SUMS.format("ledger"))


async def test_a_change_of_the_ground_takes_the_same_queries_for_any_number_of_things(context, database_url):
    """One commit; with very many things the ground is read again, a bounded part of it."""
    mara = await someone(context)
    await litter(context, database_url, LITTER)
    for line in ("drop coat", "get coat"):
        await mara.type(line)
    queries = context.database.queries.copy()
    for _ in range(5):
        for line in ("drop coat", "get coat"):
            assert (await mara.type(line))["ok"]
    assert {
        purpose: number for purpose, number in (context.database.queries - queries).items() if purpose.startswith(("commit", "ground"))
    } == {"commit": 10}
    assert len((await context.service.around.ground_of("kiln_yard", mara.id)).value) <= 2 * (LITTER + 1)


async def test_a_bag_holds_so_many_things(context, database_url):
    """However light they are."""
    mara = await someone(context)
    await litter(context, database_url, views.BAG, "keepsake_of_old", owner=f"character:{mara.id}")
    await execute(database_url, "update characters set version = version + 1")
    context.service.forget(mara.id)
    await context.service.whole(mara.id)
    refused = await mara.type("get lantern")
    assert refused["error"]["code"] == "too_heavy"
    tomas = await someone(context, "Tomas")
    assert (await tomas.type("give coat to Mara"))["error"]["code"] == "too_heavy_for_them"
