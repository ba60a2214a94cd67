"""One of a pack calls in a fight: those nearby come, are announced, and join it, once for the whole cluster."""

import msgspec
import pytest
from arena import HERE, city, eventually, hounds
from cluster import SHIPPED, cluster, someone
from echoes.channels import decode_envelope, location_channel
from echoes.storage import combats
from echoes.world import combat
from postgres import execute

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")


def _ways(place):
    return {way.to for way in SHIPPED.locations[place].exits.values()}


NEAR = min(place for place in _ways(HERE) if HERE in _ways(place))
FAR = min(place for place in _ways(NEAR) - {HERE} if HERE not in _ways(place))
PACK = {"behaviour": "pack", "low": 0, "high": 0, "hp": 400, "around": (NEAR, FAR)}


@pytest.fixture
async def url(database_url):
    return database_url


async def placed(url, *places):
    """The hounds, in this order, each in its place; the first is hurt."""
    await hounds(url, len(places))
    ids = [row["id"] for row in await execute(url, "select id from npcs order by id")]
    for id_, place in zip(ids, places, strict=True):
        await execute(url, f"update npcs set location_id = '{place}', version = version + 1 where id = {id_}")  # noqa: S608
    await execute(url, f"update npcs set hp = 100 where id = {ids[0]}")  # noqa: S608
    await execute(url, "update places set npc_version = npc_version + 1")
    return ids


async def until_it_calls(mara, most=40):
    """Defend until the call succeeds; answers the texts of `intents` before it."""
    for _ in range(most):
        said = (await mara.type("intents"))["data"]["message"]
        assert (await mara.type("defend"))["ok"]
        if "about to call others" in said:
            return said
    raise AssertionError(said)


async def happen(url, kind):
    """Let these timers happen now."""
    assert await execute(url, f"select from timers where kind = '{kind}'") != [], kind
    await execute(url, f"update timers set due_at = 0 where kind = '{kind}'")  # noqa: S608
    await eventually(lambda: execute(url, f"select 1 having not exists (select from timers where kind = '{kind}')"))  # noqa: S608


async def hear(one, place):
    heard = []
    await one.facilities.broadcast.subscribe(location_channel(place), heard.append)
    return lambda: [
        (data["action"], data["message"]) for data in (msgspec.json.decode(decode_envelope(item.payload).payload)["data"] for item in heard)
    ]


async def test_those_nearby_come_and_join_the_fight(url, tmp_path):
    """Two at most, with an event in each place; the intent is shown; the fight replays; there is no second call."""
    async with cluster(url, tmp_path, workers=2, world=city(most=5, **PACK)) as (one, _):
        caller, *near, far = await placed(url, HERE, NEAR, NEAR, NEAR, FAR)
        here, there = await hear(one, HERE), await hear(one, NEAR)
        mara = await someone(one)
        assert (await mara.type("attack hound"))["ok"]
        view = (await mara.type("look"))["data"]["location"]["fight"]
        assert [fighter["id"] for fighter in view["fighters"] if fighter["side"] == 1] == [f"npc:{caller}"]
        await until_it_calls(mara)
        assert any("The ash hound calls the others." in text for action, text in here() if action == "fight_round")
        await happen(url, "npc_call")
        places = {row["id"]: row["location_id"] for row in await execute(url, "select id, location_id from npcs")}
        assert places == {caller: HERE, near[0]: HERE, near[1]: HERE, near[2]: NEAR, far: FAR}
        await happen(url, "ambush")
        (row,) = await execute(url, "select id from combats where not over")
        fight = (await combats.load(one.database, row["id"])).fight
        assert {enemy.id for enemy in fight.side(combat.ENEMIES)} == {f"npc:{id_}" for id_ in (caller, near[0], near[1])}
        arrived, left = (
            [text for action, text in here() if action == "npc_arrived"],
            [text for action, text in there() if action == "npc_left"],
        )
        assert len(arrived) == len(left) == 2
        assert all("An ash hound pads in from" in text for text in arrived)
        assert [text for action, text in here() if action == "fight_joined" and text] == ["An ash hound and an ash hound join the fight."]
        for _ in range(12):
            assert (await mara.type("defend"))["ok"]
        fight = (await combats.load(one.database, row["id"])).fight
        assert len(combat.replay(fight)) == len(fight.history)
        assert sum(choice.action == "call" for record in fight.history for choice in record.choices.values()) == 1
        assert await execute(url, "select from timers where kind = 'npc_call'") == []


async def test_one_in_another_fight_does_not_come(url, tmp_path):
    """And when none is left to come, a line says so, once."""
    async with cluster(url, tmp_path, workers=2, world=city(most=3, **PACK)) as (one, _):
        _, busy, far = await placed(url, HERE, NEAR, FAR)
        mara, tomas = await someone(one), await someone(one, "Tomas")
        await execute(url, f"update characters set location_id = '{NEAR}', version = version + 1 where id = {tomas.id}")  # noqa: S608
        one.service.forget(tomas.id)
        assert (await tomas.type("attack hound"))["ok"]
        here = await hear(one, HERE)
        assert (await mara.type("attack hound"))["ok"]
        await until_it_calls(mara)
        before = await execute(url, "select id, version, location_id from npcs order by id")
        await happen(url, "npc_call")
        assert await execute(url, "select id, version, location_id from npcs order by id") == before
        assert {row["id"]: row["location_id"] for row in before}[busy] == NEAR
        assert {row["id"]: row["location_id"] for row in before}[far] == FAR
        await eventually(lambda: said(here, "Nothing answers the call."))
        assert [text for _, text in here() if "answers" in text] == ["Nothing answers the call."]


async def said(heard, line):
    return [text for _, text in heard() if text == line]


async def test_a_finished_fight_gets_no_help(url, tmp_path):
    """The timer ends, and those nearby stay."""
    async with cluster(url, tmp_path, world=city(most=2, **PACK)) as (one,):
        _, near = await placed(url, HERE, NEAR)
        mara = await someone(one)
        assert (await mara.type("attack hound"))["ok"]
        await until_it_calls(mara)
        await execute(url, "update combats set over = true, version = version + 1")
        await happen(url, "npc_call")
        (row,) = await execute(url, f"select location_id from npcs where id = {near}")  # noqa: S608
        assert row["location_id"] == NEAR
        assert await execute(url, "select from timers where kind = 'ambush'") == []
