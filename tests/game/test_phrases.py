"""Phrases of newcomers: each is carried out in its place, or answered in the game's voice. Several things, gestures, routes, whispers."""

from pathlib import Path

import msgspec
import pytest
from cluster import SHIPPED, cluster, someone
from echoes.channels import decode_envelope, location_channel
from echoes.errors import Refused
from echoes.game.catalogue import Catalogue
from echoes.game.commands.fighting import Attack
from echoes.game.commands.gestures import GESTURES, Gesture
from echoes.game.commands.help import TOPICS
from echoes.game.commands.looking import Look
from echoes.game.commands.searching import Search
from echoes.game.commands.talking import Whisper
from echoes.game.commands.trading import Goods
from echoes.game.commands.walking import Move
from echoes.game.commands.wearing import Equip, Unequip, Use
from echoes.game.kinds import GROUND, INVENTORY
from echoes.game.refusals import MEANS, ON_FOOT, REFUSED
from echoes.game.sentences import PAGES, SENTENCES, VIEWS
from echoes.game.several import MOST
from echoes.storage.commits import new_item_id
from echoes.wire import Line
from echoes.world import routes

PHRASES = [
    phrase
    for name in ("phrases.txt", "more_phrases.txt")
    for phrase in Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
]
NOT_UNDERSTOOD = {"unknown_command", "bad_command", "internal", "no_such_topic", "bad_text"}
UNDERSTOOD = Catalogue().understand


@pytest.fixture
async def context(database_url, tmp_path):
    async with cluster(database_url, tmp_path) as (context,):
        yield context


async def put(context, owner, template, number=1, quantity=1):
    """Things come into the world without a command."""
    for _ in range(number):
        durability = context.world.items[template].durability
        await context.database.rows(
            "test", "insert into items (id, template, quantity, durability, owner) values ($1, $2, $3, $4, $5)",
            new_item_id(), template, quantity, durability, owner,
        )  # fmt: skip
    await forget(context, owner)


async def forget(context, owner):
    """Nothing cached of a place's or a person's things is of use any more."""
    kind, _, of = owner.partition(":")
    await context.caching.drop(GROUND if kind == "location" else INVENTORY, of)


async def things(context, owner):
    """Template to quantity."""
    rows = await context.database.rows(
        "test", "select template, sum(quantity)::int as number from items where owner = $1 group by template", owner
    )
    return {row["template"]: row["number"] for row in rows}


def code(reply):
    return "" if reply["ok"] else reply["error"]["code"]


async def test_every_phrase_is_carried_out_or_answered(context):
    """In the yard where newcomers wake, beside Tomas and Marta; none is an unknown word, and each refusal says what to do instead."""
    mara, _ = await someone(context), await someone(context, "Tomas")
    unanswered = {}
    for phrase in PHRASES:
        mara.actor.spend = lambda _: True
        reply = await mara.type(phrase)
        answer = reply["data"]["message"] if reply["ok"] else f"{reply['error']['message']} {reply['error'].get('hint', '')}"
        if code(reply) in NOT_UNDERSTOOD or not answer.strip() or (not reply["ok"] and not reply["error"].get("hint")):
            unanswered[phrase] = reply
        await mara.type("go to kiln yard")
    assert not unanswered, "\n".join(map(str, unanswered.items()))
    assert len(PHRASES) > 500


