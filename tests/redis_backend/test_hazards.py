"""Hazards of a Redis happen, while people talk: every listener gets every message exactly once, each publisher's in order."""

import asyncio

import pytest
from echoes.errors import FacilityUnavailable
from echoes.facilities import Gap
from echoes_redis.broadcast import SLICE
from echoes_redis.channel import PUBLISH
from echoes_redis.subscriber import CHUNK
from redis_crowd import SECONDS, Listener, crowd, eventually, publish_stubbornly
from redis_server import RedisServer, SentinelGroup

ALWAYS = ("--appendonly", "yes", "--appendfsync", "always")


def reconnects(people, count):
    return lambda: all(driver.facts.connections > count and driver.facts.connected for driver in people.drivers)


async def test_a_restart_that_keeps_everything_costs_nothing():
    """Kill -9 with an append-only file: nothing missed, nothing doubled, no gap."""
    with RedisServer(*ALWAYS) as server:
        async with crowd(server.url) as people:
            async with people.chatter():
                await people.listeners[0].until(lambda one: len(one.items) > 50)
                await asyncio.to_thread(server.kill)
                await asyncio.to_thread(server.start)
                heard = len(people.listeners[0].items)
                await people.listeners[0].until(lambda one: len(one.items) > heard + 50)
            await people.heard_all()
            assert [listener.gaps for listener in people.listeners] == [[], []]


async def test_a_restart_that_loses_the_tail_loses_no_message():
    """Only saved messages come back. Their publishers publish the later ones again; listeners that had them do not get them twice."""
    with RedisServer() as server:
        async with crowd(server.url) as people:
            await people.say(20, 0)
            await people.heard_all()
            server.cli("SAVE")
            await people.say(20, 0)
            await people.say(20, 1)
            await people.heard_all()
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
            await people.say(20, 0)
            await people.say(20, 1)
            await people.heard_all()
            await eventually(reconnects(people, 1))


async def test_messages_that_waited_for_a_redis_without_its_tail_get_new_positions():
    """The last delivered message was of a worker that is dead, so no worker republishes it: waiting messages do not take its position."""
    with RedisServer() as server:
        async with crowd(server.url, workers=1, wait=SECONDS) as people:
            async with crowd(server.url, workers=1) as doomed:
                await doomed.say(5)
                await people.listeners[0].until(lambda one: len(one.items) == 5)
                server.cli("SAVE")
                await doomed.say(5)
                await people.listeners[0].until(lambda one: len(one.items) == 10)
            await asyncio.to_thread(server.kill)
            await eventually(lambda: not people.drivers[0].facts.connected)
            waiting = [asyncio.create_task(people.workers[0].publish(people.channel, b"p1:%d" % n, key=f"p1:{n}")) for n in range(5)]
            await asyncio.to_thread(server.start)
            positions = await asyncio.gather(*waiting)
            await people.listeners[0].until(lambda one: len(one.by_publisher()["p1"]) == 5)
            assert len({position.epoch for position in positions}) == 1
            assert positions[0].epoch != people.listeners[0].items[0].position.epoch


@pytest.mark.parametrize("traffic", [True, False], ids=["in-traffic", "in-silence"])
async def test_a_wiped_redis_loses_no_message(traffic):
    """Redis is empty, and no listener misses a message or gets it twice."""
    with RedisServer() as server:
        async with crowd(server.url) as people:

            async def wipe():
                await asyncio.to_thread(server.kill)
                server.wipe()
                await asyncio.to_thread(server.start)

            if traffic:
                async with people.chatter():
                    await people.listeners[0].until(lambda one: len(one.items) > 50)
                    await wipe()
                    heard = len(people.listeners[0].items)
                    await people.listeners[0].until(lambda one: len(one.items) > heard + 50)
            else:
                await people.say(10)
                await people.heard_all()
                await wipe()
                await eventually(reconnects(people, 1))
                await people.say(10)
            await people.heard_all()


async def test_a_wiped_redis_brings_nothing_from_before_a_subscription():
    """The lost messages are published again; a listener that came after them does not get them."""
    with RedisServer() as server:
        async with crowd(server.url) as people:
            (speaker, other), listener = people.workers, Listener()
            for n in range(160):
                await publish_stubbornly(speaker, "location:gate", b"p:%d" % n, f"p:{n}")
                if n == 149:
                    await other.subscribe("location:gate", listener)
            await listener.until(lambda one: len(one.items) == 10)
            await asyncio.to_thread(server.kill)
            server.wipe()
            await asyncio.to_thread(server.start)
            await publish_stubbornly(speaker, "location:gate", b"p:160", "p:160")
            await listener.until(lambda one: one.by_publisher()["p"][-1:] == [160])
            assert listener.by_publisher()["p"] == list(range(150, 161))


