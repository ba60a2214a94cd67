"""Fights in the world: every round happens once, all players there see the same, and no thing and no character is lost."""

import msgspec
import pytest
from arena import HERE, city, eventually, hounds, settle_scores, until_dead
from cluster import SHIPPED, cluster, someone
from echoes.channels import decode_envelope, location_channel, player_channel
from echoes.storage import combats
from echoes.world import combat
from postgres import execute

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")


@pytest.fixture
async def url(database_url):
    return database_url


async def until_over(mara, line="attack", most=80):
    """Choose the same in every round; answers the last reply."""
    reply = None
    for _ in range(most):
        reply = await mara.type(line)
        if not reply["ok"]:
            return reply
    raise AssertionError(reply)


async def test_a_fight_is_won_by_rounds_and_leaves_loot_and_experience(url, tmp_path):
    """The enemy's end: its row is gone, its loot lies there, its population will send another, and the fact is on record."""
    async with cluster(url, tmp_path, world=city(hp=10, low=1, high=1)) as (one,):
        await hounds(url, 1)
        mara = await someone(one)
        heard = []
        await one.facilities.broadcast.subscribe(location_channel(HERE), heard.append)
        began = await mara.type("attack hound")
        assert "square up" in began["data"]["message"]
        view = (await mara.type("look"))["data"]["location"]["fight"]
        assert (view["round"], len(view["fighters"])) == (1, 2)
        assert next(one for one in view["fighters"] if one["side"] == 1)["intent"]
        assert (await mara.type("go north"))["error"]["code"] == "in_fight"
        assert (await mara.type("rest"))["error"]["code"] == "in_fight"
        assert "seconds are left" in (await mara.type("intents"))["data"]["message"]
        reply = await until_over(mara)
        assert reply["error"]["code"] in {"nobody_to_fight", "no_fight"}
        assert await execute(url, "select from npcs") == []
        (me,) = await execute(url, "select * from characters")
        assert (me["xp"], me["combat"]) == (15, 0)
        assert [row["type"] for row in await execute(url, "select type from facts where type = 'killed'")] == ["killed"]
        (timer,) = await execute(url, "select due_at - extract(epoch from now()) as due from timers where kind = 'spawn'")
        assert 3500 < timer["due"] < 3601  # the clocks of worker and PostgreSQL may differ by some milliseconds
        assert await execute(url, "select from timers where kind in ('combat_round', 'npc_move')") == []
        rounds = [one for one in heard if b'"fight_round"' in bytes(one.payload) or b'"fight_over"' in bytes(one.payload)]
        (row,) = await execute(url, "select id from combats")
        fight = (await combats.load(one.database, row["id"])).fight
        assert len(rounds) == len(fight.history)
        assert combat.replay(fight)[-1][-1].outcome == "down"
        await settle_scores(url)


async def test_a_round_ends_by_its_timer_when_a_choice_is_missing(url, tmp_path):
    """A player that has not chosen defends, with or without a connection; two workers end the round once."""
    async with cluster(url, tmp_path, workers=2, world=city()) as (one, _):
        await hounds(url, 1)
        mara = await someone(one)
        assert (await mara.type("attack"))["ok"]
        for number in (2, 3):
            await execute(url, "update timers set due_at = 0 where kind = 'combat_round'")
            await eventually(lambda number=number: execute(url, f"select from combats where (fight ->> 'round')::int = {number}"))
        (row,) = await execute(url, "select id from combats")
        fight = (await combats.load(one.database, row["id"])).fight
        assert [set(record.choices) for record in fight.history] == [{next(iter(fight.intents))}] * 2
        assert [one["outcome"] for one in _own(fight)] == ["guarded", "guarded"]
        assert (await mara.type("defend"))["ok"]


def _own(fight):
    return [{"outcome": event.outcome} for events in combat.replay(fight) for event in events if event.fighter.startswith("character:")]


