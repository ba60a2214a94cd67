"""Races between workers, as a third one sees them: on a real Redis, in snapshots that nothing can come between."""

import asyncio

import pytest
from echoes.facilities.registry import ConnectionInfo
from echoes_redis.keys import Keys
from echoes_redis.registry import RedisRegistry
from echoes_redis.session import FORGET, RedisSessions
from redis_workers import serving

pytestmark = pytest.mark.parametrize("backend", ["redis"], indirect=True)

ASH = 17
KEYS = Keys()
PLACES = ("overpass", "subway", "market")
WORKERS = ("w1", "w2", "w3")


@pytest.fixture
async def witness(drivers, backend):
    """A third worker that looks at several keys at one moment."""
    async with serving(backend.driver()) as (driver,):

        async def snapshot(*commands):
            *_, seen = await asyncio.gather(driver.call("MULTI"), *(driver.call(*command) for command in commands), driver.call("EXEC"))
            return seen

        yield snapshot


@pytest.fixture
def registries(drivers):
    """Two workers' registries."""
    return [RedisRegistry(driver, KEYS) for driver in drivers]


async def watch(snapshot, commands, judge, done):
    """Judge snapshot after snapshot until the others are done; answers how many there were."""
    seen = 0
    while not done.is_set():
        judge(await snapshot(*commands))
        seen += 1
    return seen


