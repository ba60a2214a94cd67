"""The parser of players' typed lines."""

import pytest
from echoes import wire
from echoes.errors import PluginError, Refused
from echoes.game.catalogue import Catalogue
from echoes.game.commands import CORE
from echoes.game.commands.carrying import Drop, Give, Inventory, PickUp
from echoes.game.commands.help import Help
from echoes.game.commands.looking import Look
from echoes.game.commands.searching import Search
from echoes.game.commands.talking import Emote, Say, Whisper, Who
from echoes.game.commands.walking import Move
from echoes.game.commands.wearing import Equip, Unequip, Use
from echoes.game.targets import Named, pick
from hypothesis import given, settings
from hypothesis import strategies as st

CATALOGUE = Catalogue()
UNDERSTOOD = CATALOGUE.understand


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("north", Move(direction="north")),
        ("N", Move(direction="n")),
        ("go north", Move(direction="north")),
        ("walk up", Move(direction="up")),
        ("say hi there", Say(text="hi there")),
        ("' hi", Say(text="hi")),
        (":waves", Emote(text="waves")),
        ("tell Mara be careful", Whisper(to="Mara", text="be careful")),
        ("l", Look()),
        ("look at the pump", Look(target="the pump")),
        ("i", Inventory()),
        ("get 3 bandage", PickUp(item="bandage", quantity=3)),
        ("pick up storm lantern", PickUp(item="storm lantern")),
        ("take all bread", PickUp(item="all bread")),
        ("drop 2 bread", Drop(item="bread", quantity=2)),
        ("give 2 bread to Mara", Give(item="bread", to="Mara", quantity=2)),
        ("put on coat", Equip(item="coat")),
        ("take off coat", Unequip(item="coat")),
        ("eat bread", Use(item="bread")),
        ("search", Search()),
        ("inv", Inventory()),
        ("unequ coat", Unequip(item="coat")),
        ("? say", Help(topic="say")),
    ],
)
def test_lines_become_commands(line, command):
    """Aliases, abbreviations, directions, counts."""
    assert UNDERSTOOD(line, 1) == command


@pytest.mark.parametrize("opening", "'’‘‚‛ʼ＇`´\"“”„«»‹＂「『")
def test_every_quotation_mark_begins_speech(opening):
    """Quotation marks that phones and national keyboards put in place of the straight ones."""
    assert UNDERSTOOD(f"{opening}hello there", 1) == Say(text="hello there")


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("“hello there”", Say(text="hello there")),
        ('"hello there"', Say(text="hello there")),
        ("‘hello there’ ", Say(text="hello there")),
        ("„hallo“", Say(text="hallo")),
        ("« bonjour »", Say(text="bonjour")),
        ("「もしもし」", Say(text="もしもし")),
        ("”hej”", Say(text="hej")),
        ("“it’s mine”", Say(text="it’s mine")),
        ('"no" and "yes"', Say(text='no" and "yes"')),
        ("：waves", Emote(text="waves")),
        ("Say “Ｗｉｄｅ” words.", Say(text="“Ｗｉｄｅ” words.")),
        ("say\u3000今日は\u3000元気", Say(text="今日は\u3000元気")),
        ("say שלום\u200f", Say(text="שלום")),
        ("emote looks at D’Arcy.", Emote(text="looks at D’Arcy.")),
        ("Look.", Look()),
        ("Look Lamp. ", Look(target="Lamp")),
        ("North. ", Move(direction="north")),
        ("N.", Move(direction="n")),
        ("ｎｏｒｔｈ", Move(direction="north")),
        ("\u00a0go\u00a0north\u00a0", Move(direction="north")),
        ("\ufefflook", Look()),
        ("\u200elook\u200b", Look()),
        ("look\tlamp\n", Look(target="lamp")),
        ("Who?", Who()),
        ("İnventory", Inventory()),
        ("ınv", Inventory()),
        ("GET 3 BANDAGE", PickUp(item="BANDAGE", quantity=3)),
        ("get ３ bandage", PickUp(item="bandage", quantity=3)),
        ("Take All bread!", PickUp(item="All bread")),
        ("Pick\u00a0Up storm\u2011lantern", PickUp(item="storm-lantern")),
        ("drop the miner’s lamp", Drop(item="the miner's lamp")),
        ("look “storm lantern”", Look(target="storm lantern")),
        ("Give 2 bread To Mara.", Give(item="bread", to="Mara", quantity=2)),
        ("tell Mara, be careful.", Whisper(to="Mara", text="be careful.")),
        ("Whisper Mara: “hush”", Whisper(to="Mara", text="“hush”")),
        ("whisper D’Arcy hush", Whisper(to="D'Arcy", text="hush")),
        ("?", Help()),
        ("? Say.", Help(topic="Say")),
    ],
)
def test_typographic_variants_of_a_line_give_the_same_command(line, command):
    """Quotes, widths, spaces, invisible characters, capitals, full stops. Spoken words stay as they were typed."""
    assert UNDERSTOOD(line, 1) == command


