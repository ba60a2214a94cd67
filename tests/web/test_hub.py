"""A seat follows its character, also when the event of a move is lost."""

import asyncio
from types import SimpleNamespace

import msgspec
import pytest
from cluster import cluster, someone
from echoes.errors import FacilityUnavailable
from echoes.facilities import Gap, History, Position
from echoes.game.heard import MOST
from echoes.game.kinds import CHARACTER
from echoes.storage.commits import Superseded
from echoes.web.hub import AT_ONCE
from echoes.web.seat import Seat
from echoes.web.socket import Refusal
from echoes.wire import Close, Hello
from postgres import execute
from prometheus_client import REGISTRY


class ClientWriter:
    """A client's writer that keeps the frames that the client is sent."""

    def __init__(self):
        self.sent = []

    def send(self, frame):
        self.sent.append(msgspec.json.decode(frame))

    def close(self):
        pass


@pytest.fixture
async def context(database_url, tmp_path):
    async with cluster(database_url, tmp_path) as (context,):
        yield context


async def seated(context, mara):
    """A seat for Mara, and what it is sent."""
    writer = ClientWriter()
    seat = Seat(context.hub, mara.id, mara.actor.epoch, "c", writer, lambda code, reason: None)
    context.hub.take_seat(seat)
    row = await context.database.row("test", "select location_id, version from characters where id = $1", mara.id)
    await context.hub.follow(seat, row["location_id"], row["version"], {})
    await seat.release()
    return seat, writer


async def settled(seat):
    while seat.held is not None:
        await asyncio.sleep(0)


async def said(context, writer, location, text):
    """Whether it hears what is said somewhere."""
    writer.sent.clear()
    payload = msgspec.json.encode(
        {"type": "location_update", "location_id": location, "payload": {"type": "chat", "data": {"text": text}, "timestamp": "t"}}
    )
    await context.facilities.broadcast.publish(f"location:{location}", payload, key=text)
    await asyncio.sleep(0)
    return [one["data"]["text"] for one in writer.sent if one["type"] == "chat"] == [text]


async def test_after_a_gap_it_sits_where_its_character_is(context, database_url):
    """The event of the move is lost: the snapshot shows the new location, and the client listens there from then on."""
    mara = await someone(context)
    seat, writer = await seated(context, mara)
    assert await said(context, writer, "kiln_yard", "one")
    await execute(database_url, "update characters set location_id = 'market_square', version = version + 1")
    seat.receive_gap(Gap(f"player:{mara.id}", await context.facilities.broadcast.position(f"player:{mara.id}")))
    await settled(seat)
    (snapshot,) = [one for one in writer.sent if one["type"] == "snapshot"]
    assert snapshot["snapshot"]["location"]["id"] == "market_square"
    assert set(snapshot["positions"]) == {f"player:{mara.id}", "location:market_square"}
    assert not await said(context, writer, "kiln_yard", "two")
    assert await said(context, writer, "market_square", "three")


async def test_an_event_during_a_move_comes_behind_the_snapshot(context, database_url, monkeypatch):
    """From the position that the snapshot names."""
    mara = await someone(context)
    seat, writer = await seated(context, mara)
    await execute(database_url, "update characters set location_id = 'market_square', version = version + 1")
    broadcast = context.facilities.broadcast
    gap = Gap("location:kiln_yard", await broadcast.position("location:kiln_yard"))
    ask, asked = broadcast.position, []

    async def position(channel):
        found = await ask(channel)
        if channel == "location:market_square" and not asked:
            asked.append(found)
            await said(context, writer, "market_square", "one")
        return found

    monkeypatch.setattr(broadcast, "position", position)
    seat.receive_gap(gap)
    await settled(seat)
    snapshot, chat = writer.sent
    assert snapshot["positions"]["location:market_square"]["offset"] == asked[0].offset == chat["offset"] - 1
    assert chat["data"]["text"] == "one"


