"""Attributes, wear, repair and statistics, in the world."""

import pytest
from arena import city, hounds, settle_scores, until_dead
from cluster import QUIET, SHIPPED, cluster, someone
from echoes.game.kinds import CHARACTER, INVENTORY
from echoes.storage.commits import new_item_id
from echoes.world import trade
from postgres import execute

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
BENCH, SMITH = "pumping_station", "overpass"


@pytest.fixture
async def url(database_url):
    return database_url


async def forget(one, mara):
    await one.caching.drop(CHARACTER, str(mara.id))
    await one.caching.drop(INVENTORY, str(mara.id))


async def put(one, mara, template, durability):
    """A loose thing comes into the bag."""
    await one.database.rows(
        "test", "insert into items (id, template, quantity, durability, owner) values ($1, $2, 1, $3, $4)",
        new_item_id(), template, durability, f"character:{mara.id}",
    )  # fmt: skip
    await one.database.rows("test", "insert into ledger (template, quantity, reason) values ($1, 1, 'test')", template)


async def rows(url):
    """Everything that a refused command must leave as it is."""
    return [
        await execute(url, statement)
        for statement in (
            "select id, version, hp, stamina, scrap, strength, agility, endurance, intellect from characters order by id",
            "select id, version, owner, durability from items order by id",
            "select count(*) from ledger",
            "select count(*) from facts",
        )
    ]


async def set_me(one, mara, url, changes):
    """Change the row behind the server's back."""
    await execute(url, f"update characters set {changes}, version = version + 1")  # noqa: S608
    await forget(one, mara)
    await mara.enter()


async def refused(url, mara, line):
    """The code; nothing has changed."""
    before = await rows(url)
    reply = await mara.type(line)
    assert not reply["ok"], (line, reply)
    assert await rows(url) == before, line
    return reply["error"]["code"]


async def test_points_of_levels_are_spent_on_attributes(url, tmp_path):
    """Two a level; endurance adds health and stamina at once; without points it is refused."""
    async with cluster(url, tmp_path, world=QUIET) as (one,):
        mara = await someone(one)
        assert (await mara.type("train strength"))["error"]["code"] == "no_points"
        await execute(url, "update characters set level = 2, version = version + 1")
        await forget(one, mara)
        reply = await mara.type("train end")
        assert (reply["data"]["you"]["max_hp"], reply["data"]["you"]["max_stamina"], reply["data"]["you"]["points"]) == (53, 104, 1)
        assert (await mara.type("train strength"))["data"]["you"]["strength"] == 6
        assert (await mara.type("train strength"))["error"]["code"] == "no_points"
        assert (await mara.type("train luck"))["error"]["code"] == "no_attribute"
        assert [row["type"] for row in await execute(url, "select type from facts where type = 'trained'")] == ["trained"] * 2


async def test_a_weapon_wears_out_in_a_fight_and_is_repaired(url, tmp_path):
    """Each blow that hits takes one; what is put on in a fight counts in the next round; a kit makes it good again."""
    async with cluster(url, tmp_path, world=city(hp=200, low=0, high=0)) as (one,):
        await hounds(url, 1)
        mara = await someone(one)
        assert (await mara.type("attack"))["ok"]
        await mara.type("wield poker")
        await execute(url, "update items set durability = 1 where template = 'kiln_poker'")
        await forget(one, mara)
        for _ in range(20):
            await mara.type("attack")
            (row,) = await execute(url, "select durability from items where template = 'kiln_poker'")
            if row["durability"] == 0:
                break
        assert row["durability"] == 0
        assert await execute(url, "select from facts where type = 'broke'")
        assert "(broken)" in (await mara.type("score"))["data"]["message"]
        assert (await mara.type("repair poker"))["error"]["code"] == "in_fight"
        await execute(url, "update characters set combat = 0, version = version + 1")
        await put(one, mara, "repair_kit", 1)
        await forget(one, mara)
        reply = await mara.type("repair poker with kit")
        assert reply["ok"], reply
        (row,) = await execute(url, "select durability from items where template = 'kiln_poker'")
        assert row["durability"] == 30
        assert await execute(url, "select from items where template = 'repair_kit'") == []
        assert (await mara.type("repair poker"))["error"]["code"] == "nothing_to_repair_with"
        await settle_scores(url)


async def test_statistics_count_facts(url, tmp_path):
    """In the transaction that records them."""
    async with cluster(url, tmp_path, world=QUIET) as (one,):
        mara = await someone(one)
        assert (await mara.type("n"))["ok"]
        assert (await mara.type("s"))["ok"]
        (row,) = await execute(url, "select * from statistics")
        assert (row["distance"], row["kills"]) == (2, 0)
        assert "ways walked 2" in (await mara.type("score"))["data"]["message"]
        await execute(url, "delete from items")
        await execute(url, "delete from commands")
        await execute(url, "delete from characters")
        assert await execute(url, "select from statistics") == []