async def test_a_message_missed_before_the_wipe_reaches_the_listener_after_it():
    """A message that was acknowledged and not yet delivered is not lost with the Redis that held it."""
    with RedisServer() as server:
        async with crowd(server.url) as people:
            await people.say(3)
            await people.heard_all()
            deaf = people.workers[1]
            on_message, deaf._subscriber._on_message = deaf._subscriber._on_message, lambda *_: None
            await people.say(3)
            await asyncio.to_thread(server.kill)
            server.wipe()
            deaf._subscriber._on_message = on_message
            await asyncio.to_thread(server.start)
            await people.heard_all()


async def test_more_is_published_again_than_history_keeps():
    """After a loss all workers publish again at once: no message is trimmed before the listeners are back."""
    with RedisServer() as server:
        async with crowd(server.url, workers=3, history_messages=10) as people:
            for publisher in range(3):
                await people.say(40, publisher)
            await people.heard_all()
            deaf = people.workers[1]
            on_message, deaf._subscriber._on_message = deaf._subscriber._on_message, lambda *_: None
            await people.say(3)
            await asyncio.to_thread(server.kill)
            server.wipe()
            await asyncio.to_thread(server.start)
            deaf._subscriber._on_message = on_message
            await people.heard_all()


async def test_a_killed_subscriber_misses_nothing():
    """CLIENT KILL TYPE pubsub, again and again: history fills the holes."""
    with RedisServer() as server:
        async with crowd(server.url) as people:
            async with people.chatter():
                for _ in range(5):
                    server.cli("CLIENT", "KILL", "TYPE", "pubsub")
                    heard = len(people.listeners[1].items)
                    await people.listeners[1].until(lambda one, heard=heard: len(one.items) > heard + 30)
            await people.heard_all()
            assert [listener.gaps for listener in people.listeners] == [[], []]


async def test_a_subscriber_that_redis_gave_up_misses_nothing():
    """Too much waited for it in Redis' output buffer, so Redis cut it: history has what was in the buffer."""
    with RedisServer("--client-output-buffer-limit", "pubsub", "65536", "65536", "1") as server:
        async with crowd(server.url) as people:
            await people.say(3)
            await people.heard_all()
            worker = people.workers[0]
            with server.client() as other:  # synchronously: this worker's event loop stands still meanwhile
                for number in range(100):
                    keys, args = worker._store.publishing(people.channel, b"=big%d" % number, b"big:%d" % number + b" " * 200_000, 60)
                    other.evalsha(_sha(people), len(keys), *keys, *people.drivers[0]._given(PUBLISH, args))
            people.sent["big"] = 100
            await people.heard_all()
            assert [listener.gaps for listener in people.listeners] == [[], []]
            assert people.workers[0]._subscriber.facts.connections > 1


def _sha(people):
    return people.drivers[0]._known(PUBLISH).sha


async def test_a_redis_that_stands_still_is_noticed_and_nothing_doubles():
    """While it is stopped it answers nothing; what it was sent it does later. Publishers retried meanwhile, under the same keys."""
    with RedisServer() as server:
        async with crowd(server.url) as people:
            async with people.chatter():
                await people.listeners[0].until(lambda one: len(one.items) > 50)
                with server.paused():
                    await eventually(lambda: all(worker.problems for worker in people.workers))
                    await eventually(lambda: not any(driver.facts.connected for driver in people.drivers))
                await eventually(lambda: not any(worker.problems for worker in people.workers))
                heard = len(people.listeners[0].items)
                await people.listeners[0].until(lambda one: len(one.items) > heard + 50)
            await people.heard_all()
            assert [listener.gaps for listener in people.listeners] == [[], []]


async def test_a_publish_whose_reply_was_lost_is_one_message():
    """Redis had stored the message; a second publish under its key answers the first position."""
    with RedisServer() as server:
        async with crowd(server.url) as people:
            await people.say(1)
            with server.paused(), pytest.raises(FacilityUnavailable):
                await people.workers[0].publish(people.channel, b"p0:1", key="p0:1")
            people.sent["p0"] = 2
            await people.listeners[1].until(lambda one: len(one.items) == 2)
            position = await publish_stubbornly(people.workers[0], people.channel, b"p0:1", "p0:1")
            await people.say(1)
            await people.heard_all()
            assert people.listeners[1].items[1].position == position


@pytest.mark.parametrize("how", ["in-order", "kill-9"])
async def test_a_failover_under_traffic_costs_no_message(how):
    """The Sentinels make a replica the master; replication was asynchronous, so it may lack the tail. Publishers bring it back."""
    with SentinelGroup() as group:
        async with crowd(group.url) as people:
            async with people.chatter():
                await people.listeners[0].until(lambda one: len(one.items) > 100)
                await asyncio.to_thread(group.failover if how == "in-order" else group.kill_master)
                await eventually(reconnects(people, 1))
                heard = len(people.listeners[1].items)
                await people.listeners[1].until(lambda one: len(one.items) > heard + 100)
            await people.heard_all()


