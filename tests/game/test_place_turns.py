"""In a crowd, commands that change one place take turns on each worker: they cost what they cost alone, nearly, and none is given up."""

import asyncio

import pytest
from cluster import cluster, someone
from echoes.game import place_turns
from echoes.game.place_turns import PlaceTurns

CROWD, EACH = 30, 4


@pytest.fixture
async def context(database_url, tmp_path):
    async with cluster(database_url, tmp_path) as (one,):
        yield one


async def test_a_crowd_that_handles_one_pile_is_not_in_its_own_way(context):
    """No command ends as a conflict, and PostgreSQL is asked for each command about as often as for one who is alone."""
    people = [await someone(context, f"Name{chr(97 + number // 26)}{chr(97 + number % 26)}") for number in range(CROWD)]
    context.database.queries.clear()

    async def handle(one):
        return [await one.type("drop 1 bread" if number % 2 == 0 else "get 1 bread") for number in range(EACH)]

    replies = [reply for some in await asyncio.gather(*map(handle, people)) for reply in some]
    assert [reply for reply in replies if not reply["ok"]] == []
    assert context.database.queries["commit"] <= 2 * len(replies)
    assert context.service._place_turns._places == {}


async def test_a_command_that_changes_nothing_shared_waits_for_no_turn(context, monkeypatch):
    """One command has the turn: others look, speak and equip meanwhile, and only a drop waits."""
    monkeypatch.setattr(place_turns, "PATIENCE", 60.0)
    mara = await someone(context)
    await mara.type("look")
    async with context.service._place_turns.turn("kiln_yard"):
        for line in ("look", "say hello", "equip coat", "inventory"):
            assert (await mara.type(line))["ok"], line
        drop = asyncio.create_task(mara.type("drop 1 bread"))
        while len(context.service._place_turns._places["kiln_yard"][1]) < 2:
            assert not drop.done()
            await asyncio.sleep(0)
        assert not drop.done()
    assert (await drop)["ok"]


async def test_a_turn_that_does_not_end_holds_no_other_up_for_ever(monkeypatch):
    """Those behind it go on without a turn, and the turns are in order again afterwards."""
    monkeypatch.setattr(place_turns, "PATIENCE", 0.01)
    turns = PlaceTurns()
    async with turns.turn("a"):
        async with turns.turn("a"):
            assert turns.are_taken("a")
        assert turns.are_taken("a")
        assert not turns.are_taken("b")
    assert not turns.are_taken("a")


async def test_a_cancelled_command_gives_its_turn_back():
    """While it waits, and while it has the turn."""
    turns = PlaceTurns()

    async def stay():
        async with turns.turn("a"):
            await asyncio.Event().wait()

    has, waits = (asyncio.create_task(stay()) for _ in range(2))
    await asyncio.sleep(0)
    waits.cancel()
    has.cancel()
    await asyncio.gather(has, waits, return_exceptions=True)
    assert not turns.are_taken("a")
