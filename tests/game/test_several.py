"""Which things are meant by `all`, by `all bandages` and by `lantern, rope and 2 bread`: each once, in order, twenty at most."""

import pytest
from echoes.errors import Refused
from echoes.game import targets
from echoes.game.several import MOST, chosen, counted, is_several, listed
from echoes.game.targets import Named
from echoes.storage.commits import Thing

NAMES = {"lantern": "storm lantern", "rope": "rope", "bread": "ash bread", "bandage": "linen bandage", "salt": "salt and ash"}


def thing(number, template, quantity=1):
    return Thing(number, 1, template, quantity)


BAG = [thing(1, "lantern"), thing(2, "lantern"), thing(3, "rope"), thing(4, "bread", 5), thing(5, "bandage", 2), thing(6, "salt")]


def named(one):
    return Named(str(one.id), NAMES[one.template])


def meant(word, quantity=None, among=BAG):
    """Ids and numbers."""

    def find(name):
        return targets.pick(name, [(named(one), one) for one in among], nothing="none")

    return [(one.id, number) for one, number in chosen(word, quantity, among, named, find)]


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("all", [(number, None) for number in range(1, 7)]),
        ("Everything", [(number, None) for number in range(1, 7)]),
        ("rope", [(3, None)]),
        ("lantern", [(1, None)]),
        ("all lanterns", [(1, None), (2, None)]),
        ("every lantern", [(1, None), (2, None)]),
        ("rope and 2 bread", [(3, None), (4, 2)]),
        ("rope, bread & bandage", [(3, None), (4, None), (5, None)]),
        ("rope + rope", [(3, None)]),
        ("rope and storm lantern", [(3, None), (1, None)]),
        ("all lanterns and rope", [(1, None), (2, None), (3, None)]),
        ("salt and ash", [(6, None)]),
        ("3", [(3, None)]),
    ],
)
def test_words_mean_things(word, found):
    """`and` inside of a name parts nothing; an id is one thing."""
    assert meant(word) == found


def test_a_number_before_the_first_counts_for_the_first():
    """The catalogue has read it: `2 bread and rope`."""
    assert meant("bread", 2) == [(4, 2)]
    assert meant("bread and rope", 2) == [(4, 2), (3, None)]
    assert meant("bread and 3 bandage", 2) == [(4, 2), (5, 3)]


def test_of_very_many_the_first_are_meant():
    """Of `all`, and of a kind; more names than that are refused."""
    many = [thing(number, "lantern") for number in range(1, MOST + 5)]
    assert len(meant("all", among=many)) == MOST
    assert len(meant("all lanterns", among=many)) == MOST
    assert meant(" and ".join(["rope"] * MOST)) == [(3, None)]
    with pytest.raises(Refused) as refused:
        meant(" and ".join(["rope"] * (MOST + 1)))
    assert refused.value.code == "too_many"


@pytest.mark.parametrize("word", ["unicorn", "rope and unicorn", "all unicorns", "unicorn and rope"])
def test_one_that_is_missing_refuses_all(word):
    with pytest.raises(Refused) as refused:
        meant(word)
    assert refused.value.code == "not_here"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2 bread", (2, "bread")),
        ("1 bread", (1, "bread")),
        ("123456 bread", (123456, "bread")),
        ("bread", (None, "bread")),
        ("0 bread", (None, "0 bread")),
        ("2", (None, "2")),
        ("1234567 bread", (None, "1234567 bread")),
    ],
)
def test_a_number_before_a_name(text, found):
    """At most six digits, and not 0."""
    assert counted(text) == found


@pytest.mark.parametrize(("word", "several"), [("all", True), ("all lamps", True), ("a and b", True), ("a, b", True), ("rope", False), ("tall", False), ("sandbag", False)])  # fmt: skip
def test_more_than_one_may_be_meant(word, several):
    assert is_several(word) == several


def test_a_list_in_words():
    assert [listed(names) for names in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a and b", "a, b and c"]