async def test_death_leaves_remains_without_personal_things(url, tmp_path):
    """The character wakes in the refuge with half its health; its things wait for it; the ledger holds."""
    async with cluster(url, tmp_path, world=city(hp=999, low=60, high=60)) as (one,):
        await hounds(url, 1)
        mara = await someone(one)
        await execute(url, "update items set personal = true where template = 'kiln_poker'")
        await execute(url, "update characters set xp = 50, version = version + 1")
        one.service.forget(mara.id)
        before = await execute(
            url, "select template, quantity from items where not personal and owner like 'character:%' order by template, quantity"
        )
        assert (await mara.type("attack"))["ok"]
        await until_dead(url, mara)
        (me,) = await execute(url, "select * from characters")
        assert (me["location_id"], me["hp"], me["xp"], me["combat"], me["level"]) == (SHIPPED.start.location, 25, 40, 0, 1)
        inside = await execute(url, "select template, quantity from items where owner like 'container:%' order by template, quantity")
        assert inside == before
        bag = (await mara.type("i"))["data"]["inventory"]["items"]
        assert [item["template"] for item in bag] == ["kiln_poker"]
        (died,) = await execute(url, "select body from facts where type = 'died'")
        assert HERE in died["body"]
        await settle_scores(url)
        # Another one may not take it yet; the owner may, and what is taken is what was lost.
        tomas = await someone(one, "Tomas")
        assert (await tomas.type("loot"))["error"]["code"] == "too_soon"
        assert (await tomas.type("get remains"))["error"]["code"] in {"too_heavy", "not_possible"}
        assert (await mara.type("loot"))["ok"]
        assert await execute(url, "select from items where owner like 'container:%'") == []
        assert (await mara.type("loot"))["error"]["code"] == "picked_clean"
        await settle_scores(url)


async def test_a_death_elsewhere_ends_in_the_refuge(url, tmp_path):
    """Its player reads how; those in both places see it leave and come; its effects end with it."""
    async with cluster(url, tmp_path, world=city(hp=999, low=60, high=60, place="fish_steps")) as (one,):
        await hounds(url, 1)
        mara, tomas = await someone(one), await someone(one, "Tomas")
        assert [(await player.type("south"))["ok"] for player in (mara, tomas)] == [True, True]
        heard = []
        for channel in (location_channel("fish_steps"), location_channel(HERE), player_channel(mara.id)):
            await one.facilities.broadcast.subscribe(channel, heard.append)
        bleeds = '[{"id": "bleeding", "since": 0, "until": 9e9, "stacks": 1, "source": ""}]'
        await execute(url, f"update characters set effects = '{bleeds}', version = version + 1 where id = {mara.id}")  # noqa: S608
        one.service.forget(mara.id)
        await until_dead(url, mara)
        (me,) = await execute(url, f"select location_id, effects, explored from characters where id = {mara.id}")  # noqa: S608
        assert (me["location_id"], me["effects"]) == (SHIPPED.start.location, "[]")
        events = [(item.channel, msgspec.json.decode(decode_envelope(item.payload).payload)["data"]) for item in heard]
        seen = [(channel, data["action"], data["message"]) for channel, data in events if data.get("player", {}).get("id") == mara.id]
        assert (location_channel("fish_steps"), "player_left", "") in seen
        assert (location_channel(HERE), "player_arrived", "Mara stumbles in.") in seen
        (moved,) = [data for channel, data in events if channel == player_channel(mara.id) and data["action"] == "moved"]
        assert SHIPPED.locations["fish_steps"].name in moved["message"]
        assert (moved["location_id"], moved["version"]) == (HERE, (await one.service.row(mara.id)).version)
        assert moved["forced"], "no reply has its text"
        lost = {
            item["id"]: item["version"] for _, data in events if data["action"] == "hurt" for item in data["items"] if not item["quantity"]
        }
        inside = await execute(url, "select id, version from items where owner like 'container:%'")
        assert lost == {row["id"]: row["version"] for row in inside}


