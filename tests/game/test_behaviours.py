"""How NPCs choose where they go: each behaviour of the core, and what extensions may add. Pure."""

import random

import pytest
from echoes.errors import ConfigurationError
from echoes.game.behaviours import CORE, BehaviourSpec, Situation, behaviours_of
from echoes.storage.npcs import NpcRow
from msgspec.structs import replace

HOUND = NpcRow(1, 1, "ash_hound", "hounds", "here", "b", 16)


@pytest.mark.parametrize(
    ("name", "home", "players", "pack", "answers"),
    [
        ("stand", "b", {"a"}, {}, {None}),
        ("wander", "b", set(), {}, {"a", "b"}),
        ("guard", "b", set(), {}, {"b"}),
        ("guard", "far", set(), {}, {"a", "b"}),
        ("guard", "here", {"a"}, {}, {None}),
        ("hunt", "b", {"here", "a"}, {}, {None}),
        ("hunt", "b", {"b"}, {}, {"b"}),
        ("hunt", "b", {"a", "b"}, {}, {"a", "b"}),
        ("hunt", "b", set(), {}, {"a", "b"}),
        ("pack", "b", {"b"}, {"a": 2, "here": 1}, {"a"}),
        ("pack", "b", {"b"}, {"a": 1, "here": 1}, {"b"}),
        ("pack", "b", {"b"}, {"a": 2, "b": 2, "here": 1}, {"a"}),
        ("pack", "b", {"a"}, {"b": 1}, {"b"}),
        ("pack", "b", {"b"}, {"here": 1}, {"b"}),
        ("pack", "b", {"b"}, {}, {None}),
        ("flee", "b", {"a"}, {}, {None}),
        ("flee", "b", {"here", "a"}, {}, {"b"}),
        ("flee", "b", {"here"}, {}, {"a", "b"}),
        ("flee", "b", {"here", "a", "b"}, {}, {None}),
    ],
)
def test_each_behaviour_chooses_as_it_says(name, home, players, pack, answers):
    """With many dice: exactly these answers occur. Without a way it stays."""
    choose = behaviours_of(CORE)[name].choose
    row = replace(HOUND, home=home)
    found = {choose(Situation(row, ("a", "b"), random.Random(seed), frozenset(players), pack)) for seed in range(40)}
    assert found == answers
    assert choose(Situation(row, (), random.Random(1), frozenset(players), {})) is None


def test_behaviours_differ_in_their_senses_and_in_whether_they_attack():
    """One that flees, and one that only wanders, do not attack first. An extension's does neither unless it says so."""
    of = {name: {one.name for one in CORE if getattr(one, name)} for name in ("attacks", "senses_players", "senses_pack")}
    assert of == {"attacks": {"stand", "guard", "hunt", "pack"}, "senses_players": {"hunt", "pack", "flee"}, "senses_pack": {"pack"}}
    drift = BehaviourSpec("ash.drift", lambda _: None)
    assert (drift.attacks, drift.senses_players, drift.senses_pack) == (False, False, False)


def test_behaviours_are_refused_clearly():
    """Two of one name, and something else than a behaviour."""
    with pytest.raises(ConfigurationError, match="two behaviours are called 'stand'"):
        behaviours_of(CORE, [BehaviourSpec("stand", lambda _: None)])
    with pytest.raises(ConfigurationError, match="BehaviourSpec"):
        behaviours_of(CORE, ["drift"])
