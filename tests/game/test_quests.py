"""Quests and the journal in play: over two workers, by commands and by timers, each step once and with its commit."""

import msgspec
import pytest
from arena import HERE, city, eventually, hounds, settle_scores
from cluster import QUIET, SHIPPED, Someone, cluster, someone
from echoes.channels import player_channel
from echoes.game.catalogue import Catalogue
from echoes.storage import contents
from echoes.storage.contents import InUse
from echoes.wire import Line
from echoes.world.content import stamped
from echoes.world.model import Bring, Kill, Placement, Quest, Reward, Spawn, Step, TalkTo
from postgres import execute

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
CELLAR = "umbrella_cellar"
MARTA = TalkTo("marta_kell")


@pytest.fixture
async def url(database_url):
    return database_url


def with_rats(most=1):
    """The shipped city with weak rats in the cellar, and no other enemy."""
    rat = msgspec.structs.replace(SHIPPED.npcs["cinder_rat"], hp=1, xp=8, behaviour="stand")
    spawns = {"cellar_rats": Spawn("cinder_rat", most=most, minutes=60.0, locations=(CELLAR,))}
    return stamped(msgspec.structs.replace(QUIET, npcs=QUIET.npcs | {"cinder_rat": rat}, spawns=spawns))


def asking(*steps, base=QUIET, **more):
    """A city with one quest of these steps."""
    return stamped(msgspec.structs.replace(base, quests={"q": Quest("The task", "Offer.", steps, "The end.", **more)}))


async def heard_by(one, character):
    """The events that come on a character's own channel from now on."""
    heard = []
    await one.facilities.broadcast.subscribe(
        player_channel(character.id), lambda message: heard.append(msgspec.json.decode(message.payload))
    )
    return heard


def about_quests(heard):
    found = [event["payload"]["data"] for event in heard if "data" in event.get("payload", {})]
    return [(one["action"], one["message"]) for one in found if one.get("action", "").startswith(("quest", "clue"))]


async def row(url):
    (found,) = await execute(url, "select quests, flags, xp, level, scrap from characters where name = 'Mara'")
    return {**found, "quests": msgspec.json.decode(found["quests"])}


async def quest_facts(url):
    rows = await execute(url, "select type, body from facts where type like 'quest%' order by id")
    return [(one["type"], msgspec.json.decode(one["body"]).get("step")) for one in rows]


async def win(mara, ask, most=40):
    """Attack until no enemy is left."""
    for _ in range(most):
        reply = await ask("attack rat")
        if not reply["ok"] and reply["error"]["code"] in {"nobody_to_fight", "no_fight", "not_here"}:
            return
    raise AssertionError(reply)


async def test_the_first_quest_is_played_to_its_end_on_two_workers(url, tmp_path):
    """Steps out of order do nothing; each has one event; the reward comes once, through the ledger, with a level."""
    async with cluster(url, tmp_path, workers=2, world=with_rats()) as (one, other):
        mara = await someone(one, quests=["lantern"])
        heard = await heard_by(one, mara)
        assert "step 1 of 8" in (await mara.type("quests"))["data"]["message"]
        assert (await mara.type("hang lantern"))["error"]["code"] == "not_possible"
        assert (await mara.type("get lantern"))["ok"]  # the brass one in the yard is another
        assert (await row(url))["quests"] == {"lantern": [0, 0]}
        workers = [one, other]

        async def ask(line):
            workers.reverse()
            return await mara.ask(workers[0], line)

        for line in ("talk marta", "in"):
            assert (await ask(line))["ok"], line
        assert (await row(url))["quests"] == {"lantern": [2, 0]}
        assert (await ask("get tin lantern"))["ok"]
        assert (await ask("hang tin lantern"))["error"]["hint"].startswith("quests says")
        assert (await ask("scratch my name in the glass of the tin lantern"))["ok"]
        refused = (await ask("hang lantern on line"))["error"]
        assert (refused["code"], refused["message"]) == ("not_here", "Not here: it belongs to The Kiln Yard.")
        for line in ("out", "hang lantern on the line"):
            assert (await ask(line))["ok"], line
        assert "step 6 of 8" in (await ask("quests"))["data"]["message"]
        for line in ("north", "search sack", "eat wheat", "wield poker"):
            assert (await ask(line))["ok"] or line == "eat wheat", line
        await eventually(lambda: execute(url, "select from npcs"))
        assert (await ask("down"))["ok"]
        await win(mara, ask)
        assert (await row(url))["quests"] == {"lantern": [7, 0]}
        for line in ("up", "south"):
            assert (await ask(line))["ok"], line
        reply = await ask("talk marta")
        assert (reply["data"]["you"]["level"], reply["data"]["you"]["scrap"]) == (2, 12)
        assert [item["template"] for item in reply["data"]["items"]] == ["wool_scarf"]
        assert (await ask("talk marta"))["ok"]
        me = await row(url)
        assert (me["quests"], me["level"], me["xp"], me["scrap"]) == ({}, 2, 8, 12)
        assert {"quest.lantern", "lantern_hung", "came_home", "met_marta"} <= set(me["flags"])
        assert await quest_facts(url) == [("quest_begun", None), *[("quest_advanced", n) for n in range(1, 9)], ("quest_done", None)]
        story = about_quests(heard)
        assert [action for action, _ in story] == ["quest_advanced"] * 7 + ["quest_done"]
        assert "You are level 2 now." in story[-1][1]
        assert "100 experience, 12 scrap, long scarf" in story[-1][1]
        assert "Done: A name on the line." in (await ask("quest"))["data"]["message"]
        await settle_scores(url)


