"""What a person types, understood."""

import pytest
from echoes import wire
from echoes.errors import PluginError, Refused
from echoes.game.commands import CORE, Catalogue
from echoes.game.targets import Named, pick
from hypothesis import given, settings
from hypothesis import strategies as st

UNDERSTOOD = Catalogue().understand


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("north", wire.Move(direction="north")),
        ("N", wire.Move(direction="n")),
        ("go north", wire.Move(direction="north")),
        ("walk up", wire.Move(direction="up")),
        ("say hi there", wire.Say(text="hi there")),
        ("' hi", wire.Say(text="hi")),
        (":waves", wire.Emote(text="waves")),
        ("tell Mara be careful", wire.Whisper(to="Mara", text="be careful")),
        ("l", wire.Look()),
        ("look at the pump", wire.Look(target="the pump")),
        ("i", wire.Inventory()),
        ("get 3 bandage", wire.PickUp(item="bandage", quantity=3)),
        ("pick up storm lantern", wire.PickUp(item="storm lantern")),
        ("take all bread", wire.PickUp(item="bread")),
        ("drop 2 bread", wire.Drop(item="bread", quantity=2)),
        ("give 2 bread to Mara", wire.Give(item="bread", to="Mara", quantity=2)),
        ("put on coat", wire.Equip(item="coat")),
        ("take off coat", wire.Unequip(item="coat")),
        ("eat bread", wire.Use(item="bread")),
        ("search", wire.Search()),
        ("inv", wire.Inventory()),
        ("unequ coat", wire.Unequip(item="coat")),
        ("? say", wire.Help(topic="say")),
    ],
)
def test_lines_become_commands(line, command):
    """Aliases, abbreviations, directions, counts."""
    assert UNDERSTOOD(line, 1) == command


@pytest.mark.parametrize("opening", "'’‘‚‛ʼ＇`´\"“”„«»‹＂「『")
def test_every_quotation_mark_begins_speech(opening):
    """What phones and national keyboards put in place of the straight ones."""
    assert UNDERSTOOD(f"{opening}hello there", 1) == wire.Say(text="hello there")


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("“hello there”", wire.Say(text="hello there")),
        ('"hello there"', wire.Say(text="hello there")),
        ("‘hello there’ ", wire.Say(text="hello there")),
        ("„hallo“", wire.Say(text="hallo")),
        ("« bonjour »", wire.Say(text="bonjour")),
        ("「もしもし」", wire.Say(text="もしもし")),
        ("”hej”", wire.Say(text="hej")),
        ("“it’s mine”", wire.Say(text="it’s mine")),
        ('"no" and "yes"', wire.Say(text='no" and "yes"')),
        ("：waves", wire.Emote(text="waves")),
        ("Say “Ｗｉｄｅ” words.", wire.Say(text="“Ｗｉｄｅ” words.")),
        ("say\u3000今日は\u3000元気", wire.Say(text="今日は\u3000元気")),
        ("say שלום\u200f", wire.Say(text="שלום")),
        ("emote looks at D’Arcy.", wire.Emote(text="looks at D’Arcy.")),
        ("Look.", wire.Look()),
        ("Look Lamp. ", wire.Look(target="Lamp")),
        ("North. ", wire.Move(direction="north")),
        ("N.", wire.Move(direction="n")),
        ("ｎｏｒｔｈ", wire.Move(direction="north")),
        ("\u00a0go\u00a0north\u00a0", wire.Move(direction="north")),
        ("\ufefflook", wire.Look()),
        ("\u200elook\u200b", wire.Look()),
        ("look\tlamp\n", wire.Look(target="lamp")),
        ("Who?", wire.Who()),
        ("İnventory", wire.Inventory()),
        ("ınv", wire.Inventory()),
        ("GET 3 BANDAGE", wire.PickUp(item="BANDAGE", quantity=3)),
        ("get ３ bandage", wire.PickUp(item="bandage", quantity=3)),
        ("Take All bread!", wire.PickUp(item="bread")),
        ("Pick\u00a0Up storm\u2011lantern", wire.PickUp(item="storm-lantern")),
        ("drop the miner’s lamp", wire.Drop(item="the miner's lamp")),
        ("look “storm lantern”", wire.Look(target="storm lantern")),
        ("Give 2 bread To Mara.", wire.Give(item="bread", to="Mara", quantity=2)),
        ("tell Mara, be careful.", wire.Whisper(to="Mara", text="be careful.")),
        ("Whisper Mara: “hush”", wire.Whisper(to="Mara", text="“hush”")),
        ("whisper D’Arcy hush", wire.Whisper(to="D'Arcy", text="hush")),
        ("?", wire.Help()),
        ("? Say.", wire.Help(topic="Say")),
    ],
)
def test_what_keyboards_make_of_a_line_does_not_matter(line, command):
    """Quotes, widths, spaces, invisible characters, capitals, full stops. Words that are spoken stay as they were typed."""
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
def test_names_are_found_whichever_quotes_they_have(name, typed):
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
        ("r", "ambiguous", "more"),
        ("say", "incomplete", "Usage"),
        ("give bread Mara", "incomplete", "to <name>"),
        ("whisper Mara", "incomplete", "Usage"),
        ("drop", "incomplete", "Usage"),
        (f"drop {'x' * 101}", "too_long", "drop [how many]"),
        (f"whisper {'x' * 101} hello", "too_long", "whisper <name>"),
        (f"give bread to {'x' * 101}", "too_long", "to <name>"),
        (f"go {'x' * 41}", "too_long", "move <direction>"),
    ],
)
def test_what_cannot_be_understood_is_answered_with_a_hint(line, code, hint):
    """The nearest word, or the usage. One letter that is a direction is a direction."""
    if not code:
        assert isinstance(UNDERSTOOD(line, 1), wire.Move)
        return
    with pytest.raises(Refused) as refused:
        UNDERSTOOD(line, 1)
    assert refused.value.code == code
    assert hint in refused.value.hint


@given(st.text(max_size=1000))
def test_whatever_is_typed_is_a_command_or_refused(line):
    """Never anything else."""
    try:
        number = UNDERSTOOD(line, 7).id
    except Refused as refused:
        number = 7 if refused.code and refused.message else 0
    assert number == 7


VERBS = [word for spec in CORE for word in (spec.name, *spec.aliases)]
REST = st.sampled_from(["to", "all", "9999999", "3", "٣", "n", "x" * 120, "bread", "mara", "'"]) | st.text(max_size=150)


@settings(max_examples=400)
@given(st.tuples(st.sampled_from(VERBS), st.lists(REST, max_size=5)).map(lambda said: " ".join([said[0], *said[1]])[:1000]))
def test_what_was_typed_keeps_to_the_limits_of_frames(line):
    """Whatever a typed line becomes, a client could have sent as a frame: nothing gets past the protocol by being typed."""
    try:
        command = UNDERSTOOD(line, 7)
    except Refused:
        return
    assert wire.decode_command(wire.encode(command)) == command


def test_two_commands_cannot_want_one_word():
    """An extension that takes a word is refused at boot, by name."""
    with pytest.raises(PluginError, match="look"):
        Catalogue([CORE[0]])
