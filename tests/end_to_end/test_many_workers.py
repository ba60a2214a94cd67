"""Four workers as one server: with any fault, every player gets every word once and in order, and no player is seen to leave."""

import asyncio
import os
import signal
import sys

import httpx
import pytest
from machines import a_server
from player import Player
from postgres import a_database
from redis_server import RedisServer, SentinelGroup
from swarm import Swarm

BOTS = int(os.environ.get("ECHOES_TEST_BOTS", "120"))
ROOMS = max(4, BOTS // 10)
WORKERS = 4


@pytest.fixture(scope="module")
def redis():
    """As compose.yml runs it: every write on disk within a second."""
    with RedisServer("--appendonly", "yes", "--maxmemory-policy", "noeviction") as server:
        yield server


@pytest.fixture(scope="module")
def city(postgres, redis):
    with a_database(postgres) as url, a_server(url, redis.url, WORKERS) as server:
        yield server


@pytest.fixture
async def swarm(city):
    async with Swarm([city], BOTS, ROOMS) as bots:
        bots.start_talking()
        await bots.until(lambda: sum(bot.answered for bot in bots.bots) > BOTS, "a conversation")
        yield bots


async def goes_on(swarm, words=2):
    """Return once every player has said this number of words more."""
    said = [bot.answered for bot in swarm.bots]
    return await swarm.until(
        lambda: all(bot.answered >= before + words for bot, before in zip(swarm.bots, said, strict=True)), "they go on"
    )


async def verdict(swarm, what):
    """Let all players finish, and judge."""
    await swarm.finish()
    print(f"\n{what}: {swarm.report()}", file=sys.stderr)  # noqa: T201 - figures for a person
    faults = swarm.judge()
    assert not faults, "\n".join([f"{len(faults)} faults", *faults[:20]])


async def new_workers(server, former, count=WORKERS):
    """Return once the server has this number of workers that are not among the former ones."""
    async with asyncio.timeout(60):
        while len(set(server.workers()) - set(former)) < count or set(former) & set(server.workers()):
            await asyncio.sleep(0.05)


async def test_players_are_spread_over_all_workers(city, swarm):
    """No worker sits idle."""
    used = {welcome["worker_id"] for bot in swarm.bots for welcome in bot.welcomes}
    assert len(used) == WORKERS
    await verdict(swarm, "nothing broken")


async def test_a_killed_worker(city, swarm):
    """Kill -9: its players are back on the others within seconds; another worker takes its place."""
    former = city.workers()
    os.kill(former[0], signal.SIGKILL)
    await goes_on(swarm)
    await new_workers(city, former[:1], 1)
    await verdict(swarm, "kill -9 of a worker")


async def test_a_drained_worker(city, swarm):
    """SIGTERM to one of them: its players get the reconnect event, and move."""
    former = city.workers()
    os.kill(former[0], signal.SIGTERM)
    await new_workers(city, former[:1], 1)
    await goes_on(swarm)
    await verdict(swarm, "SIGTERM to a worker")


async def test_a_rolling_restart(city, swarm):
    """SIGHUP: every worker is another one afterwards, and every player has moved once."""
    former = city.workers()
    before = [len(bot.welcomes) for bot in swarm.bots]
    city.signal(signal.SIGHUP)
    await new_workers(city, former)
    await goes_on(swarm)
    await verdict(swarm, "a rolling restart")
    assert [len(bot.welcomes) - welcomes for bot, welcomes in zip(swarm.bots, before, strict=True)] == [1] * BOTS


async def test_a_stopped_worker(city, swarm):
    """SIGSTOP for longer than its lease: its players are taken for gone, go on when it wakes, and nothing is lost."""
    victim = city.workers()[0]
    os.kill(victim, signal.SIGSTOP)
    try:
        await asyncio.sleep(7)  # longer than its lease and the pause before the link-dead are announced would be one second more
    finally:
        os.kill(victim, signal.SIGCONT)
    await goes_on(swarm)
    await verdict(swarm, "a stopped worker")


async def test_redis_restarted_with_its_data(city, redis, swarm):
    """Kill -9 of Redis, started again over its append-only file."""
    redis.kill()
    redis.start()
    await goes_on(swarm)
    await verdict(swarm, "Redis killed, data kept")


async def test_redis_restarted_without_its_data(city, redis, swarm):
    """Kill -9 of Redis, started again empty: sessions and bodies are put back, and what the workers had published is published again."""
    redis.kill()
    redis.wipe()
    redis.start()
    await goes_on(swarm)
    await swarm.until(lambda: len(redis.cli("KEYS", "*:session")) >= BOTS, "every session is known again", within=15)
    await verdict(swarm, "Redis killed, data wiped")


async def test_redis_stalled(city, redis, swarm):
    """SIGSTOP of Redis for six seconds: connections stay open, nothing answers; then play continues."""
    with redis.paused():
        await asyncio.sleep(6)
    await goes_on(swarm)
    await verdict(swarm, "Redis stalled")


@pytest.fixture
def sentinels():
    with SentinelGroup() as group:
        yield group


async def test_a_sentinel_failover(database_url, sentinels):
    """Kill -9 of the master: the Sentinels make the replica the master, and nothing is lost silently."""
    with a_server(database_url, sentinels.url, WORKERS) as server:
        async with Swarm([server], BOTS, ROOMS) as swarm:
            swarm.start_talking()
            await goes_on(swarm)
            sentinels.kill_master()
            await goes_on(swarm)
            await verdict(swarm, "a Sentinel failover")


async def test_no_player_stays_connected_without_a_worker(database_url, redis):
    """Players of a killed worker who do not reconnect are link-dead within two leases, and leave when their grace is over."""
    with a_server(database_url, redis.url, 2, ECHOES_GRACE="6", ECHOES_REDIS_PREFIX="ghosts:") as server:
        watcher = await Player.join(server)
        victims = [await Player.join(server) for _ in range(8)]
        mine = watcher.welcome["worker_id"]
        gone = [one for one in victims if one.welcome["worker_id"] != mine]
        if not gone:
            pytest.fail("all of them came to one worker")
        (pid,) = {int(one.welcome["worker_id"].rsplit("-", 2)[1]) for one in gone}
        os.kill(pid, signal.SIGKILL)
        names = {one.name for one in gone}
        await watcher.until(lambda: names <= mentioned_in(watcher, "player_linkdead"), within=25)
        await watcher.until(lambda: names <= mentioned_in(watcher, "player_left"), within=25)
        here = {one["name"] for one in (await watcher.type("look"))["data"]["location"]["players"]}
        assert here == {one.name for one in victims} - names


def mentioned_in(player, action):
    """The players that such an event to this player was about."""
    return {one["data"]["player"]["name"] for one in player.events if one["data"].get("action") == action}


async def test_a_takeover_from_another_worker(city):
    """The older connection is closed for good, on any worker; the newer one plays."""
    mara = await Player.join(city)
    worker = mara.welcome["worker_id"]
    for _ in range(40):
        again = Player(city)
        again.id, again.token, again.name = mara.id, mara.token, mara.name
        await again.connect()
        await mara.until(lambda mara=mara: mara.closed)
        assert mara.closed == 4501
        if again.welcome["worker_id"] != worker:
            break
        mara = again
    else:
        pytest.fail("forty connections came to one worker")
    assert (await again.type("say here I am"))["ok"]


async def test_requests_over_http_move_the_seat_elsewhere(city):
    """A move over HTTP, carried out by any worker, is seen by the worker that holds the socket."""
    mara = await Player.join(city)
    for direction in ("north", "south") * 4:
        mara.events.clear()
        async with httpx.AsyncClient(base_url=city.url, headers={"authorization": f"Bearer {mara.token}"}) as http:
            moved = await http.post("/api/game/move", json={"direction": direction})
            assert moved.status_code == 200, moved.text
        event = await mara.sees("moved")
        assert event["location"]["id"] == event["location_id"]


async def test_the_workers_of_a_killed_supervisor_drain_and_end(database_url, redis):
    """Kill -9 of the supervisor: its workers drain and end; no process is left behind."""
    with a_server(database_url, redis.url, 2, ECHOES_REDIS_PREFIX="orphans:") as server:
        mara = await Player.join(server)
        workers = server.workers()
        server.signal(signal.SIGKILL)
        await mara.until(lambda: mara.closed, within=20)
        assert mara.closed == 1012
        async with asyncio.timeout(30):
            while any(os.path.exists(f"/proc/{pid}") for pid in workers):  # noqa: ASYNC240, PTH110 - the kernel's own, no disk
                await asyncio.sleep(0.05)
