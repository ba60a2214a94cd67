"""Effects on characters: begun by items, places and blows, ended by time, items, rest, places and death; each tick happens once."""

import re

import msgspec
import pytest
from arena import HERE, city, eventually, hounds, settle_scores, until_dead
from cluster import QUIET, SHIPPED, cluster, someone
from echoes.channels import location_channel, player_channel
from echoes.game.kinds import CHARACTER
from echoes.storage import combats, contents
from echoes.storage.contents import InUse
from echoes.world import combat, content
from echoes.world.effects import MOST
from echoes.world.model import Inflicts
from postgres import execute

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")


@pytest.fixture
async def url(database_url):
    return database_url


async def suffers(one, url, mara, effect, *, hp=40, due=None, until=600.0, stacks=1):
    """Let an effect last on a character, with its timer; times are seconds from now."""
    now = one.database.now()
    lasting = {"id": effect, "since": now, "until": now + until, "stacks": stacks} | ({} if due is None else {"due": now + due})
    kept = msgspec.json.encode([lasting]).decode()
    await execute(url, f"update characters set hp = {hp}, hp_at = {now}, version = version + 1, effects = '{kept}' where id = {mara.id}")  # noqa: S608
    kind, moment = ("effect_end", until) if due is None else ("effect_tick", due)
    await execute(url, f"insert into timers (kind, subject, due_at) values ('{kind}', 'character:{mara.id}', {now + moment})")  # noqa: S608
    await one.caching.drop(CHARACTER, str(mara.id))


async def held(url):
    """Id to stacks, as the row has it."""
    (row,) = await execute(url, "select effects from characters order by id limit 1")
    return {one["id"]: one.get("stacks", 1) for one in msgspec.json.decode(row["effects"])}


async def facts(url):
    rows = await execute(url, "select type, body from facts where type like 'effect%' order by id")
    return [(row["type"], msgspec.json.decode(row["body"])) for row in rows]


async def timers_of(url):
    return {row["kind"] for row in await execute(url, "select kind from timers where subject like 'character:%'")}


async def test_an_item_begins_one_effect_and_ends_another(url, tmp_path):
    """A bandage stops the bleeding, and with it its timer; what it gives ends by itself, without one."""
    async with cluster(url, tmp_path, world=QUIET) as (one,):
        mara = await someone(one)
        await suffers(one, url, mara, "bleeding", due=500.0)
        reply = await mara.type("use bandage")
        assert reply["ok"], reply
        assert "No longer: bleeding." in reply["data"]["message"]
        you = reply["data"]["you"]
        assert [effect["id"] for effect in you["effects"]] == ["bandaged"]
        assert (you["hp_per_minute"], [pace["hp_per_minute"] for pace in you["later"]]) == (6, [3])
        assert await held(url) == {"bandaged": 1}
        assert await timers_of(url) == set()
        assert await facts(url) == [
            ("effect_ended", {"effect": "bleeding", "reason": "item"}), ("effect_gained", {"effect": "bandaged"}),
        ]  # fmt: skip
        said = (await mara.type("effects"))["data"]["message"]
        assert re.search(r"Bandaged, (?:4:00|3:\d\d) left: \+100 % faster health\.", said), said
        await settle_scores(url)


async def test_an_unseen_effect_ends_without_a_timer(url, tmp_path):
    """From its moment on it counts no more; the character's next change drops it and records that."""
    async with cluster(url, tmp_path, world=QUIET) as (one,):
        mara = await someone(one)
        await suffers(one, url, mara, "infected", until=-1.0)
        assert (await one.snapshots.of(mara.id)).you.effects == []
        assert (await mara.type("effects"))["data"]["message"].startswith("Nothing ails you")
        assert await held(url) == {"infected": 1}
        assert (await mara.type("rest"))["ok"]
        assert "infected" not in await held(url)
        assert ("effect_ended", {"effect": "infected", "reason": "time"}) in await facts(url)


