"""The registry's keys after each of its scripts: each body, name, connection and worker is there as often as it should be."""

import pytest
from echoes.facilities.registry import ConnectionInfo, WorkerInfo
from echoes_redis.keys import Keys
from echoes_redis.registry import RedisRegistry

pytestmark = pytest.mark.parametrize("backend", ["fakeredis"], indirect=True)

ASH = 17


@pytest.fixture
def registries(drivers):
    """Two workers' registries."""
    return [RedisRegistry(driver, Keys()) for driver in drivers]


async def seen(registry):
    """Each location's people by name, and those of the world."""
    found = {place: await registry.crowd(place, limit=9) for place in ("yard", "market", None)}
    return {place: ([one.name for one in crowd.bodies], crowd.total) for place, crowd in found.items()}


@pytest.mark.parametrize(
    ("again", "expected"),
    [
        (("yard", 2, "Mara"), {"yard": (["Mara"], 1), "market": ([], 0), None: (["Mara"], 1)}),
        (("yard", 1, "Mara"), {"yard": (["Mara"], 1), "market": ([], 0), None: (["Mara"], 1)}),
        (("yard", 2, "Ada"), {"yard": (["Ada"], 1), "market": ([], 0), None: (["Ada"], 1)}),
        (("market", 2, "Mara"), {"yard": ([], 0), "market": (["Mara"], 1), None: (["Mara"], 1)}),
        (("market", 2, "Ada"), {"yard": ([], 0), "market": (["Ada"], 1), None: (["Ada"], 1)}),
    ],
)
@pytest.mark.parametrize("by", [0, 1])
async def test_a_body_that_is_placed_again_is_seen_once(registries, by, again, expected):
    """In its place and in the world, under its newest name; by the worker that placed it, and by one that does not know where it is."""
    await registries[0].place(ASH, "yard", version=1, epoch=1, name="Mara")
    location, version, name = again
    assert await registries[by].place(ASH, location, version=version, epoch=1, name=name)
    assert await seen(registries[by]) == expected
    assert {place: len(await registries[by].players_in(place)) for place in ("yard", "market")} == {
        place: expected[place][1] for place in ("yard", "market")
    }


@pytest.mark.parametrize("by", [0, 1])
async def test_a_body_that_moves_is_seen_once(registries, drivers, by):
    """To another place, and to the one where it is; then it is removed without a trace."""
    await registries[0].place(ASH, "yard", version=1, epoch=1, name="Mara")
    for version, place in enumerate(("market", "market", "yard"), 2):
        assert await registries[by].move(ASH, place, version=version)
        assert (await seen(registries[0]))[place] == (["Mara"], 1)
        assert (await seen(registries[1]))[None] == (["Mara"], 1)
    assert await registries[by].remove(ASH, epoch=1)
    assert await seen(registries[0]) == dict.fromkeys(("yard", "market", None), ([], 0))
    assert [await drivers[0].call("HLEN", key) for key in (Keys().bodies, Keys().names)] == [0, 0]


@pytest.mark.parametrize("end", ["detach", "attach"])
async def test_a_worker_that_was_never_announced_is_known_while_it_holds_a_connection(registries, drivers, end):
    """So that its players are found when it is dead. It goes with its last connection: that ends, or another worker takes it."""
    one, other = registries
    await one.heartbeat(WorkerInfo(worker_id="announced", started=0.0), 60.0)
    for character in (1, 2):
        await one.attach("silent", character, ConnectionInfo(f"c{character}", 5, 0.0))
    for character in (1, 2):
        assert set(await one.dead_workers()) == {"silent"}
        if end == "detach":
            assert await other.detach("silent", character, epoch=5)
        else:
            await other.attach("announced", character, ConnectionInfo("d", 6, 0.0))
    assert await one.dead_workers() == []
    assert [info.worker_id for info in await one.workers()] == ["announced"]
    assert len(await one.connections("silent")) == 0
    assert await drivers[0].call("HLEN", Keys().holders) == (0 if end == "detach" else 2)
    for character in (1, 2):
        await one.attach("announced", character, ConnectionInfo("e", 7, 0.0))
        assert await other.detach("announced", character, epoch=7)
    assert [info.worker_id for info in await one.workers()] == ["announced"]


async def test_a_dead_worker_leaves_nothing(registries, drivers):
    """All of its connections are handed over, once, and none of them has a holder any more."""
    one, other = registries
    for character in range(1, 5):
        await one.attach("w", character, ConnectionInfo(f"c{character}", 5, 0.0))
    await one.attach("v", 9, ConnectionInfo("c9", 5, 0.0))
    assert set(await other.reap("w")) == {1, 2, 3, 4}
    assert await other.reap("w") == {}
    assert set(await one.dead_workers()) == {"v"}
    assert [int(held) for held in await drivers[0].call("HKEYS", Keys().holders)] == [9]


@pytest.mark.parametrize(("place", "names"), [(None, ["Ada", "Mara"]), ("yard", ["Mara"])])
async def test_a_foreign_list_of_people_is_rebuilt(registries, drivers, place, names):
    """That of a location has those who are there, that of the world has all."""
    await registries[0].place(ASH, "yard", version=1, epoch=1, name="Mara")
    await registries[0].place(18, "market", version=1, epoch=1, name="Ada")
    await drivers[0].call("SET", Keys().people(place), "foreign")
    found = await registries[1].crowd(place, limit=9)
    assert ([one.name for one in found.bodies], found.total) == (names, len(names))
