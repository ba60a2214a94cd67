"""Conversations: beginning, choosing, asking, what they give and take, and what is refused; over one worker or two, and PostgreSQL."""

import asyncio

import msgspec
import pytest
from cluster import SHIPPED, cluster, someone
from echoes.errors import Refused
from echoes.game import conversations
from echoes.game.catalogue import Catalogue
from echoes.game.commands.conversing import Ask, Choose, Greet, Talk
from echoes.game.conversations import Conversation
from echoes.game.kinds import CHARACTER
from echoes.storage.commits import Thing
from echoes.wire import ChoiceView, Snapshot, TalkView
from echoes.world.content import stamped
from echoes.world.model import Choice, Consequences, Dialogue, Needs, Opening, Passage, Placement, Quest, Step, Topic

UNDERSTOOD = Catalogue().understand
GIFT = Consequences(give=(Placement("linen_bandage", 2), Placement("tinderbox")), earn=7, sets=("helped",))
TRADE = Consequences(take=(Placement("ash_bread", 3),), pay=2, clears=("helped",))
MARTA = Dialogue(
    openings=(Opening("again", Needs(flags=("helped",))), Opening("first")),
    passages={
        "first": Passage("First.", {
            "gift": Choice("Help me.", "first", Needs(without=("helped",)), GIFT),
            "trade": Choice("Take my bread.", "last", does=TRADE),
            "rich": Choice("I am rich.", "last", Needs(scrap=1000)),
            "armed": Choice("I have a poker.", "first", Needs(has=(Placement("kiln_poker"),))),
            "bye": Choice("Goodbye."),
        }),
        "again": Passage("Again.", {"bye": Choice("Goodbye."), "trade": Choice("Take my bread.", "last", does=TRADE)}),
        "last": Passage("So be it."),
    },
    topics={
        "the_bell": Topic("It rang.", ("orsola",), sets=("asked",)),
        "secret": Topic("I told you.", needs=Needs(flags=("asked",))),
    },
    shrug="No idea.",
)  # fmt: skip
WORLD = stamped(msgspec.structs.replace(SHIPPED, dialogues={**SHIPPED.dialogues, "marta_kell": MARTA}))


@pytest.fixture
async def contexts(database_url, tmp_path):
    async with cluster(database_url, tmp_path, workers=2, world=WORLD) as found:
        yield found


@pytest.fixture
def context(contexts):
    return contexts[0]


async def row(one):
    return await one.context.database.row("test", "select version, scrap, flags, conversation from characters where id = $1", one.id)


async def has(one, template):
    """How many, loose or worn."""
    sql = "select coalesce(sum(quantity), 0)::int as n from items where owner = $1 and template = $2"
    return (await one.context.database.row("test", sql, f"character:{one.id}", template))["n"]


async def change_kit(one, change):
    """All that a character has is changed behind its back."""
    await one.context.database.rows("test", f"update items set {change} where owner = $1", f"character:{one.id}")  # noqa: S608 - a constant
    await one.context.caching.drop(CHARACTER, str(one.id))
    await one.enter()


async def facts(one):
    rows = await one.context.database.rows("test", "select type, body from facts where character_id = $1 order by id", one.id)
    return [(found["type"], msgspec.json.decode(found["body"])) for found in rows]


def choices(reply):
    return [choice["id"] for choice in reply["data"]["talk"].get("choices", [])]


async def refused(one, line):
    """Refused with a code and a hint, and nothing has changed."""
    before = await row(one), await one.context.database.rows("test", "select id, version, owner, quantity from items order by id")
    reply = await one.type(line)
    assert not reply["ok"], reply
    assert reply["error"]["hint"], reply
    assert before == (await row(one), await one.context.database.rows("test", "select id, version, owner, quantity from items order by id"))
    return reply["error"]["code"]


# ── where a character stands ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def mara(row):
    """A row in which nothing is carried, known or begun."""
    return msgspec.structs.replace(row(1), location_id="kiln_yard", scrap=4, flags=("met",))


def talking(me, npc="marta_kell", passage="first", offered=("gift", "bye")):
    return msgspec.structs.replace(me, conversation=conversations.kept(Conversation(npc, passage, offered)))


