"""Other words for what the game knows: synonyms, words around the thing, third persons, words for nothing in particular."""

import importlib
import inspect
import pkgutil
import re

import echoes.game
import pytest
from cluster import cluster, someone
from echoes.errors import Refused
from echoes.game.catalogue import Catalogue
from echoes.game.commands.carrying import Drop, Give, Inventory, PickUp
from echoes.game.commands.conversing import Ask, Choose, Greet, Talk
from echoes.game.commands.fighting import Attack, Defend
from echoes.game.commands.gestures import Gesture
from echoes.game.commands.help import Help
from echoes.game.commands.looking import Look
from echoes.game.commands.questing import Quests
from echoes.game.commands.resting import Rest
from echoes.game.commands.scoring import Exits
from echoes.game.commands.searching import Search
from echoes.game.commands.talking import Emote, Say, Whisper
from echoes.game.commands.trading import Buy, Goods
from echoes.game.commands.walking import Move
from echoes.game.commands.wearing import Equip, Use
from echoes.game.refusals import MEANS, REFUSED
from echoes.game.synonyms import VERBS

CATALOGUE = Catalogue()
UNDERSTOOD = CATALOGUE.understand


@pytest.fixture
async def context(database_url, tmp_path):
    async with cluster(database_url, tmp_path) as (context,):
        yield context


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("look around me", Look()),
        ("have a look around", Look()),
        ("take a good look at the kiln", Look(target="the kiln")),
        ("check out the shelf", Look(target="shelf")),
        ("check for traps", Look(target="traps")),
        ("look closely at the shelf", Look(target="shelf")),
        ("glance at Marta", Look(target="Marta")),
        ("peek north", Look(target="north")),
        ("what do you see?", Look()),
        ("what is north of here", Look(target="north")),
        ("who is she?", Look()),
        ("what is my name", Look(target="me")),
        ("search the whole place", Search()),
        ("look for something useful", Search()),
        ("search for loot", Search()),
        ("take tile from floor", PickUp(item="tile")),
        ("good day to you", Gesture(act="hello")),
        ("good morning Marta", Gesture(act="hello", to="marta")),
        ("shake hands", Gesture(act="hello")),
        ("walk over to the market", Move(direction="market")),
        ("investigate the stall", Search(target="the stall")),
        ("what have i got", Inventory()),
        ("pickup tile", PickUp(item="tile")),
        ("grab the tile from the ground", PickUp(item="the tile")),
        ("gather everything up", PickUp(item="everything")),
        ("take two bread", PickUp(item="bread", quantity=2)),
        ("put the tile on the ground", Drop(item="the tile")),
        ("set tile down", Drop(item="tile")),
        ("throw away the tile", Drop(item="the tile")),
        ("get rid of tile", Drop(item="tile")),
        ("pass tile to Tobias", Give(item="tile", to="Tobias")),
        ("share bread with Tobias", Give(item="bread", to="tobias")),
        ("have some bread", Use(item="bread")),
        ("eat a piece of bread", Use(item="bread")),
        ("sip water", Use(item="water")),
        ("can I have some bread?", Use(item="bread")),
        ("bandage myself", Use(item="bandage")),
        ("unsheathe poker", Equip(item="poker")),
        ("take a nap", Rest()),
        ("lay down", Rest()),
        ("buy two bread", Buy(item="bread", quantity=2)),
        ("what's for sale", Goods()),
        ("show me your wares", Goods()),
        ("browse", Goods()),
        ("walk up north", Move(direction="north")),
        ("take the north exit", Move(direction="north")),
        ("follow the road north", Move(direction="north")),
        ("leave north", Move(direction="north")),
        ("north to the market", Move(direction="north")),
        ("south-east", Move(direction="southeast")),
        ("in the kiln", Move(direction="in")),
        ("out of here", Move(direction="out")),
        ("start a fight", Attack()),
        ("begin a new quest", Quests()),
        ("take out my poker", Equip(item="poker")),
        ("what does the lantern do", Look(target="lantern")),
        ("how are you feeling", Gesture(act="hello")),
        ("stroll north", Move(direction="north")),
        ("take me to the market", Move(direction="market")),
        ("get out of here", Move(direction="out")),
        ("how do i get to the market", Help(topic="move")),
        ("where to go", Exits()),
        ("what is scrap", Help(topic="trade")),
        ("what does defend do", Help(topic="defend")),
        ("what am i supposed to do", Quests()),
        ("next step", Quests()),
        ("finish quest", Quests()),
        ("ask her about the bell", Ask(about="the bell")),
        ("talk to him", Talk()),
        ("kill it", Attack()),
        ("slay the dog", Attack(target="the dog")),
        ("dodge", Defend()),
        ("block", Defend()),
        ("9", Choose(choice="9")),
        ("nods", Gesture(act="nod")),
        ("waves at Tobias", Gesture(act="wave", to="Tobias")),
        ("*shivers in the wind*", Emote(text="shivers in the wind")),
        ("hi there", Gesture(act="hi")),
        ("hello everybody!", Gesture(act="hello")),
        ("hey", Gesture(act="hello")),
        ("how are you, Marta?", Greet(to="marta")),
        ("whats up", Gesture(act="hello")),
        ("give Marta a hug", Gesture(act="hug", to="marta")),
        ("shake hands with Marta", Greet(to="marta")),
        ("pat Tobias on the back", Gesture(act="pat", to="Tobias")),
        ("message Tobias hi; bye", Whisper(to="Tobias", text="hi; bye")),
        ("say what's for sale", Say(text="what's for sale")),
        ("help how to fight", Help(topic="how to fight")),
    ],
)
def test_other_words_mean_a_command(line, command):
    """Lines of newcomers that the game mistook for others."""
    assert UNDERSTOOD(line, 1) == command


