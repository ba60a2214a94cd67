"""A fight that is disturbed: by a player that acts out of turn, by content that goes, by a worker that dies; and what a round costs."""

import asyncio
from collections import Counter

import msgspec
import pytest
from arena import HERE, city, eventually, hounds, settle_scores, until_dead
from cluster import cluster, someone
from echoes.game import fights
from echoes.storage import combats
from echoes.world import combat
from postgres import execute

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")


@pytest.fixture
async def url(database_url):
    return database_url


async def rows(url):
    """Everything that a refused command must leave as it is."""
    return [
        await execute(url, statement)
        for statement in (
            "select id, version, fight from combats order by id",
            "select id, version, hp, combat from characters order by id",
            "select id, version, hp, state from npcs order by id",
            "select id, version, owner from items order by id",
        )
    ]


async def test_acting_out_of_turn_is_refused_and_changes_nothing(url, tmp_path):
    """Twice in a round, in another's fight, on an enemy that is not in it: each has its own code."""
    async with cluster(url, tmp_path, world=city(hp=999, low=1, high=1, most=2)) as (one,):
        await hounds(url, 2)
        mara, tomas, vera = await someone(one), await someone(one, "Tomas"), await someone(one, "Vera")
        await execute(url, "update characters set stamina = 1, version = version + 1")
        for who in (mara, tomas, vera):
            one.service.forget(who.id)
        assert (await mara.type("attack hound"))["ok"]
        assert (await tomas.type("attack hound"))["ok"]
        for who, line, code in [
            (tomas, "attack", "already_chosen"),
            (tomas, "defend", "already_chosen"),
            (tomas, "flee", "already_chosen"),
            (tomas, "eat bread", "already_chosen"),
            (tomas, "go north", "in_fight"),
            (tomas, "rest", "in_fight"),
            (mara, "attack dragon", "not_in_fight"),
            (mara, "attack Tomas", "not_in_fight"),
            (mara, "attack npc:1", "not_in_fight"),
            (vera, "defend", "no_fight"),
            (vera, "flee", "no_fight"),
            (vera, "intents", "no_fight"),
        ]:
            before = await rows(url)
            reply = await who.type(line)
            assert not reply["ok"], (line, reply)
            assert reply["error"]["code"] == code, line
            assert await rows(url) == before, line


async def test_a_thing_that_is_used_in_the_round_of_a_death_is_gone(url, tmp_path):
    """The bag that the player sees afterwards is the one in PostgreSQL: what was eaten is not shown again."""
    async with cluster(url, tmp_path, world=city(hp=999, low=60, high=60)) as (one,):
        await hounds(url, 1)
        mara = await someone(one)
        await execute(url, "update items set personal = true where owner like 'character:%'")
        await execute(url, "update characters set hp = 1, stamina = 1, version = version + 1")
        one.service.forget(mara.id)
        assert (await mara.type("attack"))["ok"]
        for _ in range(30):
            assert (await mara.type("eat bread"))["ok"]
            if await execute(url, "select from facts where type = 'died'"):
                break
            await execute(url, "update items set quantity = 30 where template = 'ash_bread'")
            await execute(url, "update characters set stamina = 1, hp = 1, version = version + 1")
            one.service.forget(mara.id)
        else:
            pytest.fail("alive")
        shown = {item["id"]: item["quantity"] for item in (await mara.type("i"))["data"]["inventory"]["items"]}
        kept = {row["id"]: row["quantity"] for row in await execute(url, "select id, quantity from items where owner like 'character:%'")}
        assert shown == kept


async def test_a_fight_in_a_place_that_is_gone_ends(url, tmp_path):
    """Content may remove a location under a fight: its timer ends it, and its NPCs do not stay behind."""
    async with cluster(url, tmp_path, world=city()) as (one,):
        await hounds(url, 1)
        mara = await someone(one)
        assert (await mara.type("attack"))["ok"]
        await execute(url, "insert into places (location_id, open) values ('nowhere', false)")
        await execute(url, "update npcs set location_id = 'nowhere'")
        await execute(url, "update combats set location_id = 'nowhere'")
        await execute(url, "update timers set due_at = 0 where kind = 'combat_round'")
        await eventually(lambda: execute(url, "select from combats where over"))
        assert await execute(url, "select from timers where kind = 'combat_round'") == []
        assert await execute(url, "select from npcs") == []
        assert await execute(url, "select from timers where kind = 'spawn'") != []
        assert (await mara.type("go north"))["ok"]


async def test_another_worker_ends_the_round_of_a_worker_that_is_gone(url, tmp_path):
    """Choices are in the row: what was chosen on one worker counts on the other, and the fight can be replayed."""
    async with cluster(url, tmp_path, workers=2, world=city(hp=999, low=1, high=1)) as (one, other):
        await hounds(url, 1)
        mara, tomas = await someone(one), await someone(other, "Tomas")
        assert (await mara.type("attack"))["ok"]
        assert (await tomas.type("attack"))["ok"]
        one.clockwork.parts.turn = lambda: asyncio.sleep(0, {})
        reply = await mara.ask(other, "attack")
        assert reply["ok"], reply
        await execute(url, "update timers set due_at = 0 where kind = 'combat_round'")
        await eventually(lambda: execute(url, "select from combats where (fight ->> 'round')::int >= 3"))
        (row,) = await execute(url, "select id from combats")
        fight = (await combats.load(other.database, row["id"])).fight
        assert {id_ for id_ in fight.history[0].choices if id_.startswith("character:")} == {f"character:{one.id}" for one in (mara, tomas)}
        assert len(combat.replay(fight)) == len(fight.history)