async def test_a_body_is_never_in_two_places_or_in_none(registries, witness):
    """Two workers move and place one character concurrently, each without knowing the other's moves."""
    await registries[0].place(ASH, PLACES[0], version=0, epoch=1)
    done = asyncio.Event()

    def judge(seen):
        *sets, body = seen
        where = [place for place, members in zip(PLACES, sets, strict=True) if b"17" in members]
        assert where == [body.split(b" ")[2].decode()]

    async def move(registry, versions):
        for version in versions:
            if version % 7:
                await registry.move(ASH, PLACES[version % 3], version=version)
            else:
                await registry.place(ASH, PLACES[version % 3], version=version, epoch=1 + version // 100)

    commands = [*(("SMEMBERS", KEYS.players(place)) for place in PLACES), ("HGET", KEYS.bodies, ASH)]
    watching = asyncio.create_task(watch(witness, commands, judge, done))
    await asyncio.gather(move(registries[0], range(1, 400, 2)), move(registries[1], range(2, 400, 2)))
    done.set()
    assert await watching > 10
    assert await registries[0].locate(ASH) == PLACES[399 % 3]


async def test_a_body_that_is_removed_and_placed_is_in_one_place_at_most(registries, witness):
    """Removals race with placements of newer epochs: the index never disagrees with what it is an index of."""
    done = asyncio.Event()

    def judge(seen):
        *sets, body = seen
        where = [place for place, members in zip(PLACES, sets, strict=True) if b"17" in members]
        assert where == ([body.split(b" ")[2].decode()] if body else [])

    async def come_and_go(registry, epochs):
        for epoch in epochs:
            await registry.place(ASH, PLACES[epoch % 3], version=epoch, epoch=epoch)
            await registry.remove(ASH, epoch=epoch)

    commands = [*(("SMEMBERS", KEYS.players(place)) for place in PLACES), ("HGET", KEYS.bodies, ASH)]
    watching = asyncio.create_task(watch(witness, commands, judge, done))
    await asyncio.gather(come_and_go(registries[0], range(1, 300, 2)), come_and_go(registries[1], range(2, 300, 2)))
    done.set()
    assert await watching > 10
    assert await registries[1].everyone() == {}


async def test_a_connection_has_one_holder(registries, witness):
    """Two workers attach one character for three; detaches come late. It is with one worker at most, and with the newest in the end."""
    done = asyncio.Event()

    def judge(seen):
        *hashes, holder = seen
        holding = [worker for worker, fields in zip(WORKERS, hashes, strict=True) if b"17" in fields]
        assert holding == ([holder.split(b" ")[1].decode()] if holder else [])

    async def attach(registry, epochs):
        for epoch in epochs:
            await registry.attach(WORKERS[epoch % 3], ASH, ConnectionInfo(f"c{epoch}", epoch, 0.0))
            if epoch % 5 == 0:
                await registry.detach(WORKERS[epoch % 3], ASH, epoch=epoch - epoch % 2)

    commands = [*(("HKEYS", KEYS.connections(worker)) for worker in WORKERS), ("HGET", KEYS.holders, ASH)]
    watching = asyncio.create_task(watch(witness, commands, judge, done))
    await asyncio.gather(attach(registries[0], range(1, 400, 2)), attach(registries[1], range(2, 400, 2)))
    done.set()
    assert await watching > 10
    await registries[0].attach("w2", ASH, ConnectionInfo("last", 400, 0.0))
    assert await registries[1].connections("w2") == {ASH: ConnectionInfo("last", 400, 0.0)}


async def test_attaching_while_workers_are_reaped_loses_no_player(registries):
    """A player who attaches while its worker is reaped is afterwards with that worker, or was handed to the reaper."""
    handed: dict[int, ConnectionInfo] = {}

    async def reap():
        for _ in range(100):
            handed.update(await registries[1].reap("w1"))

    crowd = {character: ConnectionInfo(f"c{character}", character, 0.0) for character in range(1, 201)}
    await asyncio.gather(reap(), *(registries[0].attach("w1", character, info) for character, info in crowd.items()))
    left = await registries[0].connections("w1")
    assert not left.keys() & handed.keys()
    assert {**left, **handed} == crowd
    assert await registries[0].dead_workers() == (["w1"] if left else [])


async def test_a_wrong_belief_costs_one_more_question(registries, drivers, monkeypatch):
    """A worker that does not know of a move sends two queries, a worker that knows sends one."""
    asked = []
    run = type(drivers[0]).run

    async def counted(self, script, keys, args):
        asked.append(script.name)
        return await run(self, script, keys, args)

    monkeypatch.setattr(type(drivers[0]), "run", counted)
    await registries[0].place(ASH, "overpass", version=1, epoch=1)
    await registries[0].move(ASH, "subway", version=2)
    assert len(asked) == 2
    await registries[1].move(ASH, "market", version=3)
    assert len(asked) == 4
    await registries[1].move(ASH, "overpass", version=4)
    assert len(asked) == 5


async def test_a_partly_lost_link_death_hides_no_other_player(drivers, advance):
    """Grace entries without a session (Redis lost a part) are dropped when they are read."""
    sessions = RedisSessions(drivers[0], KEYS)
    for character in range(1, 21):
        claim = await sessions.claim(character, worker="w", connection="c", fields={}, ttl=60)
        await sessions.detach(character, claim.epoch, character)
    for character in range(1, 20):
        await drivers[0].call("DEL", KEYS.session(character))
    await advance(30)
    assert [session.character for session in await sessions.overdue(limit=5)] == [20]
    assert await drivers[0].call("ZCARD", KEYS.grace) <= 6


async def test_grace_entries_without_a_link_dead_session_go(drivers):
    """They hide no entry behind them; one whose session is link-dead again when it is due stays."""
    sessions = RedisSessions(drivers[0], KEYS)
    for character in (1, 2, 3):
        claim = await sessions.claim(character, worker="w", connection="c", fields={}, ttl=60)
        await sessions.detach(character, claim.epoch, 0)
    await drivers[0].call("DEL", KEYS.session(1))
    await drivers[0].call("HSET", KEYS.session(2), "websocket_connected", "1")
    assert [session.character for session in await sessions.overdue(limit=2)] == [3]
    assert await drivers[0].call("ZRANGE", KEYS.grace, 0, -1) == [b"3"]
    await drivers[0].run(FORGET, [KEYS.session(3), KEYS.grace], [3])
    assert await drivers[0].call("ZRANGE", KEYS.grace, 0, -1) == [b"3"]