@pytest.mark.parametrize(
    "line", ["take lantern then go north", "go north and look around", "look and search", "go n then e", "north and then look"]
)
def test_commands_in_one_sentence_are_several(line):
    """`and`, before the word of a command, and `then` part commands as a semicolon does."""
    with pytest.raises(Refused) as refused:
        UNDERSTOOD(line, 1)
    assert refused.value.code == "one_command"


@pytest.mark.parametrize("line", ["get lantern and tile", "get watch and map", "drop bag and hand axe", "say yes and go"])
def test_things_that_are_named_together_are_one_command(line):
    """A thing may be called as a command is."""
    assert UNDERSTOOD(line, 1)


@pytest.mark.parametrize(
    "line",
    [
        "north quickly",
        "w Tobias hello",
        "run",
        "surrender",
        "keep going",
        "turn back",
        "report a bug",
        "see you later",
        "have you seen my lantern",
    ],
)
def test_a_line_without_a_command_is_refused_with_a_hint(line):
    """A direction with words behind it is no unknown word, and no whisper."""
    with pytest.raises(Refused) as refused:
        UNDERSTOOD(line, 1)
    assert refused.value.code in {"not_possible", "one_command", "incomplete"}
    assert refused.value.hint


def test_a_synonym_means_a_command_and_is_no_word_of_another_table():
    """Else the table that is asked first hides it."""
    assert {meaning for meaning in VERBS.values() if meaning not in CATALOGUE.by_word} == set()
    assert not VERBS.keys() & {*CATALOGUE.by_word, *MEANS, *REFUSED}


async def test_a_refusal_names_the_thing_without_its_article(context):
    """`You carry no the tile` is no sentence."""
    mara = await someone(context)
    for line in ("drop the unicorn", "get my unicorn", "eat some unicorn", "take off my unicorn", "buy a unicorn from marta",
                 "search the unicorn", "x the unicorn", "attack the unicorn", "talk to the unicorn", "repair my unicorn",
                 "give the unicorn to the unicorn", "wave to the unicorn", "loot the unicorn", "consider a unicorn"):  # fmt: skip
        message = (await mara.type(line))["error"]["message"]
        assert not {" the unicorn", " my unicorn", " a unicorn", " some unicorn"} & {message[at:] for at in range(len(message))}, message
        for article in ("the", "my", "a", "some"):
            assert f" {article} unicorn" not in message, message


async def test_all_is_no_name_of_one_thing(context):
    """Where one thing is meant, `all` is refused as several are."""
    mara = await someone(context)
    await mara.type("wear coat")
    for line in ("unequip all", "take everything off", "eat everything"):
        assert (await mara.type(line))["error"]["code"] == "one_thing", line


async def test_a_gesture_may_be_meant_for_a_thing_or_a_way(context):
    """`point at the lantern`, `point north`: as an emote."""
    mara = await someone(context)
    assert (await mara.type("point at the pump"))["data"]["message"] == "Mara points at the iron pump."
    assert (await mara.type("point north"))["data"]["message"] == "Mara points at the way north."
    assert (await mara.type("point up"))["error"]["code"] == "not_here"