def test_a_conversation_is_kept_as_text_with_its_npc(mara):
    """It is over where the NPC is elsewhere, or the content has it or its dialogue no longer; so is a text that is none."""
    one = Conversation("marta_kell", "first", ("gift", "bye"))
    assert (conversations.kept(None), conversations.kept(one)) == ("", '["marta_kell","first",["gift","bye"]]')
    assert conversations.standing(talking(mara), {"marta_kell"}, WORLD) == one
    assert conversations.standing(talking(mara), {"old_tam"}, WORLD) is None
    for kind in ("npcs", "dialogues"):
        without = msgspec.structs.replace(WORLD, **{kind: {id_: it for id_, it in getattr(WORLD, kind).items() if id_ != "marta_kell"}})
        assert conversations.standing(talking(mara), {"marta_kell"}, without) is None
    for text in ("", "{", "[1]"):
        assert conversations.standing(msgspec.structs.replace(mara, conversation=text), {"marta_kell"}, WORLD) is None


def test_a_speaker_has_all_that_it_carries_and_hands_over_a_part_of_it(mara):
    """Not a worn thing, and none of the kit; a personal thing that it was given later may be handed over. It can begin quests that are open to it."""
    things = [
        Thing(1, 1, "ash_bread", 2), Thing(2, 1, "ash_bread", 3, personal=True), Thing(3, 1, "straw_hat", 1, slot="head"),
        Thing(4, 1, "old_coin", 4, personal=True), Thing(5, 1, "old_coin", 1),
    ]  # fmt: skip
    quests = {"open": Quest("One", "Offer.", (Step("Go.", go="quay"),), "End."), "later": Quest("Two", "Offer.", (), "End.", level=9)}
    speaker = conversations.speaker_of(mara, things, msgspec.structs.replace(WORLD, quests=quests))
    assert speaker.carried == {"ash_bread": 5, "straw_hat": 1, "old_coin": 5}
    assert speaker.loose == {"ash_bread": 2, "old_coin": 5}
    assert (speaker.scrap, speaker.flags, speaker.can_begin) == (4, ("met",), {"open"})
    assert [conversations.is_loose(thing) for thing in things] == [True, False, False, False, True]


def test_a_passage_without_a_choice_ends_a_conversation(mara):
    """Else it stands there, with the choices that the character has."""
    speaker = conversations.speaker_of(mara, [], WORLD)
    now, found = conversations.come_to("marta_kell", "first", MARTA, speaker)
    assert (now, [id_ for id_, _ in found]) == (Conversation("marta_kell", "first", ("gift", "bye")), ["gift", "bye"])
    assert conversations.come_to("marta_kell", "last", MARTA, speaker) == (None, [])


def test_the_view_of_a_conversation_has_the_choices_that_were_offered(mara):
    """With the topics of now, and as one line of the story; a choice or a passage that the content no longer has is not shown."""
    view = conversations.view_of(talking(mara, offered=("gift", "gone", "bye")), [], {"marta_kell"}, WORLD)
    assert view == TalkView(
        "marta_kell", "Marta Kell", "first", "First.", [ChoiceView("gift", "Help me."), ChoiceView("bye", "Goodbye.")], ["the bell"]
    )
    assert conversations.as_prose(view) == "Marta Kell: “First.” 1: Help me. 2: Goodbye."
    assert conversations.view_of(talking(mara, passage="gone"), [], {"marta_kell"}, WORLD) is None
    assert conversations.view_of(mara, [], {"marta_kell"}, WORLD) is None