async def test_a_tick_harms_once_on_two_workers(url, tmp_path):
    """However late it is; the row is what it was decided on, the player hears of it, and it is due again."""
    async with cluster(url, tmp_path, workers=2, world=QUIET) as (one, _):
        mara = await someone(one)
        heard = []
        await one.facilities.broadcast.subscribe(player_channel(mara.id), heard.append)
        await suffers(one, url, mara, "bleeding", hp=40, due=-300.0, stacks=2)
        await eventually(lambda: execute(url, "select from characters where hp = 38"))
        (timer,) = await execute(url, "select due_at - extract(epoch from clock_timestamp()) as due from timers where kind = 'effect_tick'")
        assert 5 < timer["due"] <= 15
        assert await execute(url, "select from characters where hp = 38")
        await eventually(lambda: _any(b'"affected"' in bytes(one.payload) for one in heard))
        assert (await one.snapshots.of(mara.id)).you.hp == 38


async def _any(found):
    return any(found)


async def test_a_tick_may_kill_and_death_ends_all_effects(url, tmp_path):
    """With remains, as in a fight; no timer of the body stays, and the ledger holds."""
    async with cluster(url, tmp_path, world=QUIET) as (one,):
        mara = await someone(one)
        assert (await mara.type("n"))["ok"]
        await suffers(one, url, mara, "bleeding", hp=1, due=-1.0)
        await eventually(lambda: execute(url, "select from facts where type = 'died'"))
        (me,) = await execute(url, "select hp, location_id, effects from characters")
        assert (me["hp"], me["location_id"], me["effects"]) == (25, SHIPPED.start.location, "[]")
        assert await timers_of(url) == set()
        assert ("effect_ended", {"effect": "bleeding", "reason": "death"}) in await facts(url)
        assert await execute(url, "select from corpses")
        await settle_scores(url)


async def test_a_body_that_is_away_is_spared(url, tmp_path):
    """No tick while it is not in the world; its time runs out all the same."""
    async with cluster(url, tmp_path, world=QUIET) as (one,):
        mara = await someone(one)
        await one.facilities.registry.remove(mara.id, epoch=2**52)
        assert await one.facilities.registry.locate(mara.id) is None
        await suffers(one, url, mara, "bleeding", hp=1, due=-1.0)
        await eventually(lambda: execute(url, "select from timers where kind = 'effect_tick' and due_at > extract(epoch from now()) + 30"))
        assert await execute(url, "select from characters where hp = 1")


async def test_others_see_an_effect_and_its_end(url, tmp_path):
    """The end that is seen has a timer; a place may end it sooner."""
    async with cluster(url, tmp_path, world=QUIET) as (one,):
        mara = await someone(one)
        heard = []
        await one.facilities.broadcast.subscribe(location_channel(HERE), heard.append)
        await suffers(one, url, mara, "soaked", until=0.2)
        await eventually(lambda: _any(b"no longer wet through" in bytes(one.payload) for one in heard))
        assert await held(url) == {}
        assert await timers_of(url) == set()


async def test_places_and_rest(url, tmp_path):
    """The effects that a place causes and cures in those who walk in, and the effects that it gives to those who sit down."""
    there = SHIPPED.locations[HERE].exits["north"].to
    places = {there: msgspec.structs.replace(SHIPPED.locations[there], causes=("ash_lung",), cures=("infected",))}
    world = content.stamped(msgspec.structs.replace(QUIET, locations=QUIET.locations | places))
    async with cluster(url, tmp_path, world=world) as (one,):
        mara = await someone(one)
        await suffers(one, url, mara, "infected")
        assert "Soaked" not in (await mara.type("rest"))["data"]["message"]
        assert set(await held(url)) == {"infected", "kiln_warm"}
        message = (await mara.type("n"))["data"]["message"]
        assert "No longer: infected." in message
        assert set(await held(url)) == {"ash_lung", "kiln_warm"}
        reply = await mara.type("score")
        assert reply["ok"]