async def test_a_phrase_becomes_the_command_that_it_says(context):
    """A sample by its effect: an answer of any kind is not enough for what can be done."""
    mara, _ = await someone(context), await someone(context, "Tomas")
    for phrase, command in {
        "take all": "pick_up", "drop everything": "drop", "get all": "pick_up", "put coat on": "equip", "take my coat off": "unequip",
        "wield kiln poker": "equip", "look under shelf": "look", "inspect the shelf": "look", "x chimney": "look", "use pump": "use",
        "read lanterns": "use", "bow": "gesture", "hug marta": "gesture", "me waves": "emote", "whisper to tomas hi": "whisper",
        "where am i": "look", "who am i": "look", "equipment": "inventory", "/who": "who", "sit down": "rest", "stand": "stand",
        "can i go north please?": "move", "I look around": "look", "what am i wearing": "inventory", "my stats": "score",
        "how do i train": "help", "who is marta": "look", "tell me about the bell": "ask", "marta": "look", "give tomas bread": "give",
        "what can i buy": "list", "!help": "help", "I am hungry": "inventory", "what happens when i die": "help",
        "find": "search", "go inside": "move", "exit": "move", "enter kiln": "move", "climb out": "move",
    }.items():  # fmt: skip
        reply = await mara.type(phrase)
        assert reply["ok"], (phrase, reply)
        assert reply["data"]["command"] == command, phrase
        if phrase not in {"go inside", "enter kiln"}:
            await mara.type("go to kiln yard")


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("put coat on", Equip(item="coat")),
        ("take the patched coat off.", Unequip(item="the patched coat")),
        ("look at the fountain", Look(target="the fountain")),
        ("look into the jug", Look(target="jug")),
        ("look for the jug", Search(target="the jug")),
        ("please look", Look()),
        ("would you go north, please", Move(direction="north")),
        ("attack the rat with the poker", Attack(target="the rat")),
        ("use bandage on me", Use(item="bandage")),
        ("use bandage on Tomas", Use(item="bandage on Tomas")),
        ("check the jug", Look(target="the jug")),
        ("list items", Goods()),
        ("exit the kiln", Move(direction="out")),
        ("go to the kiln yard", Move(direction="kiln yard")),
        ("go back to the market", Move(direction="market")),
        ("go inside", Move(direction="inside")),
        ("go in", Move(direction="in")),
        ("climb up", Move(direction="up")),
        ("run north", Move(direction="north")),
        ("whisper to Tomas hi", Whisper(to="Tomas", text="hi")),
        ("whisper To hi", Whisper(to="To", text="hi")),
        ("whisper “Old Tom” hi", Whisper(to="Old Tom", text="hi")),
        ("wave to Tomas", Gesture(act="wave", to="Tomas")),
        ("Smile.", Gesture(act="smile")),
        ("shru", Gesture(act="shrug")),
        ("tell Mara a; b", Whisper(to="Mara", text="a; b")),
        ("look;", Look()),
        ("where am i?", Look()),
        ("/look", Look()),
    ],
)
def test_words_around_the_thing_do_not_matter(line, command):
    """Particles, articles, prepositions, synonyms."""
    assert UNDERSTOOD(line, 1) == command


@pytest.mark.parametrize("line", ["n;n;e", "look; inventory", "n n e", "get lantern；drop lantern", "smile; nod"])
def test_one_line_holds_one_command(line):
    """Each command has its own number: a client sends several lines, and the server refuses to guess."""
    with pytest.raises(Refused) as refused:
        UNDERSTOOD(line, 1)
    assert refused.value.code == "one_command"


def test_tables_lead_somewhere():
    """A word's meaning is a command; a refusal says what to do; a verb of walking is refused without a direction."""
    for word, line in MEANS.items():
        assert UNDERSTOOD(word, 1) == UNDERSTOOD(line, 1), word
    for word, (message, hint) in REFUSED.items():
        assert message.endswith(".")
        assert hint, word
    assert REFUSED.keys() >= ON_FOOT
    assert len(GESTURES) > 25
    assert not {*MEANS} & {*REFUSED}


async def test_several_things_are_one_commit(context):
    """By `all`, by kind, by name and number: each once, under one number, shown in one event."""
    mara = await someone(context)
    here = f"location:{mara.context.world.start.location}"

    before = await things(context, here)
    assert before
    rows = "select count(*)::int as n from commands"
    count = (await context.database.rows("test", rows))[0]["n"]
    reply = await mara.type("get all")
    assert reply["ok"], reply
    assert await things(context, here) == {}
    assert len(reply["data"]["items"]) >= len(before)
    assert (await context.database.rows("test", rows))[0]["n"] == count + 1
    dropped = await mara.type("drop lantern, the tile and 1 bread")
    assert dropped["ok"], dropped
    assert await things(context, here) == {"storm_lantern": 1, "painted_tile": 1, "ash_bread": 1}
    assert (await mara.type("get lantern and tile"))["ok"]
    assert await things(context, here) == {"ash_bread": 1}


