"""The driver: many calls in one write, replies in order, nothing repeated in secret, always reconnecting."""

import asyncio

import pytest
import redis.exceptions as redis_errors
from echoes.errors import FacilityUnavailable
from echoes_redis.channel import READ
from echoes_redis.errors import WrongType
from proxy import Proxy
from redis_crowd import eventually
from redis_server import RedisServer
from redis_workers import at, serving


@pytest.fixture
async def driver(drivers):
    return drivers[0]


async def test_time_can_be_turned_in_tests(drivers, advance):
    """`advance` takes from every key's time to live, for both workers."""
    await drivers[0].call("SET", "a", 1, "EX", 100)
    await advance(99)
    assert await drivers[1].call("GET", "a") == b"1"
    await advance(1)
    assert await drivers[1].call("GET", "a") is None


async def test_replies_find_their_callers(driver):
    """A thousand concurrent calls, a third of them cancelled: every other caller gets its own reply."""
    await asyncio.gather(*(driver.call("SET", f"k{n}", n) for n in range(1000)))
    calls = [asyncio.create_task(driver.call("GET", f"k{n}")) for n in range(1000)]
    await asyncio.sleep(0)
    for call in calls[::3]:
        call.cancel()
    answers = await asyncio.gather(*calls, return_exceptions=True)
    for n, answer in enumerate(answers):
        assert isinstance(answer, asyncio.CancelledError) if n % 3 == 0 else answer == b"%d" % n


async def test_a_script_that_redis_forgot_is_sent_again(driver):
    """NOSCRIPT means that it was not run."""
    await driver.call("SCRIPT", "FLUSH")
    answer = await driver.run(READ, ["echoes:channel:{a}:meta", "echoes:channel:{a}:history"], [0, 1000, 1000])
    assert int(answer[1]) == 0


async def test_an_error_is_the_callers_alone(driver):
    """A foreign key is named; the calls around it succeed."""
    await driver.call("SET", "text", "x")
    first, second, third = await asyncio.gather(
        driver.call("GET", "text"), driver.call("LRANGE", "text", 0, -1), driver.call("GET", "text"), return_exceptions=True
    )
    assert (first, third) == (b"x", b"x")
    assert isinstance(second, WrongType)
    assert isinstance(second.__cause__, redis_errors.ResponseError)
    assert "text" in str(second)


async def test_concurrent_calls_leave_in_one_write(redis_server):
    """A hundred concurrent calls leave in one piece."""
    backend = at(redis_server.url)
    async with serving(backend.driver()) as (driver,):
        writes = []
        wire = driver._reconnector.connection._wire

        class Counting:
            write = staticmethod(lambda data: (writes.append(data), wire.write(data)))
            abort = staticmethod(wire.abort)

        driver._reconnector.connection._wire = Counting()
        await asyncio.gather(*(driver.call("PING") for _ in range(100)))
        assert len(writes) == 1


async def test_more_calls_than_may_wait_are_refused(redis_server):
    """The number of calls under way has a bound, and its setting is named."""
    async with serving(at(redis_server.url, max_pending=10).driver()) as (driver,):
        answers = await asyncio.gather(*(driver.call("PING") for _ in range(11)), return_exceptions=True)
        assert answers[:10] == [b"PONG"] * 10
        with pytest.raises(FacilityUnavailable, match="ECHOES_REDIS_MAX_PENDING"):
            raise answers[10]


async def test_an_overdue_reply_fails_all_waiting_calls_and_none_is_repeated():
    """Redis stalls: the driver cuts the connection at the deadline, all waiting calls fail, and each runs at most once."""
    with RedisServer() as server:
        async with serving(at(server.url, io_timeout=0.2, wait=0.1).driver()) as (driver,):
            with server.paused():
                answers = await asyncio.gather(*(driver.call("INCR", "n") for _ in range(5)), return_exceptions=True)
                assert {type(answer) for answer in answers} == {FacilityUnavailable}
                assert {type(answer.__cause__) for answer in answers} == {redis_errors.TimeoutError}
            await driver.until_connected()
            await eventually(lambda: server.cli("GET", "n") is not None)
            assert int(server.cli("GET", "n")) == 5


async def test_while_it_is_away_calls_fail_soon_and_afterwards_succeed():
    """They wait a moment for a connection, not for ever; the connection comes back by itself, and its callbacks go first."""
    with RedisServer() as server:
        async with serving(at(server.url, wait=0.05).driver()) as (driver,):
            first = driver.identity
            order = []
            driver.on_connected(lambda: order.append(driver.send(READ, ["m", "h"], [0, 1, 1])))
            await asyncio.to_thread(server.kill)
            await eventually(lambda: not driver.facts.connected)
            with pytest.raises(FacilityUnavailable, match="not connected"):
                await driver.call("PING")
            await asyncio.to_thread(server.start)
            await driver.until_connected()
            assert await driver.call("PING") == b"PONG"
            assert len(order) == 1
            assert driver.identity not in {first, ""}


async def test_a_broken_connection_fails_the_calls_under_way(redis_server):
    """They raise `FacilityUnavailable`, since their outcome is unknown; the next call uses a new connection."""
    async with Proxy(redis_server.port) as proxy, serving(at(f"redis://127.0.0.1:{proxy.port}").driver()) as (driver,):
        waiting = asyncio.create_task(driver.call("BLPOP", "nothing", 0))
        await driver.until_connected()
        await asyncio.sleep(0)
        proxy.cut()
        with pytest.raises(FacilityUnavailable):
            await waiting
        await eventually(lambda: driver.facts.connections == 2)
        assert await driver.call("PING") == b"PONG"


async def test_a_master_that_became_a_replica_is_left():
    """READONLY: the connection is dropped, and made again once there is a master."""
    with RedisServer() as server, RedisServer() as other:
        async with serving(at(server.url, wait=0.05).driver()) as (driver,):
            server.cli("REPLICAOF", "127.0.0.1", other.port)
            with pytest.raises(FacilityUnavailable, match="not the master any more"):
                await driver.call("SET", "a", 1)
            await eventually(lambda: not driver.facts.connected)
            server.cli("REPLICAOF", "NO", "ONE")
            await driver.until_connected()
            assert await driver.call("SET", "a", 1) == b"OK"