async def test_a_step_counts_once_for_a_command_that_is_sent_again(url, tmp_path):
    """The same number answers the same, on any worker; and a row that has changed behind the cache is read again."""
    steps = [Step("Talk.", talk=MARTA)] * 4
    async with cluster(url, tmp_path, workers=2, world=asking(*steps)) as (one, other):
        mara = await someone(one, quests=["q"])
        await execute(url, """update characters set quests = '{"q": [1, 0]}'""")  # its version stays, so no worker reads it again
        mara.number += 1
        line = Line(id=mara.number, text="talk marta")
        first = await one.service.run(mara.actor, line)
        for worker in (one, other, one):
            again = msgspec.json.decode(await worker.service.run(mara.actor, line))
            assert again == msgspec.json.decode(first) or again["data"]["command"] == "already_done"
        assert (await row(url))["quests"] == {"q": [2, 0]}
        assert await quest_facts(url) == [("quest_begun", None), ("quest_advanced", 2)]


@pytest.mark.parametrize("ended_by", ["timer", "command"])
async def test_a_kill_advances_all_who_fought_in_the_commit_that_ends_the_round(url, tmp_path, ended_by):
    """By the timer of the round, with two workers that reach for it; or by the command of another player."""
    steps = (
        Step("Kill.", kill=Kill("ash_hound"), done="It lies still.", sets=("braver",)),
        Step("Live.", survive=1),
        Step("Talk.", talk=MARTA),
    )
    async with cluster(url, tmp_path, workers=2, world=asking(*steps, base=city(hp=1, low=1, high=1))) as (one, other):
        await hounds(url, 1)
        mara, tomas = await someone(one, quests=["q"]), await someone(other, "Tomas", quests=["q"])
        heard = await heard_by(one, mara)
        assert (await mara.type("attack hound"))["ok"]
        assert (await tomas.type("attack hound"))["ok"]
        while await execute(url, "select from npcs"):  # a blow may miss
            (fight,) = await execute(url, "select fight ->> 'round' as n from combats where not over")
            assert (await mara.type("attack hound"))["ok"]
            if ended_by == "command":
                reply = await tomas.type("defend")
                assert reply["ok"] or reply["error"]["code"] == "no_fight", reply
            else:
                await execute(url, "update timers set due_at = 0 where kind = 'combat_round'")
            n = fight["n"]
            await eventually(lambda n=n: execute(url, f"select from combats where over or (fight ->> 'round')::int > {n}"))
        found = await execute(url, "select name, quests from characters order by name")
        assert {one["name"]: msgspec.json.decode(one["quests"]) for one in found}["Mara"] == {"q": [2, 0]}
        assert [one["n"] for one in await execute(url, "select count(*) as n from facts where type = 'killed' group by character_id")] in (
            [1],
            [1, 1],
        )
        await eventually(lambda: told(heard, "It lies still."))
        assert len(await told(heard, "It lies still.")) == 1
        assert (await mara.type("talk marta"))["ok"]
        assert (await row(url))["flags"] == ["braver", "quest.q"]


async def told(heard, text):
    return [message for _, message in about_quests(heard) if text in message]


