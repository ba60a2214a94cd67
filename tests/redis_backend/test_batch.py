"""Calls of one script in one turn of the event loop: one call of Redis, and each caller gets its own reply or its own error."""

import asyncio

import pytest
import redis.exceptions as redis_errors
from echoes.errors import FacilityUnavailable
from echoes.facilities.broadcast import Position
from echoes.facilities.cache import Entry
from echoes.game.kinds import GROUND
from echoes_redis.batch import MOST
from echoes_redis.cache import INVALIDATE, RedisCache
from echoes_redis.channel import PUBLISH, Store
from echoes_redis.errors import WrongType
from echoes_redis.keys import Keys
from echoes_redis.settings import RedisSettings
from redis_server import RedisServer
from redis_workers import at, serving


def entry(number):
    return Entry(version=number, value=b'[{"n":%d}]' % number)


@pytest.fixture
async def cache(drivers):
    """A cache whose scripts Redis knows: the drivers were connected before it was made."""
    made = RedisCache(drivers[0], Keys("echoes:"))
    await asyncio.gather(made.invalidate(GROUND, "0", version=0, generation=0), made.write(GROUND, "0", entry(0), generation=0))
    return made


@pytest.fixture
def asked(cache, drivers, monkeypatch):
    """The commands that the first worker sends from now on."""
    connection, commands = drivers[0]._reconnector.connection, []
    send = connection.send_unanswered
    monkeypatch.setattr(connection, "send_unanswered", lambda *command: (commands.append(command[0]), send(*command)))
    return commands


async def test_each_call_of_a_turn_gets_its_own_reply(cache, asked):
    """Writes of several entries are one call; an older version is refused, the others are stored."""
    await cache.write(GROUND, "3", entry(9), generation=1)
    asked.clear()
    written = await asyncio.gather(*(cache.write(GROUND, str(number), entry(number), generation=1) for number in range(6)))
    assert asked == ["EVALSHA"]
    assert written == [True, True, True, False, True, True]
    found = [await cache.read(GROUND, str(number), generation=1) for number in range(6)]
    assert [one.version for one in found] == [0, 1, 2, 9, 4, 5]
    assert found[5].value == entry(5).value


async def test_more_than_the_most_are_several_calls(cache, asked):
    """Redis serves no other client while a script runs, so the number of its calls is bounded."""
    written = await asyncio.gather(*(cache.write(GROUND, str(number), entry(1), generation=1) for number in range(2 * MOST + 1)))
    assert all(written)
    assert asked == ["EVALSHA"] * 3


async def test_a_call_that_fails_keeps_no_other_from_running(drivers):
    """The error is one caller's: as alone, a key of another type is a `WrongType` that names it."""
    await drivers[0].call("SET", "echoes:b:meta", "text")

    def publish(name):
        keys = [f"echoes:{name}:{part}" for part in ("meta", "history", "keys", "order")]
        return drivers[0].run(PUBLISH, keys, [0, name, b"=k", b"{}", 10, 1000, 1000, 1000, 10, 0, 1000])

    first, second, third = await asyncio.gather(publish("a"), publish("b"), publish("c"), return_exceptions=True)
    assert (first.split(b":")[1], third.split(b":")[1]) == (b"1", b"1")
    assert isinstance(second, WrongType)
    assert "echoes:b:meta" in str(second)


async def test_messages_of_one_turn_keep_their_order(drivers):
    """They are numbered as they were published."""
    store = Store(drivers[0], RedisSettings())
    positions = await asyncio.gather(*(store.publish("room:a", b"=k%d" % number, b"%d" % number, 60) for number in range(MOST + 5)))
    assert [one.offset for one in positions] == list(range(1, MOST + 6))
    read = await store.read("room:a", [Position(positions[0].epoch, 0)])
    assert [one.payload for one in read.entries] == [b"%d" % number for number in range(MOST + 5)]


async def test_a_cancelled_caller_disturbs_no_other(cache):
    """Its call runs or not; the others get their replies."""
    calls = [asyncio.create_task(cache.write(GROUND, str(number), entry(1), generation=1)) for number in range(5)]
    await asyncio.sleep(0)
    calls[2].cancel()
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert isinstance(answers[2], asyncio.CancelledError)
    assert [answer for answer in answers if answer is not answers[2]] == [True] * 4


async def test_scripts_that_redis_forgot_are_sent_again(cache, asked, drivers):
    """NOSCRIPT means that none of the calls was run. Redis has both forms of the script afterwards."""
    await drivers[0].call("SCRIPT", "FLUSH")
    assert await asyncio.gather(*(cache.write(GROUND, str(number), entry(1), generation=1) for number in range(3))) == [True] * 3
    assert asked.count("SCRIPT") == 2, "the flush, and one load for all three"
    asked.clear()
    assert await asyncio.gather(*(cache.write(GROUND, str(number), entry(1), generation=1) for number in range(3))) == [True] * 3
    assert asked == ["EVALSHA"]


async def test_an_overdue_reply_fails_every_call_of_the_batch():
    """And those of the next batch, which was not sent yet."""
    with RedisServer() as server:
        driver = at(server.url, io_timeout=0.2, wait=0.1).driver()
        driver.prepare(INVALIDATE)
        async with serving(driver):

            def invalidate(number):
                return driver.run(INVALIDATE, [f"echoes:{number}"], ["list", 1, 1, "600.0"])

            with server.paused():
                answers = await asyncio.gather(*(invalidate(number) for number in range(MOST + 3)), return_exceptions=True)
            assert {type(answer) for answer in answers} == {FacilityUnavailable}
            assert {type(answer.__cause__) for answer in answers} == {redis_errors.TimeoutError}


async def test_calls_that_wait_to_be_sent_count_as_under_way(redis_server):
    """The bound of calls holds for them, too."""
    driver = at(redis_server.url, max_pending=10).driver()
    driver.prepare(INVALIDATE)
    async with serving(driver):
        calls = (driver.run(INVALIDATE, [f"echoes:{number}"], ["list", 1, 1, "600.0"]) for number in range(11))
        answers = await asyncio.gather(*calls, return_exceptions=True)
        assert answers[:10] == [b""] * 10
        with pytest.raises(FacilityUnavailable, match="ECHOES_REDIS_MAX_PENDING"):
            raise answers[10]