async def test_waiting_events_of_a_left_location_are_not_delivered(context, database_url):
    """They lie behind a gap: without that location's snapshot, which no longer comes, the client would miss events before them."""
    mara = await someone(context)
    seat, writer = await seated(context, mara)
    await execute(database_url, "update characters set location_id = 'market_square', version = version + 1")
    seat.receive_gap(Gap("location:kiln_yard", await context.facilities.broadcast.position("location:kiln_yard")))
    await said(context, writer, "kiln_yard", "one")
    assert any(b"one" in item for item in seat.held if isinstance(item, bytes))
    await settled(seat)
    assert [one["type"] for one in writer.sent] == ["snapshot"]
    assert await said(context, writer, "market_square", "two")


async def test_a_move_that_a_snapshot_contains_is_not_delivered_again(context, database_url):
    """The player goes away and returns: when the event comes at last, no event of the location comes a second time."""
    mara = await someone(context)
    seat, writer = await seated(context, mara)
    broadcast, own = context.facilities.broadcast, f"player:{mara.id}"
    before = await broadcast.position("location:kiln_yard")
    await execute(database_url, "update characters set version = version + 2")
    assert await said(context, writer, "kiln_yard", "one")
    seat.receive_gap(Gap(own, await broadcast.position(own)))
    await settled(seat)
    writer.sent.clear()
    version = (await context.database.row("test", "select version from characters where id = $1", mara.id))["version"]
    data = {
        "action": "moved",
        "message": "",
        "version": version,
        "location_id": "kiln_yard",
        "position": {"epoch": before.epoch, "offset": before.offset},
    }
    payload = {"type": "personal_message", "player_id": mara.id, "payload": {"type": "state_update", "data": data, "timestamp": "t"}}
    await broadcast.publish(own, msgspec.json.encode(payload), key="moved")
    await asyncio.sleep(0)
    await settled(seat)
    assert [one for one in writer.sent if one["type"] == "chat"] == []
    assert await said(context, writer, "kiln_yard", "two")


def moved(mara, version, location, at):
    """The event that tells a client that its character has moved."""
    data = {
        "action": "moved",
        "message": "",
        "version": version,
        "location_id": location,
        "position": {"epoch": at.epoch, "offset": at.offset},
    }
    return msgspec.json.encode(
        {"type": "personal_message", "player_id": mara.id, "payload": {"type": "state_update", "data": data, "timestamp": "t"}}
    )


async def test_a_move_that_is_delivered_twice_moves_once(context, database_url):
    """Also when the second copy comes during the handling of the first; a known move is passed on as any event."""
    mara = await someone(context)
    seat, writer = await seated(context, mara)
    broadcast, own = context.facilities.broadcast, f"player:{mara.id}"
    at = await broadcast.position("location:market_square")
    await execute(database_url, "update characters set location_id = 'market_square', version = version + 1")
    await context.caching.drop(CHARACTER, str(mara.id))
    version = (await context.database.row("test", "select version from characters where id = $1", mara.id))["version"]
    writer.sent.clear()
    for key in ("first", "second"):
        await broadcast.publish(own, moved(mara, version, "market_square", at), key=key)
    await asyncio.sleep(0)
    await settled(seat)
    assert ["location" in one["data"] for one in writer.sent] == [True]
    writer.sent.clear()
    await broadcast.publish(own, moved(mara, version, "kiln_yard", at), key="third")
    await asyncio.sleep(0)
    await settled(seat)
    assert [(one["data"]["action"], "location" in one["data"]) for one in writer.sent] == [("moved", False)]
    assert await said(context, writer, "market_square", "hello")


async def test_a_move_that_a_snapshot_contains_is_passed_on_as_any_event(context, database_url):
    """The snapshot comes between the event and its handling: a client that follows the channel gets the event once."""
    mara = await someone(context)
    seat, writer = await seated(context, mara)
    broadcast, own = context.facilities.broadcast, f"player:{mara.id}"
    at = await broadcast.position("location:market_square")
    await execute(database_url, "update characters set location_id = 'market_square', version = version + 1")
    await context.caching.drop(CHARACTER, str(mara.id))
    version = (await context.database.row("test", "select version from characters where id = $1", mara.id))["version"]
    writer.sent.clear()
    seat.receive_gap(Gap(own, await broadcast.position(own)))
    for key in ("first", "second"):
        await broadcast.publish(own, moved(mara, version, "market_square", at), key=key)
    await asyncio.sleep(0)
    await settled(seat)
    assert [one["type"] for one in writer.sent] == ["snapshot", "state_update"]
    assert "location" not in writer.sent[1]["data"]
    assert await said(context, writer, "market_square", "hello")


