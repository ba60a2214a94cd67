"""Effects on a body: how they begin, stack, end and count. Pure functions, and the shipped content."""

import pytest
from cluster import SHIPPED
from echoes.world import effects, rules
from echoes.world.effects import MOST, Lasting
from echoes.world.model import Changes, Effect, Tick
from hypothesis import given
from hypothesis import strategies as st

PROSE = "Something happens to a body for a while."
KNOWN = {
    "bleeding": Effect("bleeding", PROSE, seconds=60, stacks="add", most=3, tick=Tick(10, 1), changes=Changes(health=-100)),
    "bandaged": Effect("bandaged", PROSE, seconds=100, stacks="extend", most=2, changes=Changes(health=50), ends=("bleeding",)),
    "cursed": Effect("cursed", PROSE, ends_at_rest=True, changes=Changes(hit=-5)),
    "laden": Effect("laden", PROSE, load_above=0.5, changes=Changes(flight=-20)),
    "spent": Effect("spent", PROSE, stamina_below=0.1, changes=Changes(hit=-10)),
}


def gain(held, *ids, now=1000.0):
    for id_ in ids:
        held, ended = effects.gain(held, id_, KNOWN, now)
    return held, ended


def test_an_effect_begins_with_its_end_and_its_first_tick():
    held, ended = gain((), "bleeding")
    assert held == (Lasting("bleeding", 1000.0, 1060.0, 1010.0),)
    assert ended == ()
    assert gain((), "cursed")[0] == (Lasting("cursed", 1000.0),)
    assert gain((), "laden", "nothing_like_it")[0] == ()


def test_the_same_effect_adds_up_lasts_longer_or_begins_again():
    """As its content says, up to its bound; a tick that is due stays due."""
    held, _ = gain((), "bleeding", "bleeding", "bleeding", "bleeding")
    assert [one.stacks for one in held] == [3]
    assert effects.gain(held, "bleeding", KNOWN, 1005.0).effects[0] == Lasting("bleeding", 1000.0, 1065.0, 1010.0, 3)
    assert gain((), "bandaged", "bandaged")[0][0].until == 1200
    assert gain((), "bandaged", "bandaged", "bandaged")[0][0].until == 1200
    assert gain((), "cursed", "cursed")[0] == (Lasting("cursed", 1000.0),)


def test_one_effect_ends_another():
    held, ended = gain((), "bleeding", "bandaged")
    assert [one.id for one in held] == ["bandaged"]
    assert ended == ("bleeding",)


def test_a_body_has_sixteen_at_most():
    """The one that ends first makes room; those without an end stay longest."""
    known = {f"e{n:02}": Effect(f"effect {n}", PROSE, seconds=100 + n if n else None, ends_at_rest=not n) for n in range(40)}
    held = ()
    for id_ in known:
        held, _ = effects.gain(held, id_, known, 0.0)
        assert len(held) <= MOST
    assert [one.id for one in held] == ["e00", *(f"e{n:02}" for n in range(25, 40))]


def test_effects_that_are_over_or_unknown_do_not_count():
    held = (*gain((), "bleeding", "cursed")[0], Lasting("forgotten", 0.0))
    assert [one.id for one in effects.standing(held, KNOWN, 1059.9)] == ["bleeding", "cursed"]
    assert [one.id for one in effects.standing(held, KNOWN, 1060.0)] == ["cursed"]
    assert effects.changes_at(held, KNOWN, 1000.0) == Changes(health=-100, hit=-5)
    assert effects.changes_at(held, KNOWN, 1060.0, ["laden"]) == Changes(hit=-5, flight=-20)
    assert effects.cuts(held, 1000.0) == [1060.0]
    assert effects.cuts(held, 1060.0) == []


def test_load_and_stamina_are_conditions():
    assert effects.conditions(KNOWN, rules.Load(6, 10, 0, 10), 1.0) == ["laden"]
    assert effects.conditions(KNOWN, rules.Load(5, 10, 5, 10), 0.1) == []
    assert effects.conditions(KNOWN, rules.Load(0, 10, 9, 10), 0.05) == ["laden", "spent"]