@pytest.mark.parametrize("line", ["", " ", "\u200b", "“”", "''", "“", ":"])
def test_a_line_with_nothing_in_it_is_refused(line):
    """With a hint, as every line that is not understood."""
    with pytest.raises(Refused) as refused:
        UNDERSTOOD(line, 1)
    assert refused.value.hint


@pytest.mark.parametrize(
    ("name", "typed"), [("miner’s lamp", "miner's lamp"), ("miner's lamp", "miner’s"), ("Ｌamp", "lamp"), ("D’Arcy", "d'arcy")]
)
def test_names_are_found_with_every_kind_of_quotes(name, typed):
    """On either side: in the content and in what was typed."""
    assert pick(typed, [(Named("1", name), name)], nothing="nothing") == name


@pytest.mark.parametrize(
    ("line", "code", "hint"),
    [
        ("hlep", "unknown_command", "help"),
        ("nroth", "unknown_command", "north"),
        ("xyzzy", "unknown_command", "Type help"),
        ("e", "", ""),
        ("w", "", ""),
        ("re", "ambiguous", "more"),
        ("say", "incomplete", "Usage"),
        ("give bread", "incomplete", "to <name>"),
        ("whisper Mara", "incomplete", "Usage"),
        ("drop", "incomplete", "Usage"),
        (f"drop {'x' * 101}", "too_long", "drop [how many]"),
        (f"whisper {'x' * 101} hello", "too_long", "whisper <name>"),
        (f"give bread to {'x' * 101}", "too_long", "to <name>"),
        (f"go {'x' * 61}", "too_long", "move <direction>"),
    ],
)
def test_a_line_that_does_not_parse_gets_a_hint(line, code, hint):
    """The nearest word, or the usage. One letter that is a direction is a direction."""
    if not code:
        assert isinstance(UNDERSTOOD(line, 1), Move)
        return
    with pytest.raises(Refused) as refused:
        UNDERSTOOD(line, 1)
    assert refused.value.code == code
    assert hint in refused.value.hint


@given(st.text(max_size=1000))
def test_every_line_is_a_command_or_refused(line):
    """The parser raises no other error."""
    try:
        number = UNDERSTOOD(line, 7).id
    except Refused as refused:
        number = 7 if refused.code and refused.message else 0
    assert number == 7


VERBS = [word for spec in CORE for word in (spec.name, *spec.aliases)]
REST = st.sampled_from(["to", "all", "9999999", "3", "٣", "n", "x" * 120, "bread", "mara", "'"]) | st.text(max_size=150)


@settings(max_examples=400)
@given(st.tuples(st.sampled_from(VERBS), st.lists(REST, max_size=5)).map(lambda said: " ".join([said[0], *said[1]])[:1000]))
def test_a_typed_line_keeps_to_the_limits_of_frames(line):
    """Every command of a typed line could be a client's frame: a line does not get around the protocol."""
    try:
        command = UNDERSTOOD(line, 7)
    except Refused:
        return
    assert CATALOGUE.decode(wire.encode(command)) == command


def test_two_commands_cannot_want_one_word():
    """An extension that takes a word is refused at boot, by name."""
    with pytest.raises(PluginError, match="look"):
        Catalogue([CORE[0]])


@pytest.mark.parametrize("name", sorted({spec.name for spec in CORE if len(spec.name) > 3}))
def test_a_mistyped_command_is_suggested(name):
    """However many words there are: the names of commands are compared first."""
    typed = f"{name}x"
    with pytest.raises(Refused) as refused:
        Catalogue().understand(typed, 1)
    assert refused.value.hint.startswith("Did you mean")
    assert name in refused.value.hint