@pytest.mark.parametrize("waits", [False, True], ids=["heard-before", "held-back"])
async def test_an_event_before_a_way_out_and_back_comes_once(context, database_url, waits):
    """The events of two moves come late: it hears the location that it has left, and comes back from a position before that.

    An event that was held back for the first move is not lost either.
    """
    mara = await someone(context)
    seat, writer = await seated(context, mara)
    broadcast, own = context.facilities.broadcast, f"player:{mara.id}"
    there, here = await broadcast.position("location:market_square"), await broadcast.position("location:kiln_yard")
    await execute(database_url, "update characters set version = version + 2")
    await context.caching.drop(CHARACTER, str(mara.id))
    version = (await context.database.row("test", "select version from characters where id = $1", mara.id))["version"]
    assert await said(context, writer, "kiln_yard", "one")
    await broadcast.publish(own, moved(mara, version - 1, "market_square", there), key="out")
    if waits:
        assert not await said(context, writer, "kiln_yard", "two")  # while the first move is under way
    await broadcast.publish(own, moved(mara, version, "kiln_yard", here), key="back")
    await asyncio.sleep(0)
    await settled(seat)
    assert [one["data"]["text"] for one in writer.sent if one["type"] == "chat"] == (["two"] if waits else ["one"])
    (out, back) = [one["data"] for one in writer.sent if one["type"] == "state_update"]
    assert set(out["positions"]) == {"location:market_square"}
    assert back["positions"]["location:kiln_yard"]["offset"] == here.offset + 1
    assert await said(context, writer, "kiln_yard", "three")


async def test_a_client_that_comes_back_in_an_outage_gets_nothing_twice(context, monkeypatch):
    """The store delivers late what the client says that it has, and then what is new."""
    mara = await someone(context)
    here = await context.facilities.broadcast.position("location:kiln_yard")

    async def local(channel, since=None):
        return History((), Position("~here", 3), complete=False)

    monkeypatch.setattr(context.hub._broadcast, "history", local)
    writer = ClientWriter()
    seat = Seat(context.hub, mara.id, mara.actor.epoch, "c", writer, lambda code, reason: None)
    context.hub.take_seat(seat)
    has = {"location:kiln_yard": Position(here.epoch, here.offset + 1), "game:broadcast": Position("\n", 0)}
    await context.hub.follow(seat, "kiln_yard", 1, has, {"location:kiln_yard": here})
    await seat.release()
    assert not await said(context, writer, "kiln_yard", "known")
    assert await said(context, writer, "kiln_yard", "new")


async def test_missed_events_are_delivered_in_order_of_time(context):
    """Of all channels together."""
    mara = await someone(context)
    broadcast = context.facilities.broadcast
    channels = ("location:kiln_yard", "game:broadcast", f"player:{mara.id}")
    resume = {channel: await broadcast.position(channel) for channel in channels}
    for second, channel in enumerate((channels[0], channels[1], channels[0], channels[2], channels[1])):
        payload = {"type": "x", "data": {}, "timestamp": f"2026-01-01T00:00:0{second}Z"}
        await broadcast.publish(channel, msgspec.json.encode({"type": "location_update", "payload": payload}), key=str(second))
    seat = Seat(context.hub, mara.id, mara.actor.epoch, "c", ClientWriter(), lambda code, reason: None)
    context.hub.take_seat(seat)
    followed = await context.hub.follow(seat, "kiln_yard", 1, resume, resume)
    assert followed.recovered
    told = [msgspec.json.decode(event) for event in followed.missed]
    assert [(one["channel"], one["timestamp"][-3:-1]) for one in told] == [
        (channels[0], "00"), (channels[1], "01"), (channels[0], "02"), (channels[2], "03"), (channels[1], "04"),
    ]  # fmt: skip