async def test_a_body_never_has_more_than_sixteen(url, tmp_path):
    """PostgreSQL refuses a seventeenth."""
    async with cluster(url, tmp_path, world=QUIET) as (one,):
        await someone(one)
        many = msgspec.json.encode([{"id": f"e{n}", "since": 0} for n in range(MOST + 1)]).decode()
        with pytest.raises(Exception, match="effects"):
            await execute(url, f"update characters set effects = '{many}'")  # noqa: S608


async def test_blows_cause_effects_and_effects_count_in_a_fight(url, tmp_path):
    """An enemy's blow makes a player bleed, a weapon's blow an enemy; the same fight replays to the same end."""
    world = city(hp=60, low=1, high=1)
    hound = msgspec.structs.replace(world.npcs["ash_hound"], inflicts=Inflicts("bleeding", 100))
    poker = msgspec.structs.replace(world.items["kiln_poker"], inflicts=Inflicts("bleeding", 100))
    world = content.stamped(
        msgspec.structs.replace(world, npcs=world.npcs | {"ash_hound": hound}, items=world.items | {"kiln_poker": poker})
    )
    async with cluster(url, tmp_path, world=world) as (one,):
        await hounds(url, 1)
        mara = await someone(one)
        await mara.type("wield poker")
        for _ in range(30):
            await mara.type("attack")
            if (await held(url)) and await execute(
                url, "select from combats where fight::text like '%\"suffer\"%' or fight::text like '%wounds%'"
            ):
                break
        assert "bleeding" in await held(url)
        assert await timers_of(url) == {"effect_tick"}
        assert ("effect_gained", {"effect": "bleeding"}) in await facts(url)
        (row,) = await execute(url, "select id from combats order by changed desc limit 1")
        fight = (await combats.load(one.database, row["id"])).fight
        events = [event for events in combat.replay(fight) for event in events]
        assert {event.target.split(":")[0] for event in events if event.outcome == "wounded"} == {"character", "npc"}
        assert any(event.action == "suffer" and event.damage == 1 for event in events)


async def test_an_effect_in_use_cannot_be_removed(url, tmp_path):
    """With the number of characters; one whose time is over does not count."""
    without = {id_: one for id_, one in QUIET.effects.items() if id_ != "infected"}
    cured = {id_: msgspec.structs.replace(one, cures=tuple(set(one.cures) - {"infected"})) for id_, one in QUIET.items.items()}
    world = content.stamped(msgspec.structs.replace(QUIET, effects=without, items=cured))
    async with cluster(url, tmp_path, world=QUIET) as (one,):
        mara = await someone(one)
        await suffers(one, url, mara, "infected")
        with pytest.raises(InUse, match="effect infected: characters that have it: 1"):
            await contents.push(one.database, world)
        await suffers_no_more(url)
        await contents.push(one.database, world)
        await one.caching.drop(CHARACTER, str(mara.id))
        assert (await mara.type("score"))["ok"]


async def suffers_no_more(url):
    await execute(url, "update characters set effects = jsonb_set(effects, '{0,until}', '1'), version = version + 1")


async def test_conditions_follow_from_load_and_stamina(url, tmp_path):
    """They are not kept: `effects` and a fight compute them, and a snapshot says when they hold."""
    async with cluster(url, tmp_path, world=QUIET) as (one,):
        mara = await someone(one)
        shown = {effect.id: effect for effect in (await one.snapshots.of(mara.id)).conditions}
        assert (shown["encumbered"].load_above, shown["exhausted"].stamina_below) == (0.8, 0.1)
        await execute(url, "update characters set stamina = 1, stamina_at = extract(epoch from clock_timestamp()), version = version + 1")
        await one.caching.drop(CHARACTER, str(mara.id))
        assert (await mara.type("effects"))["data"]["message"].startswith("Exhausted: -10 % to hit")
        assert await held(url) == {}


async def test_death_in_a_fight_ends_effects(url, tmp_path):
    """As by a tick."""
    async with cluster(url, tmp_path, world=city(hp=999, low=60, high=60)) as (one,):
        await hounds(url, 1)
        mara = await someone(one)
        await suffers(one, url, mara, "infected")
        await until_dead(url, mara)
        assert await held(url) == {}