async def test_a_refused_repair_changes_nothing(url, tmp_path):
    """Without means, not broken, not carried, not repairable, unknown means, too little scrap or stamina: each has its own code."""
    async with cluster(url, tmp_path, world=QUIET) as (one,):
        mara = await someone(one)
        assert await refused(url, mara, "repair") == "incomplete"
        assert await refused(url, mara, "repair unicorn") == "not_carried"
        assert await refused(url, mara, "repair bread") == "not_repairable"
        assert await refused(url, mara, "repair poker") == "no_need"
        await execute(url, "update items set durability = 50 where template = 'kiln_poker'")
        await set_me(one, mara, url, "scrap = 0")
        assert await refused(url, mara, "repair poker") == "nothing_to_repair_with"
        await put(one, mara, "repair_kit", 3)
        await forget(one, mara)
        assert await refused(url, mara, "repair poker with hammer") == "not_here"
        assert await refused(url, mara, "repair kit with kit") == "not_repairable"
        await set_me(one, mara, url, f"location_id = '{BENCH}'")
        assert await refused(url, mara, "repair poker at bench") == "no_need"
        await execute(url, "update items set durability = 0 where template = 'kiln_poker'")
        await set_me(one, mara, url, "stamina = 0, stamina_at = extract(epoch from now()) + 3600")
        assert await refused(url, mara, "repair poker at bench") == "exhausted"
        await set_me(one, mara, url, f"location_id = '{SMITH}'")
        assert await refused(url, mara, "repair poker by tollman") == "too_poor"


async def test_a_bench_costs_stamina_and_a_smith_scrap(url, tmp_path):
    """The bench repairs in part, the smith wholly; scrap goes through the ledger; a kit loses one use. A look at either says that it repairs."""
    async with cluster(url, tmp_path, world=QUIET) as (one,):
        mara = await someone(one)
        await execute(url, "update items set durability = 0 where template = 'kiln_poker'")
        await set_me(one, mara, url, f"location_id = '{BENCH}'")
        assert "repair makes worn things good again here" in (await mara.type("look bench"))["data"]["message"]
        reply = await mara.type("repair poker at bench")
        assert reply["ok"], reply
        assert reply["data"]["you"]["stamina"] == pytest.approx(80, abs=2)
        (poker,) = await execute(url, "select durability from items where template = 'kiln_poker'")
        assert poker["durability"] == 45
        await execute(url, "insert into ledger (template, quantity, reason) values ('scrap', 100, 'test')")
        await set_me(one, mara, url, f"location_id = '{SMITH}', scrap = scrap + 100")
        before = (await execute(url, "select scrap from characters"))[0]["scrap"]
        seen = (await mara.type("look tollman"))["data"]["message"]
        assert "repair makes worn things good again, for scrap" in seen
        reply = await mara.type("repair poker by tollman")
        assert reply["ok"], reply
        price = before - reply["data"]["you"]["scrap"]
        assert price == trade.repair_price(SHIPPED.npcs["tollman"], SHIPPED.items["kiln_poker"], 45)
        (entry,) = await execute(url, "select quantity from ledger where reason = 'repair'")
        assert entry["quantity"] == -price
        await execute(url, "update items set durability = 20 where template = 'kiln_poker'")
        await put(one, mara, "repair_kit", 3)
        await forget(one, mara)
        reply = await mara.type("mend poker with kit")
        assert {one["template"]: one["durability"] for one in reply["data"]["items"]} == {"kiln_poker": 50, "repair_kit": 2}
        assert len(await execute(url, "select from facts where type = 'repaired'")) == 3
        await settle_scores(url)


async def test_an_attribute_has_an_end(url, tmp_path):
    """At 20 it takes no more points; a word that means none, or nothing at all, costs none."""
    async with cluster(url, tmp_path, world=QUIET) as (one,):
        mara = await someone(one)
        await set_me(one, mara, url, "level = 20, strength = 20")
        assert await refused(url, mara, "train strength") == "attribute_full"
        assert await refused(url, mara, "train luck") == "no_attribute"
        before = await rows(url)
        assert "You have 23 to spend" in (await mara.type("train"))["data"]["message"]
        assert await rows(url) == before


async def test_points_are_counted_in_the_row_and_not_in_a_former_release_s_copy(url, tmp_path):
    """A release before attributes caches a character without them: what is spent already stays spent."""
    async with cluster(url, tmp_path, world=QUIET) as (one,):
        mara = await someone(one)
        await set_me(one, mara, url, "level = 2")
        assert (await mara.type("look"))["ok"]
        await execute(url, "update characters set strength = 7")  # the copy of this version still says 5
        assert await refused(url, mara, "train agility") == "no_points"
        assert await refused(url, mara, "train strength") == "no_points"


async def test_things_worn_out_in_the_round_of_a_death_stay_worn(url, tmp_path):
    """Personal things stay with a character that dies: the player sees it as PostgreSQL has it, and can repair it."""
    async with cluster(url, tmp_path, world=city(hp=999, low=60, high=60)) as (one,):
        await hounds(url, 1)
        mara = await someone(one)
        assert (await mara.type("wield poker"))["ok"]
        assert (await mara.type("wear coat"))["ok"]
        await execute(url, "update items set personal = true where template in ('kiln_poker', 'patched_coat')")
        await set_me(one, mara, url, "hp = 1")
        await until_dead(url, mara)
        shown = {one["id"]: (one["version"], one["durability"]) for one in (await mara.type("i"))["data"]["inventory"]["items"]}
        kept = await execute(url, "select id, version, durability from items where owner like 'character:%'")
        assert shown == {row["id"]: (row["version"], row["durability"]) for row in kept}
        assert any(row["durability"] == SHIPPED.items["patched_coat"].durability - 1 for row in kept)
