"""Which of several things a word means: the closest fit alone, and a refusal that says what to type where there are two or none."""

import pytest
from echoes.errors import Refused
from echoes.game.targets import COMPARED, NO_FIT, PLURAL, SUGGESTED, WHOLE, Named, closeness, did_you_mean, either, fits, normal, pick

LANTERN = Named("7", "storm lantern", ("lamp",))


@pytest.mark.parametrize(
    ("word", "rank"),
    [
        ("7", 0), ("storm lantern", 1), ("the Storm  Lantern", 1), ("lamp", 1), ("lantern", WHOLE), ("lantern storm", WHOLE), ("storm l", 3), ("sto", 3),
        ("lan", 4), ("la st", 4), ("lanterns", PLURAL), ("lamps", PLURAL), ("tern", NO_FIT), ("storm door", NO_FIT), ("8", NO_FIT), ("", 3),
    ],
)  # fmt: skip
def test_how_closely_a_word_fits(word, rank):
    """Id, name or alias, whole words in any order, beginnings, beginnings of words, plurals; nothing inside of a word."""
    assert closeness(word, [LANTERN]) == rank
    assert fits(word, LANTERN) == (rank < NO_FIT)


@pytest.mark.parametrize(("word", "name"), [("berries", "berry"), ("boxes", "box"), ("rats", "rat"), ("glasses", "glass")])
def test_plurals(word, name):
    assert closeness(word, [Named("1", name)]) == PLURAL


def test_two_letters_have_no_plural():
    """`as` is not several `a`."""
    assert closeness("as", [Named("1", "a")]) == NO_FIT


def test_the_closest_is_meant():
    """A whole name before a beginning; things of one name are one; the best of several is what counts."""
    lamp = Named("8", "lamp oil")
    among = [(LANTERN, "lantern"), (lamp, "oil")]
    assert pick("lamp", among, nothing="no") == "lantern"
    assert pick("lamp o", among, nothing="no") == "oil"
    assert pick("lantern", [(LANTERN, 1), (Named("9", "Storm Lantern"), 2)], nothing="no") == 1
    assert closeness("lamp", [lamp, LANTERN]) == 1


def test_a_word_for_two_asks():
    """With both names in order; not where one of them fits better."""
    among = [(Named("1", "tin lantern"), 1), (LANTERN, 2)]
    with pytest.raises(Refused) as refused:
        pick("lantern", among, nothing="no")
    assert refused.value.code == "ambiguous"
    assert "storm lantern or tin lantern" in refused.value.message
    assert refused.value.hint


def test_a_word_for_nothing_is_refused_with_the_nearest():
    """By spelling; else the hint that the caller gives; the code is the caller's."""
    with pytest.raises(Refused) as refused:
        pick("lantrn", [(LANTERN, 1)], nothing="There is none.", code="not_carried", otherwise="inventory")
    assert (refused.value.code, refused.value.message, refused.value.hint) == (
        "not_carried",
        "There is none.",
        "Did you mean storm lantern?",
    )
    with pytest.raises(Refused) as refused:
        pick("xyz", [(LANTERN, 1)], nothing="There is none.", otherwise="inventory")
    assert (refused.value.code, refused.value.hint) == ("not_here", "inventory")


def test_an_exact_name_is_asked_for():
    """A beginning is not enough, and is suggested; an id and a whole name are."""
    assert pick("7", [(LANTERN, 1)], nothing="no", exact=True) == 1
    assert pick("STORM LANTERN", [(LANTERN, 1)], nothing="no", exact=True) == 1
    with pytest.raises(Refused) as refused:
        pick("lantern", [(LANTERN, 1)], nothing="no", exact=True)
    assert refused.value.hint == "Did you mean storm lantern? Give the whole name."


@pytest.mark.parametrize(
    ("text", "folded"),
    [("The Rúa", "rua"), ("a rope", "rope"), ("an old rope", "old rope"), ("some bread", "bread"), ("my coat", "coat"), ("this", "this"), ("the", "the"), ("that lamp", "lamp"), ("of the sea", "sea")],
)  # fmt: skip
def test_words_are_folded(text, folded):
    """Accents, capitals and leading articles do not count; an article alone stays."""
    assert normal(text) == folded


def test_suggestions_are_bounded():
    """Three near names among the first that are compared; a list of names ends with how many there are."""
    names = ["lanterna", "lanternb", "lanternc", "lanternd"]
    found = did_you_mean("lantern", names)
    assert (found.count(","), found.count(" or ")) == (1, 1)
    assert did_you_mean("zzzz", names) == ""
    far = [f"x{number}" for number in range(COMPARED)] + ["lantern"]
    assert did_you_mean("lantern", far, most=COMPARED) == ""
    assert did_you_mean("lantern", far, most=COMPARED + 1) == "Did you mean lantern?"
    assert either(["a"]) == "a"
    assert either(["a", "b", "c"], "and") == "a, b and c"
    many = [str(number) for number in range(SUGGESTED + 1)]
    assert either(many) == f"{', '.join(many[:SUGGESTED])} or another"
    assert either(many[:SUGGESTED]).endswith(f" or {many[SUGGESTED - 1]}")
