"""Names: what one may be called, and what looks like another."""

import pytest
from echoes.world import names
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    "name", ["Mara", "Zoë", "O'Neil", "Anne-Marie", "Ма́ша".replace("\u0301", ""), "さくら花", "김민준", "Ἀλέξανδρος", "Li"]
)
def test_letters_of_any_script_make_a_name(name):
    """Parts may be joined."""
    assert names.problem_with(name) is None


@pytest.mark.parametrize(
    "name", ["", "M", "M" * 25, "Mara!", "Ma  ra", "-Mara", "Mara-", "M4ra", "Mаra", "Ma\u200bra", "<b>", "𝕄ara", "Mara\u0000"]
)
def test_other_things_do_not(name):
    """With a reason in words."""
    assert names.problem_with(name)


@pytest.mark.parametrize(
    ("one", "other"), [("Mara", "MARA"), ("Mara", "Mára"), ("сара", "capa"), ("Ilona", "llona"), ("Modern", "Modem"), ("O'Neil", "ONeil")]
)
def test_look_alikes_have_one_skeleton(one, other):
    """Case, accents, joiners, and letters that look the same in another script."""
    assert names.skeleton(one) == names.skeleton(other)


@pytest.mark.parametrize(("one", "other"), [("Mara", "Mira"), ("Anna", "Anne"), ("Tomas", "Thomas")])
def test_different_names_stay_different(one, other):
    """Not everything is alike."""
    assert names.skeleton(one) != names.skeleton(other)


@given(st.text(max_size=40))
def test_any_text_is_judged(text):
    """Without an exception."""
    names.problem_with(text)
    names.skeleton(text)
    names.bad_character(text)