async def test_remains_open_after_a_while_and_are_gone_after_an_hour(url, tmp_path):
    """First their owner may take from them, then every player; then they are gone, with an entry in the ledger."""
    async with cluster(url, tmp_path, world=city(hp=999, low=60, high=60)) as (one,):
        await hounds(url, 1)
        mara, tomas = await someone(one), await someone(one, "Tomas")
        await until_dead(url, mara)
        await execute(url, "update corpses set open_at = 0")
        taken = await tomas.type("loot remains")
        assert taken["ok"], taken
        await execute(url, "update timers set due_at = 0 where kind = 'decay'")
        await eventually(lambda: execute(url, "select from items having count(*) filter (where template = 'remains') = 0"))
        assert await execute(url, "select from corpses") == []
        assert (await tomas.type("loot"))["error"]["code"] == "not_here"
        await settle_scores(url)


async def test_two_players_fight_one_enemy_and_share(url, tmp_path):
    """The round waits for both; acting twice is refused; the experience is divided."""
    async with cluster(url, tmp_path, workers=2, world=city(hp=30, low=1, high=1)) as (one, other):
        await hounds(url, 1)
        mara, tomas = await someone(one), await someone(other, "Tomas")
        assert (await mara.type("attack hound"))["ok"]
        assert (await mara.type("attack"))["ok"]
        assert "join" in (await tomas.type("attack hound"))["data"]["message"]
        assert (await tomas.type("attack"))["error"]["code"] == "already_chosen"
        for _ in range(60):
            first, second = await mara.type("attack"), await tomas.type("attack")
            if not first["ok"] or not second["ok"]:
                break
        assert await execute(url, "select from npcs") == []
        rows = await execute(url, "select xp, combat from characters order by id")
        assert sum(row["xp"] for row in rows) == 15
        assert {row["combat"] for row in rows} == {0}
        (row,) = await execute(url, "select id from combats")
        fight = (await combats.load(one.database, row["id"])).fight
        assert len(combat.replay(fight)) == len(fight.history)


async def test_fleeing_leads_out_of_the_place(url, tmp_path):
    """Or fails; who has fled is in a neighbouring place, and in no fight."""
    async with cluster(url, tmp_path, world=city(hp=999, low=0, high=0)) as (one,):
        await hounds(url, 1)
        mara = await someone(one)
        assert (await mara.type("attack"))["ok"]
        reply = await until_over(mara, "flee")
        assert reply["error"]["code"] == "no_fight"
        (me,) = await execute(url, "select location_id, combat from characters")
        assert me["location_id"] in {way.to for way in SHIPPED.locations[HERE].exits.values()}
        assert me["combat"] == 0
        assert await one.facilities.registry.locate(mara.id) == me["location_id"]
        assert await execute(url, "select from npcs where state <> '{}'") == []


async def test_hostile_npcs_attack_who_comes(url, tmp_path):
    """A few seconds after an arrival, by a timer; one that wanders does not."""
    async with cluster(url, tmp_path, world=city(behaviour="hunt", most=2)) as (one,):
        await hounds(url, 2)
        mara = await someone(one)
        await execute(url, f"insert into timers (kind, subject, due_at) values ('ambush', 'location:{HERE}', 0)")  # noqa: S608
        await eventually(lambda: execute(url, "select from combats"))
        (me,) = await execute(url, "select combat from characters")
        assert me["combat"]
        assert (await mara.type("defend"))["ok"]
        view = (await mara.type("look"))["data"]["location"]["fight"]
        assert len(view["fighters"]) == 3
        assert view["round"] == 2


@pytest.mark.parametrize("line", ["defend", "flee", "intents"])
async def test_outside_of_a_fight_its_commands_are_refused(url, tmp_path, line):
    """With a code, and nothing changes."""
    async with cluster(url, tmp_path, world=city()) as (one,):
        await hounds(url, 1)
        mara = await someone(one)
        assert (await mara.type(line))["error"]["code"] == "no_fight"
        assert (await mara.type("attack dragon"))["error"]["code"] == "nobody_to_fight"
        friend = SHIPPED.npcs[SHIPPED.locations[HERE].npcs[0]].name
        assert (await mara.type(f"attack {friend}"))["error"]["code"] == "not_possible"
        assert (await mara.type("consider hound"))["ok"]
        assert await execute(url, "select from combats") == []