# ── typing ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("talk marta", Talk(to="marta")),
        ("talk to Old Tam", Talk(to="Old Tam")),
        ("speak with the chandler.", Talk(to="chandler")),
        ("talk", Talk()),
        ("talk to marta about the fire", Talk(to="marta", about="the fire")),
        ("ask marta about fire", Ask(to="marta", about="fire")),
        ("ask about the bell?", Ask(about="the bell")),
        ("ask old tam about who rang the bell", Ask(to="old tam", about="who rang the bell")),
        ("ask marta who rang the bell", Ask(to="marta", about="who rang the bell")),
        ("1", Choose(choice="1")),
        ("choose 2", Choose(choice="2")),
        ("choose number 2", Choose(choice="2")),
        ("answer who rang the bell?", Choose(choice="who rang the bell")),
        ("greet marta", Greet(to="marta")),
    ],
)
def test_a_typed_line_becomes_the_command(line, command):
    """A number alone is a choice."""
    assert UNDERSTOOD(line, 1) == command


@pytest.mark.parametrize(("line", "code"), [("ask", "incomplete"), ("ask marta", "incomplete"), ("2 bread", "no_choice")])
def test_a_line_that_lacks_something_is_refused(line, code):
    with pytest.raises(Refused) as found:
        UNDERSTOOD(line, 1)
    assert found.value.code == code


# ── a conversation ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_conversation_begins_offers_and_ends(context):
    """The reply has words and choices as data and as prose; each step is in the row and is a fact."""
    mara = await someone(context)
    reply = await mara.type("talk to marta")
    assert (reply["data"]["talk"]["says"], choices(reply)) == ("First.", ["gift", "armed", "bye"])
    assert reply["data"]["talk"]["topics"] == ["the bell"]
    assert reply["data"]["message"] == "Marta Kell: “First.” 1: Help me. 2: I have a poker. 3: Goodbye."
    reply = await mara.type("2")
    assert (reply["data"]["command"], choices(reply)) == ("choose", ["gift", "armed", "bye"])
    assert reply["data"]["message"].startswith("You: “I have a poker.” Marta Kell: “First.” 1: ")
    reply = await mara.type("choose goodbye")
    assert (choices(reply), (await row(mara))["conversation"]) == ([], "")
    assert await refused(mara, "1") == "not_talking"
    assert [body for kind, body in await facts(mara) if kind == "talked"] == [
        {"npc": "marta_kell", "passage": "first"},
        {"npc": "marta_kell", "passage": "first", "choice": "armed"},
        {"npc": "marta_kell", "choice": "bye"},
    ]


async def test_a_gift_is_given_once(context):
    """Things, scrap and flag in one commit; the ledger has them; the choice is gone afterwards."""
    mara = await someone(context)
    bandages = await has(mara, "linen_bandage")
    await mara.type("talk marta")
    reply = await mara.type("1")
    assert choices(reply) == ["armed", "bye"]
    assert "You are given linen bandage ×2. You are given tinderbox. You are given 7 scrap." in reply["data"]["message"]
    assert (await has(mara, "linen_bandage"), await has(mara, "tinderbox")) == (bandages + 2, 1)
    assert reply["data"]["you"]["scrap"] == (await row(mara))["scrap"] == 7
    assert (await row(mara))["flags"] == ["helped"]
    ledger = await context.database.rows("test", "select template, quantity from ledger where reason = 'dialogue' order by template")
    assert [tuple(one) for one in ledger] == [("linen_bandage", 2), ("scrap", 7), ("tinderbox", 1)]
    assert choices(await mara.type("talk marta")) == ["bye"], "another opening"
    assert ("took", {"item": "tinderbox", "quantity": 1, "source": "gift"}) in await facts(mara)


async def test_a_stale_flag_gives_no_second_gift(context):
    """A cache that lacks the flag, as a former release writes it, is found out by PostgreSQL."""
    mara = await someone(context)
    await mara.type("talk marta")
    await mara.type("1")
    await context.database.rows(
        "test", "update characters set conversation = $2 where id = $1", mara.id, '["marta_kell","first",["gift","bye"]]'
    )
    me = await context.service.row(mara.id)
    context.caching.drop_near(CHARACTER, str(mara.id))
    await context.caching.drop(CHARACTER, str(mara.id))
    await context.caching.put(CHARACTER, str(mara.id), me.version, msgspec.structs.replace(me, flags=()))
    assert await refused(mara, "1") == "choice_gone"
    assert (await row(mara))["scrap"] == 7