async def test_the_queries_of_a_round_do_not_grow_with_its_fighters(url, tmp_path, monkeypatch):
    """Also when every one of them may die in it."""
    async with cluster(url, tmp_path, world=city(hp=999, low=60, high=60, most=2)) as (one,):
        await hounds(url, 2)
        people = [await someone(one, name) for name in ("Mara", "Tomas", "Vera", "Ilse")]
        found = []
        for newcomers in (people[:1], people[1:]):
            for who in newcomers:
                assert (await who.type("attack"))["ok"]
            (row,) = await execute(url, "select id from combats where not over")
            current = await combats.load(one.database, row["id"])
            asked = Counter()
            with monkeypatch.context() as patched:
                patched.setattr(one.database, "count", lambda purpose, asked=asked: asked.update([purpose]))
                ground = await fights.survey(one.service.around, current)
            asked = Counter(
                {name: number for name, number in asked.items() if name in {"characters.load", "npcs.load", "inventories.load"}}
            )
            found.append((asked, len(ground.characters), {id_: len(things) for id_, things in ground.things.items()}))
        (few, first, _), (many, second, bags) = found
        assert (first, second) == (1, 4)
        assert all(bags[id_] for id_ in bags)
        assert len(bags) == 4
        assert few == many == {"characters.load": 1, "npcs.load": 1, "inventories.load": 1}


async def test_an_npc_that_no_longer_belongs_leaves_when_its_fight_is_over(url, tmp_path):
    """Its population is looked at again, for as long as one of its NPCs is in a fight elsewhere."""
    async with cluster(url, tmp_path, world=city()) as (one,):
        await hounds(url, 1)
        mara = await someone(one)
        assert (await mara.type("attack"))["ok"]
        await execute(url, "update npcs set template = 'tin_monk'")
        await execute(url, "insert into timers (kind, subject, due_at) values ('spawn', 'spawn:hounds', 0)")
        await eventually(lambda: execute(url, "select from timers where kind = 'spawn' and due_at > 0"))
        assert len(await execute(url, "select from npcs where template = 'tin_monk'")) == 1
        await execute(url, "update npcs set state = '{}', version = version + 1")
        await execute(url, "update timers set due_at = 0 where kind = 'spawn'")
        await eventually(lambda: execute(url, "select from npcs having count(*) filter (where template = 'tin_monk') = 0"))


async def test_several_enemies_of_one_name_are_fought_one_after_the_other(url, tmp_path):
    """A word that fits several equal ones means one of them; all of the population fight together."""
    async with cluster(url, tmp_path, world=city(hp=2, low=1, high=1, most=3)) as (one,):
        await hounds(url, 3)
        mara = await someone(one)
        assert (await mara.type("attack hound"))["ok"]
        for _ in range(60):
            if not (await mara.type("attack hound"))["ok"]:
                break
        assert await execute(url, "select from npcs") == []
        (me,) = await execute(url, "select xp, combat from characters")
        assert (me["xp"], me["combat"]) == (45, 0)
        await settle_scores(url)


async def test_a_second_death_leaves_remains_of_its_own(url, tmp_path):
    """Each death has its remains and its timer; the refuge's half of the health is what one wakes with."""
    async with cluster(url, tmp_path, world=city(hp=999, low=60, high=60)) as (one,):
        await hounds(url, 1)
        mara = await someone(one)
        await until_dead(url, mara)
        await execute(url, f"update characters set location_id = '{HERE}', version = version + 1")  # noqa: S608
        one.service.forget(mara.id)
        await execute(url, "delete from facts")
        await until_dead(url, mara)
        assert len(await execute(url, "select from corpses")) == 2
        assert len(await execute(url, "select from timers where kind = 'decay'")) == 2
        await settle_scores(url)
        json = [msgspec.json.decode(row["body"]) for row in await execute(url, "select body from facts where type = 'died'")]
        assert [one["location_id"] for one in json] == [HERE]


async def test_an_npc_whose_template_is_gone_leaves_with_its_round(url, tmp_path):
    """Content may remove a kind of NPC by other ways than a push: its rows do not stay in a fight that is over."""
    async with cluster(url, tmp_path, world=city()) as (one,):
        await hounds(url, 1)
        mara = await someone(one)
        assert (await mara.type("attack"))["ok"]
        await execute(url, "update npcs set template = 'gone', version = version + 1")
        await execute(url, "update timers set due_at = 0 where kind = 'combat_round'")
        await eventually(lambda: execute(url, "select from combats where over"))
        assert await execute(url, "select from npcs") == []
        assert (await mara.type("go north"))["ok"]


async def test_an_npc_that_gets_away_is_gone(url, tmp_path):
    """Where its population has no other place it leaves the city, without loot, and another one comes in time."""
    async with cluster(url, tmp_path, world=city(hp=40, low=1, high=1, behaviour="flee")) as (one,):
        await hounds(url, 1)
        mara = await someone(one)
        await execute(url, "delete from timers where kind = 'spawn'")
        for _ in range(80):
            if not await execute(url, "select from npcs"):
                break
            await mara.type("attack")
        assert await execute(url, "select from npcs") == []
        assert await execute(url, "select from facts where type = 'killed'") == []
        assert await execute(url, "select from ledger where reason = 'loot'") == []
        assert len(await execute(url, "select from timers where kind = 'spawn'")) == 1


async def test_a_hostile_newcomer_attacks_who_is_there(url, tmp_path):
    """A spawn arms an ambush as a move does; a population that does not attack arms none."""
    async with cluster(url, tmp_path, world=city()) as (one,):
        await eventually(lambda: execute(url, "select from npcs having count(*) = 1"))
        mara = await someone(one)
        await execute(url, "update timers set due_at = 0 where kind = 'ambush'")
        await eventually(lambda: execute(url, f"select from characters where id = {mara.id} and combat > 0"))