async def test_all_of_a_kind(context):
    """`all lanterns` is every lantern and nothing else; the plural of a word is understood."""
    mara = await someone(context)
    here = f"location:{mara.context.world.start.location}"
    await put(context, here, "storm_lantern", 2)
    reply = await mara.type("get all lanterns")
    assert reply["ok"], reply
    assert (await things(context, here)).keys() == {"painted_tile"}
    assert (await mara.type("drop all lanterns"))["ok"]
    assert (await things(context, here))["storm_lantern"] == 3


async def test_bad_cases_of_several_change_nothing(context):
    """One that is missing, one that is ambiguous, too many: refused as a whole."""
    mara = await someone(context)
    here = f"location:{mara.context.world.start.location}"
    before = await things(context, here)
    assert code(await mara.type("get lantern and unicorn")) == "not_here"
    assert code(await mara.type("get " + ",".join("abcdefghijklmnopqrstuvwxyz"))) == "too_many"
    assert code(await mara.type("get 5 lantern and tile")) == "too_few"
    assert code(await mara.type("wear coat and poker")) == "one_thing"
    assert code(await mara.type("drop all unicorns")) == "not_carried"
    assert await things(context, here) == before
    await put(context, here, "storm_lantern", MOST + 5)
    await context.database.rows("test", "update items set template = 'painted_tile' where owner = $1", here)
    await forget(context, here)
    assert (await mara.type("get all"))["ok"]
    assert sum((await things(context, here)).values()) >= sum(before.values()) + 5
    for owner in (here, f"character:{mara.id}"):
        await context.database.rows("test", "delete from items where owner = $1", owner)
        await forget(context, owner)
    await mara.enter()
    assert code(await mara.type("get all")) == "not_here"
    assert code(await mara.type("drop all")) == "not_carried"


async def test_a_known_place_is_walked_to_step_by_step(context):
    """Each step is one move; the answer holds the next line until one is there. Unknown places and ways are refused."""
    mara = await someone(context)
    for step in ("n", "n"):
        assert (await mara.type(step))["ok"]
    line, lines = "go to the kiln yard", []
    while line:
        reply = await mara.type(line)
        assert reply["data"]["command"] == "move"
        line = reply["data"].get("next_line", "")
        lines.append(line)
    assert lines == ["go to The Kiln Yard", ""]
    assert (await mara.type("look"))["data"]["location"]["id"] == "kiln_yard"
    assert code(await mara.type("go to kiln yard")) == "already_there"
    assert code(await mara.type("go to the overpass of nowhere")) == "no_exit"


def test_a_route_keeps_to_known_places():
    """The fewest steps; none through a place that is not known."""
    world = SHIPPED
    start = world.start.location
    north = world.locations[start].exits["north"].to
    assert routes.route(world, [start, north], north, start) == ["south"]
    assert routes.route(world, [start], start, north) == []
    assert routes.route(world, [start], start, start) == []


async def test_words_of_the_place_can_be_looked_at(context):
    """A word that the location's texts mention is answered with its sentence; other words are refused with a hint at what can be seen."""
    mara = await someone(context)
    assert "chimney" in (await mara.type("x chimney"))["data"]["message"]
    refused = (await mara.type("x unicorn"))["error"]
    assert (refused["code"], "iron pump" in refused["hint"]) == ("not_here", True)
    assert code(await mara.type("x the")) == "not_here"
    view = (await mara.type("look"))["data"]
    assert view["location"]["around"] in view["message"]
    assert view["location"]["around"].startswith("Exits: north")
    assert "Marta" in view["location"]["around"]
    assert "storm lantern" in view["location"]["around"]


