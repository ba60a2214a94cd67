"""A Redis that answers and refuses: full, without the replicas it wants, a replica itself, unable to save, or with as many clients as it takes.

Play continues, and the log stays short.
"""

import asyncio
import contextlib
import itertools
import time

import pytest
from cluster import cluster, someone
from echoes.log_limit import LOG_LIMIT
from redis.exceptions import ResponseError
from redis_server import RedisServer, until
from structlog.testing import capture_logs

LEASE = 1.5


@contextlib.contextmanager
def commanded(redis, refuse, allow):
    """One command begins it, another one ends it."""
    redis.cli(*refuse)
    yield
    redis.cli(*allow)


@contextlib.contextmanager
def unable_to_save(redis):
    """It is to save, and a folder lies where its file belongs (root may write into any folder): MISCONF."""

    def saved(status):
        redis.cli("BGSAVE")
        until(lambda: redis.cli("INFO", "persistence")["rdb_bgsave_in_progress"] == 0, "the end of BGSAVE")
        assert redis.cli("INFO", "persistence")["rdb_last_bgsave_status"] == status

    in_the_way = redis.folder / "dump.rdb"
    redis.cli("CONFIG", "SET", "save", "3600 1000000")
    in_the_way.mkdir()
    saved("err")
    with pytest.raises(ResponseError, match="MISCONF"):
        redis.cli("SET", "x", "1")
    yield
    in_the_way.rmdir()
    saved("ok")


@contextlib.contextmanager
def crowded(redis):
    """Our connections are cut, and it takes no others: maxclients is reached by the one that this test has."""
    with redis.client() as client:
        client.config_set("maxclients", 1)
        client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        yield
        client.config_set("maxclients", 1000)


STATES = {
    "full": lambda redis: commanded(redis, ("CONFIG", "SET", "maxmemory", "1"), ("CONFIG", "SET", "maxmemory", "0")),
    "without-replicas": lambda redis: commanded(
        redis, ("CONFIG", "SET", "min-replicas-to-write", "1"), ("CONFIG", "SET", "min-replicas-to-write", "0")
    ),
    "read-only": lambda redis: commanded(redis, ("REPLICAOF", "127.0.0.1", "1"), ("REPLICAOF", "NO", "ONE")),
    "unable-to-save": unable_to_save,
    "crowded": crowded,
}
WALK = ("north", "south")
PLAY = ("look", "say hello", "drop 1 bread", "get 1 bread", "who", "rest")


@pytest.fixture
def redis():
    with RedisServer("--appendonly", "yes") as server:
        yield server


@pytest.mark.parametrize("state", STATES)
async def test_a_redis_that_refuses_commands_disturbs_no_player(redis, database_url, tmp_path, state):
    """Every command works; no player is disconnected or reaped; the log gets a dozen lines at most; then all is as before."""
    LOG_LIMIT.forget()
    refusing = contextlib.ExitStack()
    async with cluster(database_url, tmp_path, redis=redis.url, worker_ttl=LEASE) as (city,):
        people = [await someone(city, name) for name in ("Mara", "Tomas", "Ines", "Ruben")]
        heard = []
        await city.facilities.broadcast.subscribe("location:kiln_yard", heard.append)
        breakers, states = city.resilience.breakers, []
        with capture_logs() as logs:
            refusing.enter_context(STATES[state](redis))
            began = time.monotonic()
            while time.monotonic() - began < 3 * LEASE:
                for one in people:
                    for line in PLAY if len(states) > 2 else (*WALK, *PLAY):  # who walks for long is tired
                        reply = await one.type(line)
                        assert reply["ok"] or reply["error"]["code"] not in {"internal", "unavailable"}, (line, reply)
                states.append(tuple(breaker.is_open for breaker in breakers.values()))
                await asyncio.sleep(0.02)
            said = [one for one in logs if one["log_level"] in {"warning", "error", "critical"}]
        changes = sum(before != after for before, after in itertools.pairwise(states))
        if state == "full":
            assert not any(any(one) for one in states)
            assert any("is full" in ailment for ailment in city.resilience.away)
            assert [info.worker_id for info in await city.facilities.registry.workers()] == [city.worker_id]
        else:
            assert all(states[-1])
            assert city.resilience.away
        assert changes <= 2
        assert len(said) <= 12, [one["event"] for one in said]
        assert not any(one["event"] == "worker.reaped" for one in logs)
        refusing.close()
        while any(breaker.is_open for breaker in breakers.values()) or city.service._outbox.owed or city.resilience._registry._owed:
            await asyncio.sleep(0.05)
        for one in people:
            assert (await one.type("say back again"))["ok"]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                while sum(b"back again" in one.payload for one in heard if hasattr(one, "payload")) < len(people):
                    await asyncio.sleep(0.05)
        assert sum(b"back again" in one.payload for one in heard if hasattr(one, "payload")) == len(people)