async def test_an_interactable_gives_each_player_one_that_stays_with_its_taker(url, tmp_path):
    """One for each; it can be neither dropped, given nor sold; the ledger has it."""
    async with cluster(url, tmp_path, world=QUIET) as (one,):
        mara, tomas = await someone(one), await someone(one, "Tomas")
        for who in (mara, tomas):
            assert (await who.type("in"))["ok"]
            assert (await who.type("search hooks"))["data"]["message"] == "You take the tin lantern."
            again = (await who.type("get lantern from hooks"))["error"]
            assert again["code"] == "has_one"
            assert (await who.type("drop lantern"))["error"]["code"] == "personal"
        (item,) = (await mara.type("look"))["data"]["location"]["things"][1:2]
        assert item == {"id": "stove_hooks", "name": "stove hooks", "searchable": True}
        await settle_scores(url)


async def test_things_are_brought_by_give_or_by_a_dialogue(url, tmp_path):
    """In parts, and no more than are asked for; the last brings the reward. What no quest asks for is refused as before."""
    steps = (Step("Bring.", bring=Bring("lamp_oil", "marta_kell", 3)),)
    world = asking(*steps, reward=Reward(scrap=3, items=(Placement("wool_scarf"),)))
    async with cluster(url, tmp_path, world=world) as (one,):
        mara, tomas = await someone(one, quests=["q"]), await someone(one, "Tomas")
        await execute(
            url,
            "insert into items (id, template, quantity, owner) select 11, 'lamp_oil', 2, 'character:' || id from characters where name = 'Mara'",
        )
        await execute(url, "insert into ledger (template, quantity, reason) values ('lamp_oil', 2, 'test')")
        await mara.enter()
        assert (await mara.type("give bread to marta"))["error"]["code"] == "not_possible"
        assert (await tomas.type("give bread to marta"))["error"]["code"] == "not_possible"
        assert (await mara.type("give oil to marta"))["data"]["message"] == "You give bottle of lamp oil ×2 to Marta Kell."
        assert (await row(url))["quests"] == {"q": [0, 2]}
        await execute(
            url,
            "insert into items (id, template, quantity, owner) select 12, 'lamp_oil', 2, 'character:' || id from characters where name = 'Mara'",
        )
        await execute(url, "insert into ledger (template, quantity, reason) values ('lamp_oil', 2, 'test')")
        one.service.forget(mara.id)
        await one.caching.drop(one_kind("inventory"), str(mara.id))
        reply = await mara.type("give oil to marta")
        assert reply["data"]["message"] == "You give bottle of lamp oil to Marta Kell."
        assert reply["data"]["you"]["scrap"] == 3
        me = await row(url)
        assert (me["quests"], me["flags"], me["scrap"]) == ({}, ["quest.q"], 3)
        await settle_scores(url)


def one_kind(name):
    from echoes.game.kinds import KINDS  # noqa: PLC0415

    return KINDS[name]


async def test_the_journal_collects_each_clue_once_under_its_mystery(url, tmp_path):
    """A look at a thing or a person, and a reading. A second look commits nothing."""
    async with cluster(url, tmp_path, world=QUIET) as (one,):
        mara = await someone(one, quests=["bell"])
        heard = await heard_by(one, mara)
        assert "empty" in (await mara.type("journal"))["data"]["message"]
        for line in ("in", "look writing"):
            assert (await mara.type(line))["ok"]
        assert (await row(url))["quests"] == {"bell": [1, 0]}
        before = await execute(url, "select version from characters")
        assert (await mara.type("look writing"))["ok"]
        assert await execute(url, "select version from characters") == before
        found = (await mara.type("clues about bell"))["data"]["journal"]
        assert [(one["question"], [clue["id"] for clue in one["clues"]], one["of"]) for one in found] == [
            ("Who rang the bell?", ["count"], 7)
        ]
        for line in ("out", "north", "west", "west", "up", "look bell", "look rope", "get note", "read note"):
            assert (await mara.type(line))["ok"], line
        for line in ("down", "east", "east", "south", "southwest", "look work coat", "northeast"):
            await mara.type(line)
        assert (await row(url))["quests"] == {"bell": [5, 0]}
        await execute(url, "update characters set location_id = 'umbrella_cellar', version = version + 1, stamina = 100")
        await mara.enter()
        assert (await mara.type("look book"))["ok"]
        await execute(url, "update characters set location_id = 'ferry_landing', version = version + 1, stamina = 100")
        await mara.enter()
        assert (await mara.type("look odile"))["ok"]
        (mystery,) = (await mara.type("journal"))["data"]["journal"]
        assert (len(mystery["clues"]), mystery["answer"][:17]) == (7, "Odile Marsh rang,")
        assert len([action for action, _ in about_quests(heard) if action == "clue_found"]) == 7
        assert len(await execute(url, "select from facts where type = 'clue_found'")) == 7
        assert (await row(url))["quests"] == {"bell": [6, 0]}