async def test_a_step_that_fails_ends_the_connection(context, monkeypatch):
    """Events may be missing: the client reconnects and gets everything again."""
    mara = await someone(context)
    ended = []
    seat = Seat(context.hub, mara.id, mara.actor.epoch, "c", ClientWriter(), lambda code, reason: ended.append(code))
    context.hub.take_seat(seat)
    await context.hub.follow(seat, "kiln_yard", 1, {})
    await seat.release()

    async def fails():
        raise FacilityUnavailable("away")

    seat.then(fails)
    async with asyncio.timeout(5):
        while not ended:
            await asyncio.sleep(0)
    assert ended == [Close.POSITION_LOST]


async def test_a_gap_in_its_place_leaves_it_there(context):
    """Nothing has moved: it continues from the position of the gap."""
    mara = await someone(context)
    seat, writer = await seated(context, mara)
    at = await context.facilities.broadcast.position("location:kiln_yard")
    seat.receive_gap(Gap("location:kiln_yard", at))
    await settled(seat)
    (snapshot,) = [one for one in writer.sent if one["type"] == "snapshot"]
    assert snapshot["positions"] == {"location:kiln_yard": {"epoch": at.epoch, "offset": at.offset}}
    assert await said(context, writer, "kiln_yard", "one")


@pytest.mark.parametrize("at", ["game:broadcast", "player:", "location:"])
async def test_a_takeover_while_a_seat_is_being_taken_leaves_no_listener(context, monkeypatch, at):
    """On any channel that it is about to listen to."""
    mara = await someone(context)
    ended = []
    seat = Seat(context.hub, mara.id, mara.actor.epoch, "c", ClientWriter(), lambda code, reason: ended.append(code))
    context.hub.take_seat(seat)
    ask = context.facilities.broadcast.position

    async def position(channel):
        if channel.startswith(at):
            context.hub.take_seat(Seat(context.hub, mara.id, mara.actor.epoch + 1, "d", ClientWriter(), lambda code, reason: None))
        return await ask(channel)

    monkeypatch.setattr(context.facilities.broadcast, "position", position)
    assert await context.hub.follow(seat, "kiln_yard", 1, {}) is None
    assert ended == [4501]
    assert not any(feed.listeners for feed in context.hub.feeds)


async def test_a_channel_that_cannot_be_listened_to_leaves_no_feed(context, monkeypatch):
    """It is let go like any feed without a listener."""
    mara = await someone(context)
    seat = Seat(context.hub, mara.id, mara.actor.epoch, "c", ClientWriter(), lambda code, reason: None)
    context.hub.take_seat(seat)

    async def away(channel):
        raise FacilityUnavailable("away")

    monkeypatch.setattr("echoes.web.hub.LINGER", 0)
    monkeypatch.setattr(context.facilities.broadcast, "position", away)
    with pytest.raises(FacilityUnavailable):
        await context.hub.follow(seat, "kiln_yard", 1, {})
    while list(context.hub.feeds):
        await asyncio.sleep(0)


async def test_an_older_session_does_not_take_the_seat_of_a_newer_one(context):
    """In either order of their arrival."""
    mara = await someone(context)
    newer, _ = await seated(context, mara)
    with pytest.raises(Superseded):
        context.hub.take_seat(Seat(context.hub, mara.id, mara.actor.epoch - 1, "c", ClientWriter(), lambda code, reason: None))
    assert context.hub.seats[mara.id] is newer
    assert not newer.left


async def test_a_failure_of_a_former_seat_does_not_end_its_successor(context):
    """Its own connection is over already."""
    mara = await someone(context)
    ended = []
    former = Seat(context.hub, mara.id, mara.actor.epoch, "c", ClientWriter(), lambda code, reason: ended.append(("former", code)))
    context.hub.take_seat(former)
    await former.release()
    go = asyncio.Event()

    async def fails():
        await go.wait()
        raise FacilityUnavailable("away")

    former.then(fails)
    context.hub.take_seat(
        Seat(context.hub, mara.id, mara.actor.epoch + 1, "d", ClientWriter(), lambda code, reason: ended.append(("later", code)))
    )
    go.set()
    while context.hub._tasks:
        await asyncio.sleep(0)
    assert ended == [("former", 4501)]