async def test_a_choice_takes_loose_things_only(context):
    """Personal things are not handed over; enough loose ones and enough scrap are, over several stacks."""
    mara = await someone(context)
    await mara.type("talk marta")
    await mara.type("1")
    assert "trade" not in choices(await mara.type("talk marta")), "two loaves"
    await context.database.rows(
        "test", "insert into items (id, template, quantity, owner) values (77, 'ash_bread', 2, $1)", f"character:{mara.id}"
    )
    await change_kit(mara, "personal = true")
    assert "trade" not in choices(await mara.type("talk marta")), "four loaves, and all are personal"
    await change_kit(mara, "personal = false")
    assert choices(await mara.type("talk marta")) == ["bye", "trade"]
    reply = await mara.type("2")
    assert "You hand over ash bread ×3. You pay 2 scrap." in reply["data"]["message"]
    assert (await has(mara, "ash_bread"), (await row(mara))["scrap"], (await row(mara))["flags"]) == (1, 5, [])
    assert reply["data"]["talk"]["says"] == "So be it."
    assert (await row(mara))["conversation"] == "", "a passage without choices ends it"
    assert ("gave", {"item": "ash_bread", "quantity": 3, "to": "npc:marta_kell"}) in await facts(mara)


async def test_a_gift_that_cannot_be_carried_is_refused(context):
    """Nothing is given then, and the conversation stands where it stood."""
    mara = await someone(context)
    await mara.type("talk marta")
    await context.database.rows(
        "test", "insert into items (id, template, quantity, owner) values (78, 'scrap_iron', 900, $1)", f"character:{mara.id}"
    )
    await mara.enter()
    assert await refused(mara, "1") == "too_heavy"
    assert choices(await mara.type("talk marta"))[0] == "gift"


async def test_a_choice_that_is_gone_is_refused(context):
    """A number means the choice as it was offered: one that is no longer to be had is never another one."""
    mara = await someone(context)
    await mara.type("talk marta")
    await context.database.rows("test", "update items set owner = 'location:overpass' where template = 'kiln_poker'")
    await mara.enter()
    assert await refused(mara, "2") == "choice_gone"
    assert await refused(mara, "4") == "no_choice"
    assert await refused(mara, "choose sing") == "no_choice"
    assert await refused(mara, "choose trade") == "no_choice", "it was not offered"
    reply = await mara.context.service.run(mara.actor, Choose(id=50, choice="bye", passage="again"))
    assert msgspec.json.decode(reply)["error"]["code"] == "choice_gone"
    mara.number = 50
    assert (await mara.type("3"))["ok"]


async def test_a_conversation_survives_another_worker_and_a_reconnect(contexts):
    """It is in the row: the other worker continues it, and a snapshot shows it."""
    here, there = contexts
    mara = await someone(here)
    await mara.type("talk marta")
    await mara.enter(there)
    snapshot = await there.snapshots.of(mara.id)
    assert isinstance(snapshot, Snapshot)
    assert [choice.id for choice in snapshot.talk.choices] == ["gift", "armed", "bye"]
    assert choices(await mara.type("2")) == ["gift", "armed", "bye"]
    assert (await mara.type("n"))["ok"]
    assert (await there.snapshots.of(mara.id)).talk is None
    assert await refused(mara, "1") == "not_talking"


async def test_content_that_is_gone_ends_a_conversation(context):
    """A passage or a dialogue of former content: refused, never a crash."""
    mara = await someone(context)
    for kept in ('["marta_kell","gone",["a"]]', '["marta_kell","first",["gone"]]', '["nobody","first",["a"]]', "[]", "{", "[1,2,3]"):
        await context.database.rows("test", "update characters set conversation = $2, version = version + 1 where id = $1", mara.id, kept)
        await mara.enter()
        assert await refused(mara, "1") in {"choice_gone", "not_talking"}, kept
        assert ((await context.snapshots.of(mara.id)).talk is None) == ('kell","first' not in kept), kept
    assert (await mara.type("talk marta"))["ok"]


# ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_asking_answers_and_notes_it(context):
    """By the topic's name, another word or a whole sentence; what was asked opens other topics."""
    mara = await someone(context)
    assert await refused(mara, "ask marta about secret") == "no_topic"
    for line in (
        "ask marta about the bell",
        "ask marta about orsola",
        "ask marta who rang the bell",
        "talk to marta about the bell",
        "ask about bell",
    ):
        reply = await mara.type(line)
        assert reply["data"]["message"] == "Marta Kell: “It rang.”", (line, reply)
    assert (await row(mara))["flags"] == ["asked"]
    assert (await mara.type("ask marta about secret"))["data"]["message"] == "Marta Kell: “I told you.”"
    reply = await mara.type("ask marta about unicorns")
    assert (reply["error"]["code"], reply["error"]["message"]) == ("no_topic", "Marta Kell: “No idea.”")
    assert reply["error"]["hint"] == "Ask about the bell or secret."
    assert ("talked", {"npc": "marta_kell", "topic": "the_bell"}) in await facts(mara)


async def test_people_who_cannot_be_talked_with(context):
    """Players, NPCs that are elsewhere, unknown names: each is refused in words of its own."""
    mara, _ = await someone(context), await someone(context, "Tomas")
    assert await refused(mara, "talk tomas") == "not_possible"
    assert await refused(mara, "talk to old tam") == "not_here"
    assert await refused(mara, "talk unicorn") == "not_here"
    assert await refused(mara, "ask tomas about bread") == "not_possible"
    assert await refused(mara, "greet unicorn") == "not_here"
    await mara.type("n")
    assert await refused(mara, "talk") == "not_here"
    assert await refused(mara, "talk marta") == "not_here"


async def test_a_greeting_is_seen_and_answered(context):
    """An NPC answers the actor with one of its greetings; a player is greeted by name. It leaves no row."""
    mara, _ = await someone(context), await someone(context, "Tomas")
    before = await row(mara)
    reply = await mara.type("greet marta")
    assert reply["data"]["message"].startswith("Mara greets Marta Kell. Marta Kell: “")
    assert any(line in reply["data"]["message"] for line in WORLD.npcs["marta_kell"].greetings)
    assert (await mara.type("greet tom"))["data"]["message"] == "Mara greets Tomas."
    assert await row(mara) == before


async def test_a_whisper_to_an_npc_is_answered_in_the_games_voice(context):
    """Unless a player is called so."""
    mara = await someone(context)
    reply = await mara.type("whisper marta hello")
    assert (reply["error"]["code"], "Marta Kell" in reply["error"]["message"]) == ("not_possible", True)
    await someone(context, "Marta")
    assert (await mara.type("whisper marta hello"))["ok"]


async def test_two_choices_at_once_are_made_one_after_the_other(contexts):
    """Over the session and over HTTP on another worker: the gift is given once."""
    here, there = contexts
    mara = await someone(here)
    await mara.type("talk marta")
    replies = await asyncio.gather(mara.type("choose gift"), mara.ask(there, "choose gift"))
    assert sorted(reply["ok"] for reply in replies) == [False, True], replies
    assert ((await row(mara))["scrap"], await has(mara, "tinderbox")) == (7, 1)


# ── the city's own ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_every_dialogue_of_the_city_can_be_walked_through(database_url, tmp_path):
    """A newcomer talks with each of its people, takes the free choices, and comes to an end."""
    async with cluster(database_url, tmp_path) as (context,):
        mara = await someone(context)
        where = {npc: place for place, location in SHIPPED.locations.items() for npc in location.npcs}
        for npc in SHIPPED.dialogues:
            await context.database.rows(
                "test", "update characters set location_id = $2, version = version + 1 where id = $1", mara.id, where[npc]
            )
            await mara.enter()
            reply = await mara.type(f"talk {SHIPPED.npcs[npc].name}")
            for _ in range(20):
                assert reply["ok"], (npc, reply)
                if not choices(reply):
                    break
                reply = await mara.type(str(len(choices(reply))))
            assert not choices(reply), npc
            for topic in SHIPPED.dialogues[npc].topics:
                assert (await mara.type(f"ask {SHIPPED.npcs[npc].name} about {topic.replace('_', ' ')}"))["ok"], (npc, topic)
