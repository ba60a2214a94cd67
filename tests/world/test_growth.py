"""Attributes and levels: straight lines with bounds."""

import pytest
from echoes.world import growth
from echoes.world.growth import ATTRIBUTES, MAX_LEVEL, MOST, POINTS_A_LEVEL, USUAL
from hypothesis import given
from hypothesis import strategies as st

NEW = (USUAL,) * ATTRIBUTES
LEVELS = st.integers(1, MAX_LEVEL)
VALUES = st.integers(USUAL, MOST)


@pytest.mark.parametrize(("level", "attributes", "left"), [(1, NEW, 0), (2, NEW, 2), (20, (20, 5, 5, 5), 23), (3, (7, 7, 5, 5), 0)])
def test_each_level_brings_two_points(level, attributes, left):
    assert growth.points(level, attributes) == left


def test_nothing_is_left_to_spend_when_everything_is_at_its_end():
    """The levels beyond bring no points, which nothing could take."""
    assert growth.points(MAX_LEVEL, NEW) == ATTRIBUTES * (MOST - USUAL)
    assert growth.points(MAX_LEVEL, (MOST,) * ATTRIBUTES) == 0


@given(LEVELS, st.lists(VALUES, min_size=ATTRIBUTES, max_size=ATTRIBUTES))
def test_points_are_never_fewer_than_none_nor_more_than_were_earned(level, attributes):
    assert 0 <= growth.points(level, attributes) <= POINTS_A_LEVEL * (level - 1)


@given(st.integers(0, 10_000), VALUES, st.integers(-200, 200))
def test_more_intellect_never_learns_less(xp, intellect, percent):
    assert 0 <= growth.learned(xp, intellect, percent) <= growth.learned(xp, intellect + 1, percent)


def test_usual_intellect_changes_nothing():
    """20 learns 30 % more, and draws nothing 60 % less often."""
    assert (growth.learned(100, USUAL), growth.learned(100, MOST), growth.learned(100, USUAL, 10)) == (100, 130, 110)
    assert (growth.nothing_weight(50, USUAL), growth.nothing_weight(50, MOST), growth.nothing_weight(50, 1)) == (50, 20, 50)


@given(st.integers(0, 1000), VALUES)
def test_a_search_may_always_find_nothing_or_not(weight, intellect):
    """The weight of nothing stays within its bounds for any attribute."""
    assert (
        0
        <= growth.nothing_weight(weight, intellect + 1 if intellect < MOST else MOST)
        <= growth.nothing_weight(weight, intellect)
        <= weight
    )