async def test_a_new_character_reads_of_its_first_quest_and_a_dialogue_begins_the_next(url, tmp_path):
    """A snapshot has it, too. A choice that begins a quest is offered while the character can begin it."""
    async with cluster(url, tmp_path, world=QUIET) as (one,):
        mara = await someone(one, quests=["lantern"])
        assert [quest.id for quest in (await one.snapshots.of(mara.id)).quests] == ["lantern"]
        offered = (await mara.type("talk marta"))["data"]["talk"]["choices"]
        assert "bell" in [choice["id"] for choice in offered]
        assert "hunt" not in [choice["id"] for choice in (await mara.type("choose bell"))["data"]["talk"]["choices"]]
        await execute(url, """update characters set flags = flags || '{"quest.lantern"}', quests = '{}', version = version + 1""")
        await mara.enter()
        heard = await heard_by(one, mara)
        for line in ("talk marta", "choose bell", "choose hunt"):
            assert (await mara.type(line))["ok"], line
        assert (await row(url))["quests"] == {"bell": [0, 0]}
        assert [action for action, _ in about_quests(heard)] == ["quest_begun"]
        assert (await mara.type("choose hunt"))["error"]["code"] in {"choice_gone", "no_choice"}


PLAYED = {
    "relief": [
        ("number_nine", "talk pike", "choose when", "choose relief", "choose go"),
        ("tram_depot", "get handle"),
        ("number_nine", "give handle to pike", "get waybill", "write initials on waybill", "talk pike"),
        ("orchard_terrace", "talk wren"),
    ],
    "lamp": [
        ("ferry_landing", "talk odile", "choose lamp", "choose tonight", "choose go"),
        ("chandlers_lane", "buy oil from tam"),
        ("ferry_landing", "fill the lamp with oil", "look lamp"),
        ("pillar_camp", "talk sabine", "choose emil"),
        ("ferry_landing", "talk odile"),
    ],
    "bell": [
        ("kiln_yard", "talk marta", "choose bell", "choose hunt"),
        ("kiln_chamber", "look writing"),
        ("bell_tower", "look bell", "look rope", "get note", "read note"),
        ("ferry_landing", "look odile", "talk odile", "choose note"),
        ("kiln_yard", "talk marta"),
    ],
}
"""Where the character is, and what it does there."""


@pytest.mark.parametrize("quest", PLAYED)
async def test_every_other_quest_is_played_to_its_end(url, tmp_path, quest):
    """The dialogues begin it, and its things, places, people and words are there. The reward comes through the ledger."""
    async with cluster(url, tmp_path, world=QUIET) as (one,):
        mara = await someone(one)
        await execute(url, """update characters set flags = '{"quest.lantern"}', scrap = 500""")
        await execute(url, "insert into ledger (template, quantity, reason) values ('scrap', 500, 'test')")
        for place, *lines in PLAYED[quest]:
            await execute(url, f"update characters set location_id = '{place}', version = version + 1")  # noqa: S608 - constants
            await mara.enter()
            for line in lines:
                reply = await mara.type(line)
                assert reply["ok"], (place, line, reply)
        me = await row(url)
        assert me["quests"] == {}
        assert f"quest.{quest}" in me["flags"]
        assert me["level"] >= 2
        await settle_scores(url)


async def test_a_quest_that_a_character_is_on_is_not_removed(url, tmp_path):
    async with cluster(url, tmp_path, world=QUIET) as (one,):
        mara = await someone(one, quests=["lantern"])
        without = stamped(msgspec.structs.replace(QUIET, quests={id_: quest for id_, quest in QUIET.quests.items() if id_ != "lantern"}))
        with pytest.raises(InUse, match="quest lantern: characters that are on it: 1"):
            await contents.push(one.database, without)
        await execute(url, "update characters set quests = '{}'")
        await contents.push(one.database, without)
        assert isinstance(mara, Someone)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("quests", "Quests"), ("quest", "Quests"), ("tasks", "Quests"), ("what now", "Quests"), ("journal", "Journal"), ("clues", "Journal"),
        ("carve name on lantern", "HandleThing"), ("write my name in the glass", "HandleThing"), ("hang up lantern", "HandleThing"),
        ("pour oil into lamp", "HandleThing"), ("fill the lamp with oil", "HandleThing"), ("write initials on waybill", "HandleThing"),
    ],
)  # fmt: skip
def test_words_of_newcomers_are_understood(line, name):
    assert type(Catalogue().understand(line, 1)).__name__ == name


def test_here_is_where_the_hounds_are():
    """The tests above fight in the place of their arena."""
    assert SHIPPED.start.location == HERE