async def test_help_finds_the_page_of_a_phrase(context):
    """By a word of it, as `how do I …?` does."""
    mara = await someone(context)
    for line, words in {
        "help how to fight": "consider hound", "help money": "list [trader]", "help talk to marta": "whisper", "help die": "refuge",
        "help fighting": "consider hound",
    }.items():  # fmt: skip
        reply = await mara.type(line)
        assert reply["ok"], reply
        assert words in reply["data"]["message"], line
    assert (await mara.type("help frobnicate"))["error"]["code"] == "no_such_topic"


async def test_a_way_that_is_misspelt_is_guessed(context):
    """A direction, and a place that is known."""
    mara = await someone(context)
    assert "north" in (await mara.type("go nroth"))["error"]["hint"].partition("?")[0]
    await mara.type("north")
    assert "The Kiln Yard" in (await mara.type("go to kiln yrad"))["error"]["hint"]
    assert (await mara.type("go to the kiln yard"))["ok"]
    assert (await mara.type("go south east"))["ok"]


async def test_nothing_is_used_on_another(context):
    """It says so, instead of naming a thing that is not carried."""
    mara, _ = await someone(context), await someone(context, "Tobias")
    refused = (await mara.type("use bandage on Tobias"))["error"]
    assert refused["code"] == "not_possible"
    assert "give" in refused["hint"]


async def test_a_word_of_the_places_name_is_looked_at_in_the_place(context):
    """The kiln of the Kiln Yard, and no kiln poker in the bag."""
    mara = await someone(context)
    reply = await mara.type("look at the kiln")
    assert "two hundred years" in reply["data"]["message"]
    assert "Four feet of iron" in (await mara.type("look at the kiln poker"))["data"]["message"]


async def test_words_to_a_person_by_name_are_asked(context):
    """`marta, who rang the bell`: asked as `ask` does; a name that no person here has stays an unknown word."""
    mara, _ = await someone(context), await someone(context, "Tobias")
    for line in ("marta, who rang the bell", "Marta Kell, tell me about the bell", "ask marta: who rang the bell"):
        reply = await mara.type(line)
        assert reply["data"]["command"] == "ask", (line, reply)
    assert "is a player" in (await mara.type("tobias, hello"))["error"]["message"]
    assert (await mara.type("nobody, hello"))["error"]["code"] == "unknown_command"
    await mara.type("north")
    assert (await mara.type("marta, hello"))["error"]["message"] == "Marta Kell is not here."


def test_a_word_is_not_guessed_to_be_itself():
    """`start frobnicating`: a word that means something only alone is no guess for a line that begins with it."""
    with pytest.raises(Refused) as refused:
        UNDERSTOOD("start frobnicating", 1)
    assert "start" not in refused.value.hint.replace("?", " ").replace(",", " ").split()


def begins_without_an_end(parsed):
    """Whether a pattern, or one way through it, begins with a repetition that has no bound."""
    for operation, argument in parsed:
        if operation is re._constants.MAX_REPEAT and argument[1] == re._constants.MAXREPEAT:
            return True
        if operation is re._constants.BRANCH and any(map(begins_without_an_end, argument[1])):
            return True
        if operation is re._constants.SUBPATTERN and begins_without_an_end(argument[-1]):
            return True
        if operation not in {re._constants.AT, re._constants.ASSERT, re._constants.ASSERT_NOT}:
            return False
    return False


def test_a_search_in_a_typed_line_does_not_begin_with_a_repetition():
    """A thousand commas or spaces would be read a thousand times: 50 ms of a worker for each line of one client."""
    assert begins_without_an_end(re._parser.parse(r"(?:[,\s]+then|x)"))
    modules = [importlib.import_module(one.name) for one in pkgutil.walk_packages(echoes.game.__path__, "echoes.game.")]
    found = {
        (module.__name__, name): one
        for module in modules
        for name, one in vars(module).items()
        if isinstance(one, re.Pattern) and re.search(rf"\b{name}\.(?:search|split|sub|findall|finditer)\(", inspect.getsource(module))
    }
    assert ("echoes.game.catalogue", "_THEN") in found
    of_content = {("echoes.game.nouns", "_SENTENCE")}
    assert {place for place, one in found.items() if begins_without_an_end(re._parser.parse(one.pattern, one.flags))} == of_content
