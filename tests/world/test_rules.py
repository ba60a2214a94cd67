"""The laws of bodies and things."""

import random

import pytest
from echoes.world import rules
from echoes.world.model import Body, Item, Loot, LootEntry
from hypothesis import given
from hypothesis import strategies as st

BODY = Body(stamina_per_minute=30, rest_multiplier=4, carry_weight=10, carry_volume=10)
THING = Item("thing", "material", "A thing of no importance.", 1.0, 2.0, stackable=True)
BAG = Item("bag", "bag", "A bag of some importance.", 0.5, 1.0, slot="back", carries_weight=5, carries_volume=20)


def test_stamina_returns_at_a_steady_rate_and_faster_at_rest():
    """Up to the maximum, never beyond."""
    spent = {"stamina": 10.0, "since": 1000.0, "maximum": 100}
    standing, resting = (rules.steady(rules.stamina_per_minute(BODY, resting=resting)) for resting in (False, True))
    assert rules.stamina_at(1060.0, paces=standing, **spent) == 40
    assert rules.stamina_at(1030.0, paces=resting, **spent) == 70
    assert rules.stamina_at(99999.0, paces=standing, **spent) == 100


def test_health_returns_by_whole_points_and_loses_no_part_of_one():
    """However often it is settled: the part of a point that has grown is in the moment. At most the maximum; not in a fight."""
    assert rules.health_at(1000.0 + 39, hp=10, since=1000.0, maximum=50, paces=rules.steady(3.0)) == (11, pytest.approx(1020.0))
    assert rules.health_at(99999.0, hp=10, since=1000.0, maximum=50, paces=rules.steady(3.0)) == (50, 99999.0)
    assert rules.health_at(900.0, hp=10, since=1000.0, maximum=50, paces=rules.steady(3.0)) == (10, 1000.0)
    assert rules.health_at(99999.0, hp=10, since=1000.0, maximum=50, paces=rules.steady(0.0)) == (10, 99999.0)
    body = Body(hp_per_minute=3, rest_multiplier=4)
    assert [rules.health_per_minute(body, resting=resting, fighting=False) for resting in (False, True)] == [3, 12]
    assert rules.health_per_minute(body, resting=True, fighting=True) == 0


@given(st.lists(st.floats(0.01, 100), max_size=50), st.floats(0.1, 600))
def test_settling_health_often_changes_nothing(pauses, per_minute):
    """The result is what one look at the end gives, and a look at the same moment changes nothing."""
    health = rules.Health(1, 1_800_000_000.0)
    now = health.at
    for pause in pauses:
        now += pause
        health = rules.health_at(now, hp=health.hp, since=health.at, maximum=10_000, paces=rules.steady(per_minute))
        assert rules.health_at(now, hp=health.hp, since=health.at, maximum=10_000, paces=rules.steady(per_minute)) == (
            health.hp,
            pytest.approx(health.at, abs=1e-4),
        )
    once = rules.health_at(now, hp=1, since=1_800_000_000.0, maximum=10_000, paces=rules.steady(per_minute))
    assert abs(health.hp - once.hp) <= 1
    assert abs((health.hp - once.hp) * 60 / per_minute + health.at - once.at) < 0.01


def test_a_clock_that_steps_back_takes_nothing():
    """Stamina never falls by itself."""
    assert rules.stamina_at(900.0, stamina=10.0, since=1000.0, maximum=100, paces=rules.steady(30.0)) == 10


def test_a_worn_bag_carries():
    """A worn thing weighs, takes no room, and adds the room and the load that it gives."""
    assert rules.load_of([(THING, 4, False)], BODY) == (4, 10, 8, 10)
    assert rules.load_of([(THING, 4, False), (BAG, 1, True)], BODY) == (4.5, 15, 8, 30)
    assert not rules.load_of([(THING, 5, False)], BODY).fits(THING, 1)
    assert rules.load_of([(THING, 4, False)], BODY).fits(THING, 1)


@given(st.integers(), st.integers(1, 10), st.integers(0, 10))
def test_a_search_yields_the_items_of_its_table(seed, rolls, nothing):
    """Only its items, between the least and the most of each roll."""
    table = Loot((LootEntry("a", 2, 1, 3), LootEntry("b", 1)), rolls, nothing)
    found = rules.draw(table, random.Random(seed))
    assert found.keys() <= {"a", "b"}
    assert found.get("a", 0) <= 3 * rolls
    assert found.get("b", 0) <= rolls
    assert nothing or found


@given(st.integers())
def test_a_roll_yields_one_entry(seed):
    """The first one whose share of the weights the dice fall into."""
    table = Loot((LootEntry("a", 1), LootEntry("b", 5), LootEntry("c", 1)), 1, 0)
    assert sum(rules.draw(table, random.Random(seed)).values()) == 1
