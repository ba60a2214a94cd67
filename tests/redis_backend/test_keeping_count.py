"""Bounds and measurements: remembered data is bounded, messages and connections are counted, and Redis's keys and memory are measured."""

import pytest
from echoes.errors import ConfigurationError
from echoes.facilities import Gap, Message, Position
from echoes_redis import channel_reader as channel_readers
from echoes_redis.broadcast import RedisBroadcast
from echoes_redis.channel import HistoryRead, Names, StoredMessage, key_of, tag_of, unframed
from echoes_redis.channel_reader import ChannelReader, LocalSubscription
from echoes_redis.connection import Connection
from echoes_redis.counters import Counters
from echoes_redis.handshake import handshake
from echoes_redis.inspection import pattern_of, said, sample
from echoes_redis.recent_publishes import RecentPublishes
from prometheus_client import REGISTRY
from redis_crowd import crowd, eventually
from redis_server import RedisServer
from redis_workers import broadcasting

NAMES = Names(b"a", b"m", b"h", b"k", b"o", 256, 1024)


class Wire:
    """Answers every command with what a function says."""

    def __init__(self, connection, answer):
        self._connection, self._answer = connection, answer

    def write(self, data):
        for command in data.split(b"*")[1:]:
            self._connection.feed(self._answer(command))

    def abort(self):
        pass


class Scripted:
    address, login, db = "scripted", (), 0

    def __init__(self, answer):
        self._answer = answer

    async def dial(self, connection):
        connection.opened(Wire(connection, self._answer))
        return self.address


async def test_an_old_redis_is_refused():
    """Its version, and which one is needed."""
    endpoint = Scripted(lambda command: b"redis_version:6.0.16\r\nrole:master\r\n" if b"INFO" in command else b"PONG")
    with pytest.raises(ConfigurationError, match=r"6\.0\.16.*6\.2"):
        await handshake(endpoint, Connection(1.0), timeout=1.0, scripts=(), role="main", prefix="echoes:")


def test_frames():
    """A worker takes its own frames apart, and recognizes text that is no frame."""
    assert unframed(b"17:3:4:=k:1payload:with\x00everything") == (b"17", 3, b"=k:1", b"payload:with\x00everything")
    for frame in (b"", b"1:2", b"1:2:3", b"1:2:9:=k", b"1:x:1:=", b"1:2:-1:=k", b"1:2:0:x", b"\xff" * 100):
        with pytest.raises(ValueError):  # noqa: PT011 - whatever it says, it is none of ours
            unframed(frame)
    assert [key_of(tag) for tag in (tag_of("7:c:1"), b"~made.up", tag_of("~x"))] == ["7:c:1", "", "~x"]


def test_the_journal_is_bounded():
    """By time, by bytes, and by messages of one channel; the newest stay, in order."""
    journal = RecentPublishes(1000.0, 3, 10_000)
    for number in range(10):
        journal.add("a", b"=%d" % number, b"x")
        journal.add("b", b"=%d" % number, b"x" * (5000 if number == 0 else 1))
    assert [(one.channel, one.tag) for one in journal.replay()] == [(name, b"=%d" % n) for n in (7, 8, 9) for name in "ab"]
    for number in range(10):
        journal.add("c", b"=%d" % number, b"x" * 4000)
    assert len(journal) == 2
    nothing = RecentPublishes(0.0, 3, 10_000)
    nothing.add("a", b"=1", b"x")
    assert list(nothing.replay()) == []


def standing(offset, epoch="1"):
    """A line with one listener, and what it received."""
    heard, healed = [], []
    channel_reader = ChannelReader("a", NAMES, healed.append, Counters())
    channel_reader.start(Position(epoch, offset), ())
    reader = LocalSubscription("a", heard.append, lambda _: None)
    channel_reader.readers = (reader,)
    reader.join(None, HistoryRead(Position(epoch, offset)))
    return channel_reader, heard, healed


