"""Populations live: NPCs come, move as their behaviour says, have events, and come back, each once for the whole cluster."""

import asyncio
from collections import Counter

import msgspec
import pytest
from cluster import SHIPPED, cluster, someone
from echoes.channels import location_channel
from echoes.game.kinds import NPCS
from echoes.game.npcs import called, definite, health
from echoes.storage import contents, timers
from echoes.world import content
from echoes.world.model import Npc, Spawn
from echoes.world.populations import Populations
from postgres import execute

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
HOUND = SHIPPED.npcs["ash_hound"]


def city(*, behaviour="wander", moves_every=3600.0, **spawns):
    """The shipped city with hounds that behave so, and no other populations."""
    hound = msgspec.structs.replace(HOUND, behaviour=behaviour, moves_every=moves_every)
    locations = {id_: msgspec.structs.replace(place, npcs=()) for id_, place in SHIPPED.locations.items()}
    npcs = SHIPPED.npcs | {"ash_hound": hound}
    return content.stamped(msgspec.structs.replace(SHIPPED, npcs=npcs, locations=locations, spawns=spawns))


YARD = Spawn("ash_hound", most=3, minutes=60.0, locations=("kiln_yard",), least_danger=0)


async def eventually(condition, seconds=20):
    async with asyncio.timeout(seconds):
        while not (found := await condition()):
            await asyncio.sleep(0.05)
    return found


async def full(database_url, number):
    async def condition():
        return len(await execute(database_url, "select from npcs")) == number and not await execute(
            database_url, "select from timers where kind = 'spawn'"
        )

    await eventually(condition)


async def happen_now(database_url, kind):
    await execute(database_url, f"update timers set due_at = 0 where kind = '{kind}'")  # noqa: S608


@pytest.fixture
async def url(database_url):
    return database_url


async def test_a_new_world_is_filled_once_by_any_number_of_workers(url, tmp_path):
    """Each population of the shipped city, no NPC more; then no timer is left for them."""
    populations = Populations(SHIPPED)
    wanted = Counter({one.id: one.most for one in populations.by_id.values()})
    async with cluster(url, tmp_path, world=SHIPPED, workers=2):
        await full(url, wanted.total())
        rows = await execute(url, "select spawn, template, location_id, home, hp from npcs")
    assert Counter(row["spawn"] for row in rows) == wanted
    for row in rows:
        population = populations.by_id[row["spawn"]]
        assert row["template"] == population.npc
        assert row["location_id"] == row["home"]
        assert row["home"] in population.locations
        assert row["hp"] == SHIPPED.npcs[row["template"]].hp


async def test_npcs_with_a_row_are_seen_as_those_that_always_stand_there(url, tmp_path):
    """In the view, in the line about the place, and by name; a wounded one looks so."""
    async with cluster(url, tmp_path, world=city(hounds=YARD)) as (one,):
        await full(url, 3)
        mara = await someone(one)
        view = (await mara.type("look"))["data"]["location"]
        hounds = [npc for npc in view["npcs"] if npc["id"] == "ash_hound"]
        assert len({npc["instance"] for npc in hounds}) == 3
        assert "ash hound ×3" in view["around"]
        assert HOUND.description in (await mara.type("look hound"))["data"]["message"]
        await execute(url, f"update npcs set hp = 4, version = version + 1 where id = {hounds[0]['instance']}")  # noqa: S608
        await execute(url, "update places set npc_version = npc_version + 1")
        await one.caching.drop(NPCS, "kiln_yard")
        assert "barely standing" in (await mara.type(f"look npc:{hounds[0]['instance']}"))["data"]["message"]
        refused = await mara.type("give bread to hound")
        assert refused["error"]["code"] == "not_possible"


async def test_one_that_is_gone_comes_back_after_its_time_and_not_before(url, tmp_path):
    """One at a time; a population that is full has no timer."""
    async with cluster(url, tmp_path, world=city(hounds=YARD)) as (one,):
        await full(url, 3)
        await execute(url, "delete from npcs")
        await timers.arm(one.database, "spawn", "spawn:hounds", 0)

        async def came():
            return await execute(
                url,
                "select due_at - extract(epoch from now()) as due from timers where kind = 'spawn' and due_at > extract(epoch from now()) + 99",
            )

        (again,) = await eventually(came)
        assert len(await execute(url, "select from npcs")) == 1
        assert 3500 < again["due"] < 3601  # the clocks of worker and PostgreSQL may differ by some milliseconds
        await happen_now(url, "spawn")
        await eventually(lambda: execute(url, "select from npcs having count(*) = 2"))
        await happen_now(url, "spawn")
        await full(url, 3)


async def test_both_locations_get_the_event_of_a_move(url, tmp_path):
    """The location that it leaves and the one that it enters hear it once, with the NPC's new version; both views change."""
    exits = SHIPPED.locations["kiln_yard"].exits
    way = next(iter(exits.values()))
    both = Spawn("ash_hound", locations=("kiln_yard", way.to), least_danger=0)
    async with cluster(url, tmp_path, workers=2, world=city(hounds=both)) as (one, other):
        await full(url, 1)
        (row,) = await execute(url, "select * from npcs")
        old, new = (row["location_id"], way.to if row["location_id"] == "kiln_yard" else "kiln_yard")
        told = {place: [] for place in (old, new)}
        for place, found in told.items():
            await other.facilities.broadcast.subscribe(location_channel(place), found.append)
        await happen_now(url, "npc_move")
        await eventually(lambda: asyncio.sleep(0, all(told.values())))
        left, came = told[old][0], told[new][0]
        assert b"npc_left" in bytes(left.payload)
        assert b"npc_arrived" in bytes(came.payload)
        assert f'"instance":{row["id"]},"version":{row["version"] + 1}'.encode() in bytes(came.payload)
        mara = await someone(one)
        seen = [npc.get("instance") for npc in (await mara.type("look"))["data"]["location"]["npcs"]]
        assert (row["id"] in seen) == (new == "kiln_yard")
        assert len(await execute(url, "select from facts where type = 'npc_arrived'")) == 2