async def test_a_replica_that_lacks_the_tail_gets_it_from_the_publishers():
    """The replica was cut off, then the master died: what only the master knew is published again, under its keys."""
    with SentinelGroup() as group:
        async with crowd(group.url) as people:
            await people.say(10)
            await people.heard_all()
            replica = next(one for one in group.servers if one is not group.master)
            replica.cli("CONFIG", "SET", "replica-priority", "1")
            with replica.paused():
                await people.say(10)
                await people.heard_all()
                group.kill_master()
            await eventually(reconnects(people, 1))
            await people.say(10)
            await people.heard_all()
            top = await people.workers[0].position(people.channel)
            assert top.offset == 30


async def test_a_hole_that_history_cannot_fill_is_a_gap():
    """More was missed than history keeps: a gap, then the messages of history, then the new ones."""
    with RedisServer() as server:
        async with crowd(server.url, history_messages=10) as people:
            await people.say(3)
            await people.heard_all()
            deaf, listener = people.workers[1], people.listeners[1]
            on_message, deaf._subscriber._on_message = deaf._subscriber._on_message, lambda *_: None
            await people.say(30)
            deaf._subscriber._on_message = on_message
            await people.say(1)
            await listener.until(lambda one: one.payloads[-1] == b"p0:33")
            assert [type(item) is Gap for item in listener.items] == [False] * 3 + [True] + [False] * 10 or len(listener.gaps) == 1
            assert listener.by_publisher()["p0"] == [0, 1, 2, *range(24, 34)]


async def test_the_last_message_of_a_channel_is_not_lost_either():
    """Pub/sub lost it and nothing follows it: comparing with the store finds it."""
    with RedisServer() as server:
        async with crowd(server.url) as people:
            await people.say(1)
            await people.heard_all()
            deaf = people.workers[1]
            on_message, deaf._subscriber._on_message = deaf._subscriber._on_message, lambda *_: None
            await people.say(1)
            await people.listeners[0].until(lambda one: len(one.items) == 2)
            deaf._subscriber._on_message = on_message
            await people.heard_all()


async def test_clients_that_resume_after_a_restart_receive_their_missed_messages():
    """A position from before the restart counts as far as Redis kept its data: no snapshot is needed."""
    with RedisServer(*ALWAYS) as server:
        async with crowd(server.url) as people:
            await people.say(5)
            since = await people.workers[0].position(people.channel)
            await people.say(5)
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
            await eventually(reconnects(people, 1))
            found = await people.workers[0].history(people.channel, since)
            assert (found.complete, [one.payload for one in found.messages]) == (True, [b"p0:%d" % n for n in range(5, 10)])
            assert found.position.epoch != since.epoch


async def test_a_full_redis_still_carries_messages():
    """At its memory's limit Redis refuses what takes memory; speech is bounded and continues."""
    with RedisServer("--maxmemory", "100mb") as server:
        async with crowd(server.url) as people:
            server.cli("CONFIG", "SET", "maxmemory", "1")
            with pytest.raises(FacilityUnavailable, match="full"):
                await people.drivers[0].call("SET", "x", "y")
            await people.say(300)
            await people.workers[0].publish("another", b"x")
            await people.heard_all()


async def test_foreign_messages_and_keys_are_logged_and_skipped(capsys):
    """A foreign message on a channel of the server and a foreign key under its prefix get a log line each, and play continues."""
    with RedisServer() as server:
        async with crowd(server.url) as people:
            server.cli("PUBLISH", f"echoes:{people.channel}", "hello?")
            server.cli("PUBLISH", f"echoes:{people.channel}", b"1:99999:2:=kforged, and of an epoch that is over")
            server.cli("SET", f"echoes:channel:{{{people.channel}}}:history", "mine")
            await people.say(3)
            await people.heard_all()
        said = capsys.readouterr()
        assert "broadcast.message_foreign" in said.out + said.err
        assert "broadcast.key_cleared" in said.out + said.err


async def test_a_channel_is_unsubscribed_once_the_last_has_left():
    """And not before. A subscriber that comes back hears what follows."""
    with RedisServer() as server:
        async with crowd(server.url, workers=1) as people:

            def listeners():
                return server.cli("PUBSUB", "NUMSUB", f"echoes:{people.channel}")[1]

            assert listeners() == 1
            line = people.workers[0]._channel_readers[people.channel]
            first = line.readers[0]
            second = await people.workers[0].subscribe(people.channel, people.listeners[0])
            await first.close()
            assert people.workers[0]._channel_readers == {people.channel: line}
            await people.workers[0].publish(people.channel, b"{}")
            assert listeners() == 1
            await second.close()
            assert people.workers[0]._channel_readers == {}
            await eventually(lambda: listeners() == 0)
            heard = []
            await people.workers[0].subscribe(people.channel, heard.append)
            await people.workers[0].publish(people.channel, b"{}")
            await eventually(lambda: len(heard) == 1)