def frame(epoch, offset, tag=b"=k"):
    return b"%d:%d:%d:%b%b" % (epoch, offset, len(tag), tag, b"payload")


async def test_the_messages_that_wait_for_history_are_bounded():
    """Above the bound they are dropped, and history is read once more."""
    channel_reader, heard, healed = standing(0)
    for offset in range(2, channel_readers.HELD + 100):
        channel_reader.receive(frame(1, offset, b"=%d" % offset))
    assert (healed, channel_reader.again) == ([channel_reader], True)
    channel_reader.recover(HistoryRead(Position("1", 1), 0, sure=True, entries=(StoredMessage(1, b"=1", b"payload"),)))
    assert [message.position.offset for message in heard] == list(range(1, channel_readers.HELD + 2))


async def test_keys_are_recognised_across_epochs_for_a_while():
    """The same key in another epoch is the same message; in the same epoch the store has decided that it is another one."""
    channel_reader, heard, _ = standing(0)
    for offset in range(1, 11):
        channel_reader.receive(frame(1, offset, b"=%d" % offset))
    channel_reader.receive(frame(1, 11, b"=1"))
    assert len(heard) == 11
    channel_reader.suspend()
    again = tuple(StoredMessage(offset, b"=%d" % offset, b"payload") for offset in range(5, 15))
    channel_reader.recover(HistoryRead(Position("2", 14), 4, sure=False, entries=again))
    assert [type(item) for item in heard[11:]] == [Gap, Message, Message, Message, Message]
    assert [item.position.offset for item in heard[11:]] == [4, 11, 12, 13, 14]
    for generation in range(3 * channel_readers.REMEMBERED):
        channel_reader.receive(frame(2, 15 + generation, b"=new%d" % generation))
    assert len(channel_reader._young) + len(channel_reader._old) <= 2 * channel_readers.REMEMBERED


async def test_messages_deliveries_and_connections_are_measured():
    """Published, received and delivered messages; seconds of a delivery; whether there is a connection."""

    def value(name, **labels):
        return REGISTRY.get_sample_value(f"echoes_redis_{name}", labels) or 0.0

    before = {name: value(name) for name in ("messages_published_total", "messages_received_total", "delivery_seconds_count")}
    with RedisServer() as server:
        async with crowd(server.url) as people:
            await people.say(10)
            await people.heard_all()
            await eventually(lambda: value("messages_received_total") >= before["messages_received_total"] + 20)
            await eventually(lambda: value("delivery_seconds_count") > before["delivery_seconds_count"])
            assert value("messages_published_total") == before["messages_published_total"] + 10
            assert value("connected", role="main") == 1
            server.cli("CLIENT", "KILL", "TYPE", "normal")
            await eventually(lambda: value("reconnects_total", role="main") > 0)


@pytest.mark.parametrize("backend", ["redis"], indirect=True)
async def test_keys_and_memory_of_redis_are_measured(backend, drivers):
    """Keys by the patterns of the key table, never by ids; and the memory that Redis reports."""
    async with broadcasting(backend, drivers[0]) as (broadcast,):
        assert isinstance(broadcast, RedisBroadcast)
        for number in range(3):
            await broadcast.publish(f"location:{number}", b"x", key="k")
    await drivers[0].call("SET", "echoes:strange", 1)
    await drivers[0].call("SET", "another's", 1)
    found = await sample(drivers[0], "echoes:")
    assert found == {
        "channel:{{name}}:meta": 3,
        "channel:{{name}}:history": 3,
        "channel:{{name}}:keys": 3,
        "channel:{{name}}:order": 3,
        "other": 2,
    }
    assert (await said(drivers[0], b"memory", b"used_memory")) > 100_000
    assert await said(drivers[0], b"stats", b"evicted_keys") == 0
    assert pattern_of("echoes:player:17:inventory", "echoes:") == "player:{id}:inventory"
    assert pattern_of("echoes:{world}:player:17:session", "echoes:") == "{world}:player:{id}:session"