async def test_a_session_that_was_taken_over_before_it_listened_finds_the_newer_epoch(context):
    """The event was published before the subscription: the row has the same epoch."""
    mara = await someone(context)
    epoch = mara.actor.epoch
    await mara.enter()
    with pytest.raises(Superseded):
        await context.snapshots.of(mara.id, epoch=epoch)
    await context.snapshots.of(mara.id, epoch=mara.actor.epoch)


async def test_a_claim_while_the_worker_starts_to_drain_is_sent_to_another_worker(context, monkeypatch):
    """Clients on seats get the time to reconnect; this client would have missed it."""
    mara = await someone(context)
    enter = context.reception._presence.enter

    async def entering(*arguments, **named):
        context.reception.draining = True
        return await enter(*arguments, **named)

    monkeypatch.setattr(context.reception._presence, "enter", entering)
    connection = SimpleNamespace(end=lambda code, reason: None, unsent=0, may_write=True, on_drained=None)
    claims = SimpleNamespace(subject=mara.id, expires=0)
    with pytest.raises(Refusal) as refusal:
        await context.reception._play(None, connection, Hello("", "client"), claims, [])
    assert refusal.value.code == Close.RESTARTING
    assert not context.hub.seats
    assert not (await context.facilities.sessions.read(mara.id)).websocket_connected


async def test_a_client_that_missed_too_much_gets_a_snapshot(context):
    """Else the server would close it as a slow reader during the replay, again after each reconnect."""
    mara = await someone(context)
    broadcast, here = context.facilities.broadcast, "location:kiln_yard"
    channels = ("game:broadcast", f"player:{mara.id}", here)
    resume = {channel: await broadcast.position(channel) for channel in channels}
    for number in range(100):
        await said(context, ClientWriter(), "kiln_yard", f"{number} {'x' * 5000}")
    writer = ClientWriter()
    seat = Seat(context.hub, mara.id, mara.actor.epoch, "c", writer, lambda code, reason: None)
    context.hub.take_seat(seat)
    followed = await context.hub.follow(seat, "kiln_yard", 1, resume, resume)
    assert (followed.recovered, followed.missed) == (False, [])
    assert followed.positions[here] == await broadcast.position(here)
    await seat.release()
    assert writer.sent == []
    assert await said(context, writer, "kiln_yard", "heard")


async def test_the_events_that_wait_for_a_seat_are_bounded(context, monkeypatch):
    """A step takes long: the client reconnects and gets everything again."""
    monkeypatch.setattr("echoes.web.seat.HELD_BYTES", 10_000)
    mara = await someone(context)
    ended = []
    seat = Seat(context.hub, mara.id, mara.actor.epoch, "c", ClientWriter(), lambda code, reason: ended.append(code))
    context.hub.take_seat(seat)
    assert await context.hub.follow(seat, "kiln_yard", 1, {}) is not None
    for number in range(30):
        await said(context, ClientWriter(), "kiln_yard", f"{number} {'x' * 1000}")
    assert ended == [Close.POSITION_LOST]
    assert sum(map(len, seat.held)) < 12_000
    await seat.release()
    assert seat.writer.sent == []


async def test_a_gap_that_all_meet_is_made_up_for_a_few_at_a_time(context, monkeypatch):
    """A hundred players of one worker get their snapshots, never more than `AT_ONCE` of which are under way."""
    under_way = most = made = 0

    async def snapshot(seat, reason, gaps):
        nonlocal under_way, most, made
        under_way, made = under_way + 1, made + 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1

    monkeypatch.setattr(context.hub, "send_snapshot", snapshot)
    seats = [Seat(context.hub, number, 1, "c", ClientWriter(), lambda code, reason: None) for number in range(100)]
    for seat in seats:
        seat.held = None
        seat.receive_gap(Gap("global", await context.facilities.broadcast.position("global")))
    for seat in seats:
        await settled(seat)
    assert made == 100
    assert 0 < most <= AT_ONCE