async def test_a_subscriber_that_is_cancelled_before_redis_answers_leaves_no_subscription():
    """Redis acknowledges an unwanted subscription: the worker ends it then."""
    with RedisServer() as server:
        async with crowd(server.url, workers=1) as people:
            broadcast = people.workers[0]
            with server.paused():
                joining = asyncio.create_task(broadcast.subscribe("location:alley", lambda item: None))
                async with asyncio.timeout(10):
                    while b"echoes:location:alley" not in broadcast._subscriber._awaited:
                        await asyncio.sleep(0)
                joining.cancel()
                await asyncio.gather(joining, return_exceptions=True)
                assert broadcast._subscriber._awaited
            await eventually(lambda: not broadcast._subscriber._awaited)
            await eventually(lambda: server.cli("PUBSUB", "NUMSUB", "echoes:location:alley")[1] == 0)
            assert b"echoes:location:alley" not in broadcast._subscriber._subscribed


async def test_all_channels_are_compared_a_slice_at_a_time(monkeypatch):
    """However many there are, a hundred are asked about together: the event loop has others to serve."""
    with RedisServer() as server:
        async with crowd(server.url) as people:
            worker, under_way, most, read = people.workers[0], 0, 0, 0
            for number in range(250):
                await worker.subscribe(f"player:{number}", lambda item: None)
            ask = worker._store.read

            async def counted(*arguments):
                nonlocal under_way, most, read
                under_way, read = under_way + 1, read + 1
                most = max(most, under_way)
                try:
                    return await ask(*arguments)
                finally:
                    under_way -= 1

            monkeypatch.setattr(worker._store, "read", counted)
            await worker._check()
            assert read > 250
            assert most <= SLICE


async def test_after_a_reconnect_channels_are_subscribed_and_healed_a_slice_at_a_time(monkeypatch):
    """Few tasks heal any number of channels, and each SUBSCRIBE waits for the one before; then all channels receive."""
    channels = [f"player:{number}" for number in range(2 * CHUNK + 10)]
    with RedisServer() as server:
        async with crowd(server.url, workers=1) as people:
            worker, heard, most, unacknowledged = people.workers[0], [], 0, 0
            for channel in channels:
                await worker.subscribe(channel, heard.append)
            recover, subscribe = worker._recover, worker._subscriber._subscribe
            healed = set()

            async def counted(line):
                nonlocal most
                most = max(most, sum(task.get_name().startswith("broadcast:heal") for task in asyncio.all_tasks()))
                await recover(line)
                healed.add(line.channel)

            def subscribing(connection, some):
                nonlocal unacknowledged
                unacknowledged = max(unacknowledged, len(some) + len(worker._subscriber._awaited))
                return subscribe(connection, some)

            monkeypatch.setattr(worker, "_recover", counted)
            monkeypatch.setattr(worker._subscriber, "_subscribe", subscribing)
            worker._subscriber.drop("a test")
            await eventually(lambda: healed >= set(channels))
            assert 0 < most <= SLICE
            assert 0 < unacknowledged <= CHUNK
            await worker.publish(channels[0], b"first")
            await worker.publish(channels[-1], b"last")
            await eventually(lambda: [one.payload for one in heard] == [b"first", b"last"])
            assert not worker._healing
            assert worker._healers == 0


async def test_a_wiped_redis_gets_its_history_back_in_slices_before_newer_messages(monkeypatch):
    """For any number of recent messages: new ones wait, and come behind them."""
    with RedisServer() as server:
        async with crowd(server.url, workers=1, wait=SECONDS) as people:
            worker, under_way, most = people.workers[0], 0, 0
            for number in range(2 * SLICE + 50):
                await worker.publish("location:yard", b"%d" % number, key=str(number))
            send = people.drivers[0].send

            def counted(*arguments):
                nonlocal under_way, most
                under_way += 1
                most = max(most, under_way)
                sent = send(*arguments)

                def answered(_):
                    nonlocal under_way
                    under_way -= 1

                sent.add_done_callback(answered)
                return sent

            monkeypatch.setattr(people.drivers[0], "send", counted)
            await asyncio.to_thread(server.kill)
            await eventually(lambda: not people.drivers[0].facts.connected)
            newer = asyncio.create_task(worker.publish("location:yard", b"newer", key="newer"))
            await asyncio.to_thread(server.start)
            position = await newer
            assert position.offset == 2 * SLICE + 51
            assert 0 < most <= SLICE
