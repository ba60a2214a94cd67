"""Which listeners of a worker ignore a speaker."""

from echoes.web.ignores import Ignores


def test_a_list_is_turned_round():
    """By speaker; a speaker whom no listener ignores reaches all."""
    ignores = Ignores()
    ignores.learn(1, 5, [7, 8])
    ignores.learn(2, 1, [7])
    assert (set(ignores.of(7)), set(ignores.of(8)), set(ignores.of(9))) == ({1, 2}, {1}, set())


def test_a_newer_list_takes_the_place_of_an_older_one():
    """And an older one that comes late changes nothing."""
    ignores = Ignores()
    ignores.learn(1, 5, [7])
    ignores.learn(1, 6, [8])
    ignores.learn(1, 4, [7])
    assert (set(ignores.of(7)), set(ignores.of(8))) == (set(), {1})


def test_a_player_who_leaves_leaves_nothing_behind():
    """Neither a list nor an empty set; a later session begins with any version."""
    ignores = Ignores()
    ignores.learn(1, 5, [7, 8])
    ignores.forget(1)
    ignores.forget(1)
    assert (ignores._speakers, ignores._listeners) == ({}, {})
    ignores.learn(1, 1, [8])
    assert set(ignores.of(8)) == {1}
