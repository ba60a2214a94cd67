"""Health that returns by itself: a number and its moment, never a timer. It stands still in a fight."""

import msgspec
import pytest
from arena import HERE, city, eventually, hounds
from cluster import QUIET, SHIPPED, cluster, someone
from echoes.world import content
from postgres import execute

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
BODY = SHIPPED.start.body
BARE = content.stamped(msgspec.structs.replace(QUIET, effects={}))
"""The quiet city without effects: nothing changes how fast health returns."""


@pytest.fixture
async def url(database_url):
    return database_url


async def wound(one, url, mara, hp, ago=0.0):
    """Set hit points as they were `ago` seconds before now; nothing of it stays cached."""
    await execute(
        url,
        f"update characters set hp = {hp}, hp_at = extract(epoch from clock_timestamp()) - {ago}, version = version + 1 where id = {mara.id}",  # noqa: S608
    )
    one.service.forget(mara.id)


async def health(mara):
    """The health that a snapshot shows, with the pace."""
    you = (await mara.context.snapshots.of(mara.id)).you
    return you.hp, you.hp_per_minute


async def test_health_returns_without_a_timer(url, tmp_path):
    """By the minutes that have passed, faster at rest; what is shown is what the row becomes with the next change."""
    async with cluster(url, tmp_path, world=BARE) as (one,):
        mara = await someone(one)
        await wound(one, url, mara, 10, ago=5 * 60 + 1)
        assert await health(mara) == (10 + 5 * BODY.hp_per_minute, BODY.hp_per_minute)
        assert (await mara.type("rest"))["data"]["you"]["hp"] == 10 + 5 * BODY.hp_per_minute
        (row,) = await execute(url, "select hp, hp_at > extract(epoch from clock_timestamp()) - 10 as settled from characters")
        assert (row["hp"], row["settled"]) == (10 + 5 * BODY.hp_per_minute, True)
        await wound(one, url, mara, 10, ago=61)
        assert await health(mara) == (10 + BODY.hp_per_minute * BODY.rest_multiplier, BODY.hp_per_minute * BODY.rest_multiplier)
        await wound(one, url, mara, 10, ago=99_999)
        assert (await health(mara))[0] == BODY.hp
        assert "Health 50 of 50." in (await mara.type("score"))["data"]["message"]
        assert await execute(url, "select from timers where subject like 'character:%'") == []


async def test_a_change_by_another_hand_counts_from_now(url, tmp_path):
    """An older release or an operator that writes hit points does not say when: a trigger does."""
    async with cluster(url, tmp_path, world=BARE) as (one,):
        mara = await someone(one)
        await execute(url, "update characters set hp = 7, version = version + 1")
        one.service.forget(mara.id)
        assert (await health(mara))[0] == 7


async def test_a_fight_stops_it(url, tmp_path):
    """From the first round to the last: what the fighter has is what the row had when it began, and it grows from the end on."""
    async with cluster(url, tmp_path, world=city(hp=3, low=0, high=0)) as (one,):
        await hounds(url, 1)
        mara = await someone(one)
        await wound(one, url, mara, 30, ago=61)
        began = await mara.type("attack")
        assert (began["data"]["you"]["hp"], began["data"]["you"]["hp_per_minute"]) == (30 + BODY.hp_per_minute, 0)
        view = (await mara.type("look"))["data"]["location"]["fight"]
        assert next(fighter["hp"] for fighter in view["fighters"] if fighter["side"] == 0) == 30 + BODY.hp_per_minute
        await execute(url, "update characters set hp_at = hp_at - 3600, version = version + 1")
        one.service.forget(mara.id)
        assert await health(mara) == (30 + BODY.hp_per_minute, 0)
        before = 30 + BODY.hp_per_minute
        for _ in range(80):
            if not (await mara.type("attack"))["ok"]:
                break
        (row,) = await execute(url, "select hp, combat, hp_at > extract(epoch from clock_timestamp()) - 60 as settled from characters")
        assert (row["combat"], row["settled"]) == (0, True)
        assert row["hp"] <= before
        assert await health(mara) == (row["hp"], BODY.hp_per_minute)


async def test_an_ambush_finds_the_health_that_has_returned(url, tmp_path):
    """The timer that begins a fight counts as the command does."""
    async with cluster(url, tmp_path, world=city(behaviour="hunt")) as (one,):
        await hounds(url, 1)
        mara = await someone(one)
        await wound(one, url, mara, 10, ago=121)
        await execute(url, f"insert into timers (kind, subject, due_at) values ('ambush', 'location:{HERE}', 0)")  # noqa: S608
        (fight,) = await eventually(lambda: execute(url, "select fight from combats"))
        assert f'"hp": {int(10 + 2 * BODY.hp_per_minute)}' in fight["fight"]
        (row,) = await execute(url, "select hp, combat from characters")
        assert (row["hp"], row["combat"] > 0) == (10 + 2 * BODY.hp_per_minute, True)


async def test_score_exits_and_time(url, tmp_path):
    """In words, with the numbers that decide."""
    async with cluster(url, tmp_path, world=BARE) as (one,):
        mara = await someone(one)
        message = (await mara.type("score"))["data"]["message"]
        assert message.startswith("Mara, level 1, 0 of 100 experience to level 2. Health 50 of 50. Stamina 100 of 100. You have bare hands")
        assert "You have 0 scrap." in message
        await mara.type("wield poker")
        damage = SHIPPED.items["kiln_poker"].damage
        message = (await mara.type("stats"))["data"]["message"]
        assert f"You wield {SHIPPED.items['kiln_poker'].name}" in message
        assert f"for {damage.low} to {damage.high} a blow" in message
        north = SHIPPED.locations[HERE].exits["north"]
        assert f"north to a place you do not know ({north.stamina} stamina)" in (await mara.type("exits"))["data"]["message"]
        assert "UTC" in (await mara.type("time"))["data"]["message"]
        assert [(await mara.type(word))["data"]["command"] for word in ("hp", "health", "level", "status")] == ["score"] * 4