async def test_one_in_a_fight_stays(url, tmp_path):
    """Its timer runs and moves nothing."""
    exits = SHIPPED.locations["kiln_yard"].exits
    both = Spawn("ash_hound", locations=("kiln_yard", next(iter(exits.values())).to), least_danger=0)
    async with cluster(url, tmp_path, world=city(hounds=both)):
        await full(url, 1)
        await execute(url, """update npcs set state = '{"fight": true}'""")
        (before,) = await execute(url, "select location_id, version from npcs")
        (timer,) = await execute(url, "select version from timers where kind = 'npc_move'")
        await happen_now(url, "npc_move")
        await eventually(lambda: execute(url, f"select from timers where kind = 'npc_move' and version > {timer['version']}"))
        assert await execute(url, "select location_id, version from npcs") == [before]


async def test_a_population_that_the_content_no_longer_has_goes(url, tmp_path):
    """With its timers; one in a fight goes when the fight is over; a location that was closed holds up nothing."""
    far = next(place for place in sorted(SHIPPED.locations) if place != "kiln_yard" and SHIPPED.locations[place].danger_level)
    before = city(hounds=msgspec.structs.replace(YARD, most=1), others=Spawn("ash_hound", most=2, locations=(far,)))
    async with cluster(url, tmp_path, world=before) as (one,):
        await full(url, 3)
        await execute(url, """update npcs set state = '{"fight": true}' where id = (select min(id) from npcs where spawn = 'others')""")
        await execute(url, f"update places set open = false where location_id = '{far}'")  # noqa: S608
        await contents.push(one.database, city(hounds=msgspec.structs.replace(YARD, most=1)))
        await eventually(lambda: execute(url, "select from npcs where spawn = 'others' having count(*) = 1"))
        await execute(url, "update npcs set state = '{}'")
        await happen_now(url, "spawn")
        await full(url, 1)


async def test_an_npc_greets_on_the_first_visit_only(url, tmp_path):
    """All players in the place hear it, the newcomer too; the second visit is quiet."""
    world = SHIPPED
    direction, way = next(iter(world.locations["kiln_yard"].exits.items()))
    talker = Npc("old Tamsin", "She sits by the door and looks at your shoes.", "friendly", greetings=("Mind the step.",))
    there = msgspec.structs.replace(world.locations[way.to], npcs=("tamsin",))
    world = content.stamped(
        msgspec.structs.replace(world, npcs=world.npcs | {"tamsin": talker}, locations=world.locations | {way.to: there})
    )
    async with cluster(url, tmp_path, world=world) as (one,):
        mara = await someone(one)
        heard = []
        await one.facilities.broadcast.subscribe(location_channel(way.to), heard.append)
        for line in (direction, "kiln yard", direction):
            await execute(url, "update characters set stamina = max_stamina, version = version + 1")
            one.service.forget(mara.id)
            assert (await mara.type(f"go {line}"))["ok"]
        await asyncio.sleep(0.2)
        greetings = [one for one in heard if b"npc_spoke" in bytes(one.payload)]
        assert len(greetings) == 1
        assert "An old Tamsin says: “Mind the step.”".encode() in bytes(greetings[0].payload)


def test_names_take_an_article_where_they_are_no_proper_names():
    """`an ash hound`, `the night orderly`, `Marta`."""
    for name, inside, beginning in (
        ("ash hound", "an ash hound", "An ash hound"),
        ("span reaver", "a span reaver", "A span reaver"),
        ("the night orderly", "the night orderly", "The night orderly"),
        ("Marta", "Marta", "Marta"),
    ):
        npc = Npc(name, "Something to look at for a while.", "neutral")
        assert (called(npc), called(npc, begins=True)) == (inside, beginning)
        assert definite(npc) == (name if name in {"Marta", "the night orderly"} else f"the {name}")
    assert [health(hp, 20) for hp in (20, 19, 15, 10, 5, 1)] == [
        "",
        "scratched",
        "hurt",
        "badly hurt",
        "barely standing",
        "barely standing",
    ]


async def test_a_timer_never_gets_a_former_version(url, tmp_path):
    """Its occurrences are kept by version, and their events are published under it: neither may meet those of its former life."""
    async with cluster(url, tmp_path, world=city(hounds=YARD)) as (one,):
        await full(url, 3)
        for _ in range(3):
            await execute(url, "delete from npcs where id = (select min(id) from npcs)")
            await timers.arm(one.database, "spawn", "spawn:hounds", 0)
            await full(url, 3)
        rows = await execute(url, "select version from occurrences where kind = 'spawn' and subject = 'spawn:hounds'")
        assert len({row["version"] for row in rows}) == len(rows) == 4