async def test_a_death_in_the_refuge_repeats_no_event(context, database_url):
    """The character wakes where it is. Its seat stays there, so events since the noted position do not come again."""
    mara = await someone(context)
    seat, writer = await seated(context, mara)
    broadcast, own = context.facilities.broadcast, f"player:{mara.id}"
    at = await broadcast.position("location:kiln_yard")
    assert await said(context, writer, "kiln_yard", "one")
    await execute(database_url, "update characters set version = version + 1")
    await context.caching.drop(CHARACTER, str(mara.id))
    version = (await context.database.row("test", "select version from characters where id = $1", mara.id))["version"]
    writer.sent.clear()
    await broadcast.publish(own, moved(mara, version, "kiln_yard", at), key="first")
    await asyncio.sleep(0)
    await settled(seat)
    (woke,) = writer.sent
    assert woke["data"]["location"]["id"] == "kiln_yard"
    assert woke["data"].get("positions", {}) == {}
    assert await said(context, writer, "kiln_yard", "two")
    await broadcast.publish(own, moved(mara, version, "kiln_yard", at), key="second")
    await asyncio.sleep(0)
    await settled(seat)
    assert [(one["type"], "location" in one["data"]) for one in writer.sent] == [("chat", False), ("state_update", False)]


def crashes(place):
    """Work of a place that a bug ended, so far."""
    return REGISTRY.get_sample_value("echoes_crashes_total", {"place": place})


async def test_a_crash_of_a_connection_is_counted_and_ends_it(context, monkeypatch):
    """Its client is sent away with a code after which it comes back."""

    async def crash(socket):
        raise ZeroDivisionError

    before, ends = crashes("connection"), []
    monkeypatch.setattr(context.reception, "_hello", crash)
    await context.reception._receive(None, SimpleNamespace(end=lambda code, reason: ends.append((code, reason))))
    assert ends == [(Close.POSITION_LOST, "internal")]
    assert crashes("connection") == before + 1


async def test_a_crash_of_a_step_is_counted_and_repaired(context):
    """The step's caller says how."""
    failed, before = asyncio.Event(), crashes("step")

    async def crash():
        raise ZeroDivisionError

    context.hub.spawn(crash(), "test", failed.set)
    await asyncio.wait_for(failed.wait(), 10)
    assert crashes("step") == before + 1


async def test_a_crash_while_content_comes_into_force_is_counted(context, monkeypatch):
    """The worker tries again."""
    tried, before, renew = asyncio.Event(), crashes("content"), context.contents.renew

    async def crash():
        monkeypatch.setattr(context.contents, "renew", renew)
        tried.set()
        raise ZeroDivisionError

    monkeypatch.setattr(context.contents, "renew", crash)
    context.contents.wake()
    await asyncio.wait_for(tried.wait(), 10)
    async with asyncio.timeout(10):
        while crashes("content") == before:
            await asyncio.sleep(0)
    assert crashes("content") == before + 1


async def test_a_seat_keeps_the_last_lines_that_it_was_sent(context):
    """Twenty, live and missed ones, and nothing that is no speech."""
    mara, tomas = await someone(context), await someone(context, "Tomas")
    seat, _ = await seated(context, mara)
    tomas.actor.spend = lambda _: True
    for number in range(MOST + 2):
        assert (await tomas.type(f"say {number}"))["ok"]
    await tomas.type("drop 1 bread")
    texts = [msgspec.json.decode(event)["data"]["text"] for event in seat.heard]
    assert texts == [str(number) for number in range(2, MOST + 2)]
    seat.send_missed(
        [b'{"channel":"c","offset":1,"epoch":"e","type":"chat","data":{"text":"late"},"timestamp":"t"}', b'{"type":"x","data":{}}']
    )
    assert msgspec.json.decode(seat.heard[-1])["data"]["text"] == "late"