async def test_private_words_go_to_a_whole_name(context):
    """Never to one that begins with a word of the line; names match without their accents."""
    mara, _, _ = await someone(context), await someone(context, "Tobias"), await someone(context, "José Ría")
    assert code(await mara.type("whisper to X hi")) == "not_here"
    assert code(await mara.type("whisper to hi")) == "not_here"
    assert code(await mara.type("whisper jose hi")) == "not_here"
    for line in ("whisper jose ria hi", "whisper to José Ría hi", 'whisper "jose ria" hi', "tell JOSE RIA hi"):
        reply = await mara.type(line)
        assert reply["data"]["message"] == "You whisper to José Ría: “hi”", (line, reply)
    await someone(context, "Jose")
    assert code(await mara.type("whisper jose ria hi")) == "ambiguous"
    assert (await mara.type("whisper jose hi"))["data"]["message"] == "You whisper to Jose: “hi”"


async def test_a_gesture_is_seen_and_kept_nowhere(context):
    """As an emote, with the name of the person that it is for; it leaves no row."""
    mara, _ = await someone(context), await someone(context, "Tomas")
    heard = []
    listening = await context.facilities.broadcast.subscribe(location_channel(context.world.start.location), heard.append)
    count = await context.database.rows("test", "select count(*)::int as n from commands")
    assert (await mara.type("wave to tom"))["data"]["message"] == "Mara waves to Tomas."
    assert (await mara.type("bow"))["data"]["message"] == "Mara bows."
    assert (await mara.type("hug marta"))["data"]["message"].startswith("Mara hugs Marta")
    assert code(await mara.type("wave to nobody")) == "not_here"
    await listening.close()
    told = [msgspec.json.decode(decode_envelope(one.payload).payload)["data"] for one in heard]
    assert [(one["kind"], one["message"]) for one in told][:2] == [("emote", "Mara waves to Tomas."), ("emote", "Mara bows.")]
    assert await context.database.rows("test", "select count(*)::int as n from commands") == count
    assert code(msgspec.json.decode(await context.service.run(mara.actor, Gesture(id=99, act="moonwalk")))) == "incomplete"


async def test_a_line_of_two_commands_does_neither_over_http(context):
    """And its number may be used again."""
    mara = await someone(context)
    reply = msgspec.json.decode(await context.service.run(mara.actor, Line(id=1, text="n;s")))
    assert code(reply) == "one_command"
    assert (await mara.type("look"))["data"]["location"]["id"] == "kiln_yard"


def test_every_page_for_a_question_exists():
    """`how do I …?` leads to a page of `help`."""
    pages = {*TOPICS, *Catalogue().by_word}
    assert {page for page in PAGES.values() if page not in pages} == set()
    assert {*Catalogue().by_word, *MEANS} >= VIEWS
    for pattern, meaning in SENTENCES:
        if "\\" not in meaning:
            assert UNDERSTOOD(meaning, 1), pattern.pattern


@pytest.mark.parametrize(
    "line", ["how", "leave the kiln", "leave lantern", "is it dark?", "who rang the bell", "I hate this", "where is home", "can you fly"]
)
async def test_questions_without_a_command_are_answered_all_the_same(line):
    """In the game's voice, with what to do instead; no verb is taken from the middle of them."""
    with pytest.raises(Refused) as refused:
        UNDERSTOOD(line, 1)
    assert refused.value.code == "not_possible"
    assert refused.value.hint


@pytest.mark.parametrize(
    "line", ["who mara", "say can you hear me", "leave behind bread", "whisper Tomas where are you", "emote is here", "i"]
)
def test_a_command_that_seems_to_ask_stays_a_command(line):
    """Words that are spoken stay as they are."""
    assert UNDERSTOOD(line, 1)


async def test_the_name_of_something_here_is_a_look_at_it(context):
    """A word that is no command and names nothing is refused as before."""
    mara = await someone(context)
    for word in ("marta", "Lantern", "iron pump"):
        reply = await mara.type(word)
        assert reply["ok"], reply
        assert reply["data"]["command"] == "look"
    for word in ("frobnicate", "pum", "123"):
        assert code(await mara.type(word)) == "unknown_command", word