def test_health_grows_at_one_pace_after_the_other():
    """Nothing while it bleeds, then as always: settled at any moment between, the result is the same."""
    paces = [rules.Pace(1060.0, 0.0), rules.Pace(float("inf"), 3.0)]
    assert rules.health_at(1050.0, hp=10, since=1000.0, maximum=50, paces=paces) == (10, 1050.0)
    assert rules.health_at(1080.0, hp=10, since=1000.0, maximum=50, paces=paces) == (11, 1080.0)
    assert rules.health_at(1090.0, hp=10, since=1000.0, maximum=50, paces=paces) == (11, 1080.0)
    assert rules.stamina_at(1120.0, stamina=1.0, since=1000.0, maximum=50, paces=paces) == 4.0


@given(st.lists(st.tuples(st.floats(1, 100), st.floats(0, 30)), max_size=5), st.floats(0, 600))
def test_health_settled_twice_at_one_moment_is_the_same(spans, later):
    """For any paces; it never grows by more than they give."""
    at, paces = 1_800_000_000.0, []
    for seconds, pace in spans:
        at += seconds
        paces.append(rules.Pace(at, pace))
    paces.append(rules.Pace(float("inf"), 3.0))
    now = 1_800_000_000.0 + later
    once = rules.health_at(now, hp=1, since=1_800_000_000.0, maximum=10_000, paces=paces)
    left = [one for one in paces if one.until > once.at]
    again = rules.health_at(now, hp=once.hp, since=once.at, maximum=10_000, paces=left)
    assert (again.hp, again.at) == (once.hp, pytest.approx(once.at, abs=1e-4))
    assert once.hp - 1 <= rules.grown(1_800_000_000.0, now, paces) + 1e-5


def test_the_city_has_twelve_effects_that_hang_together():
    assert len(SHIPPED.effects) >= 12
    assert {
        "bleeding",
        "infected",
        "poisoned",
        "burning",
        "exhausted",
        "encumbered",
        "well_fed",
        "rested",
        "bandaged",
    } <= SHIPPED.effects.keys()
    caused = {one.inflicts.effect for one in (*SHIPPED.items.values(), *SHIPPED.npcs.values()) if one.inflicts}
    caused |= {id_ for one in SHIPPED.items.values() for id_ in one.gives}
    caused |= {id_ for one in SHIPPED.locations.values() for id_ in (*one.causes, *one.rest_gives)}
    assert caused == {id_ for id_, one in SHIPPED.effects.items() if not one.is_condition}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ("seconds: 60, tick: {seconds: 10, hp: 1, does: ham}", "no rule 'ham'; did you mean 'harm'"),
        ("tick: {seconds: 10, hp: 1}, ends_at_rest: true", "an effect that ticks needs seconds, 3600 at most in all"),
        ("seconds: 1800, stacks: extend, most: 5, tick: {seconds: 10, hp: 1}", "an effect that ticks needs seconds, 3600 at most in all"),
        ("helps: true", "nothing ends this effect"),
        ("seconds: 60, most: 3", "most belongs to stacks"),
        ("seconds: 60, stacks: add", "most belongs to stacks"),
        ("ends_at_rest: true, stacks: extend, most: 2", "stacks: extend needs seconds"),
        ("seconds: 60, ends: [itch]", "it ends itself"),
        ("seconds: 60, ends: [ithc]", "no effect 'ithc'; did you mean 'itch'"),
        ("load_above: 0.5, seconds: 60", "is computed: it has no time and no tick"),
        ("seconds: 60", "nothing causes this effect"),
    ],
)
def test_the_check_finds_a_wrong_effect(city, fields, said):
    """Each with the place in the file."""
    city.put("effects/body.yaml", f"itch: {{name: itch, description: {PROSE}, {fields}}}")
    assert any(said in problem for problem in city.problems()), city.problems()
