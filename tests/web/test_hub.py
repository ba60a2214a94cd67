"""Who sits where: a seat follows its character, also when the event that told of a move is lost."""

import asyncio

import msgspec
import pytest
from cluster import cluster, someone
from echoes.facilities import Gap
from echoes.storage import migrations
from echoes.web.hub import Seat
from postgres import execute


class Outlet:
    """What a client is sent."""

    def __init__(self):
        self.sent = []

    def send(self, frame):
        self.sent.append(msgspec.json.decode(frame))

    def close(self):
        pass


@pytest.fixture
async def city(database_url, tmp_path):
    await migrations.up(database_url)
    async with cluster(database_url, tmp_path) as (city,):
        yield city


async def seated(city, mara):
    """A seat for her, and what it is sent."""
    outlet = Outlet()
    seat = Seat(city.hub, mara.id, mara.actor.epoch, "c", outlet, lambda code, reason: None)
    city.hub.take_seat(seat)
    row = await city.database.row("test", "select location_id, version from characters where id = $1", mara.id)
    await city.hub.follow(seat, row["location_id"], row["version"], {})
    await seat.release()
    return seat, outlet


async def settled(seat):
    while seat.held is not None:
        await asyncio.sleep(0)


async def said(city, outlet, location, text):
    """Whether it hears what is said somewhere."""
    outlet.sent.clear()
    payload = msgspec.json.encode(
        {"type": "location_update", "location_id": location, "payload": {"type": "chat", "data": {"text": text}, "timestamp": "t"}}
    )
    await city.facilities.broadcast.publish(f"location:{location}", payload, key=text)
    await asyncio.sleep(0)
    return [one["data"]["text"] for one in outlet.sent if one["type"] == "chat"] == [text]


async def test_after_a_gap_it_sits_where_its_character_is(city, database_url):
    """The move was told to nobody: the snapshot shows the new place, and from then on that is where it listens."""
    mara = await someone(city)
    seat, outlet = await seated(city, mara)
    assert await said(city, outlet, "kiln_yard", "one")
    await execute(database_url, "update characters set location_id = 'market_square', version = version + 1")
    seat.receive_gap(Gap(f"player:{mara.id}", await city.facilities.broadcast.position(f"player:{mara.id}")))
    await settled(seat)
    (snapshot,) = [one for one in outlet.sent if one["type"] == "snapshot"]
    assert snapshot["snapshot"]["location"]["id"] == "market_square"
    assert set(snapshot["positions"]) == {f"player:{mara.id}", "location:market_square"}
    assert not await said(city, outlet, "kiln_yard", "two")
    assert await said(city, outlet, "market_square", "three")


async def test_what_is_told_while_it_sits_down_elsewhere_comes_behind_the_snapshot(city, database_url, monkeypatch):
    """From the very position on that the snapshot names."""
    mara = await someone(city)
    seat, outlet = await seated(city, mara)
    await execute(database_url, "update characters set location_id = 'market_square', version = version + 1")
    broadcast = city.facilities.broadcast
    gap = Gap("location:kiln_yard", await broadcast.position("location:kiln_yard"))
    ask, asked = broadcast.position, []

    async def position(channel):
        found = await ask(channel)
        if channel == "location:market_square" and not asked:
            asked.append(found)
            await said(city, outlet, "market_square", "one")
        return found

    monkeypatch.setattr(broadcast, "position", position)
    seat.receive_gap(gap)
    await settled(seat)
    snapshot, chat = outlet.sent
    assert snapshot["positions"]["location:market_square"]["offset"] == asked[0].offset == chat["offset"] - 1
    assert chat["data"]["text"] == "one"


async def test_what_waits_of_a_place_that_it_has_left_is_not_told(city, database_url):
    """It was told there behind a gap: without the snapshot of that place, which no longer comes, it would lie behind a hole."""
    mara = await someone(city)
    seat, outlet = await seated(city, mara)
    await execute(database_url, "update characters set location_id = 'market_square', version = version + 1")
    seat.receive_gap(Gap("location:kiln_yard", await city.facilities.broadcast.position("location:kiln_yard")))
    await said(city, outlet, "kiln_yard", "one")
    assert any(b"one" in item for item in seat.held if isinstance(item, bytes))
    await settled(seat)
    assert [one["type"] for one in outlet.sent] == ["snapshot"]
    assert await said(city, outlet, "market_square", "two")


async def test_a_move_that_a_snapshot_has_told_is_not_told_again(city, database_url):
    """Away and back: when the event comes after all, nothing of the place is heard a second time."""
    mara = await someone(city)
    seat, outlet = await seated(city, mara)
    broadcast, own = city.facilities.broadcast, f"player:{mara.id}"
    before = await broadcast.position("location:kiln_yard")
    await execute(database_url, "update characters set version = version + 2")
    assert await said(city, outlet, "kiln_yard", "one")
    seat.receive_gap(Gap(own, await broadcast.position(own)))
    await settled(seat)
    outlet.sent.clear()
    version = (await city.database.row("test", "select version from characters where id = $1", mara.id))["version"]
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
    assert [one for one in outlet.sent if one["type"] == "chat"] == []
    assert await said(city, outlet, "kiln_yard", "two")


async def test_a_gap_in_its_place_leaves_it_there(city):
    """Nothing has moved: it goes on from the position of the gap."""
    mara = await someone(city)
    seat, outlet = await seated(city, mara)
    at = await city.facilities.broadcast.position("location:kiln_yard")
    seat.receive_gap(Gap("location:kiln_yard", at))
    await settled(seat)
    (snapshot,) = [one for one in outlet.sent if one["type"] == "snapshot"]
    assert snapshot["positions"] == {"location:kiln_yard": {"epoch": at.epoch, "offset": at.offset}}
    assert await said(city, outlet, "kiln_yard", "one")
