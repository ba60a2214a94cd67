"""Changes of effects as data: facts, lines for the character, lines for the others, timers. No database."""

import random

import msgspec
import pytest
from cluster import QUIET
from echoes.errors import ConfigurationError
from echoes.game import effects
from echoes.game.effects import CORE, EffectSpec, Ticking
from echoes.world.effects import Lasting

NOW = 1000.0
BLEEDS = Lasting("bleeding", NOW - 10, NOW + 80, NOW + 5)
POISONED = Lasting("poisoned", NOW - 130, NOW + 60, NOW + 2)
SOAKED = Lasting("soaked", NOW, NOW + 300)


@pytest.fixture
def mara(row):
    return lambda *lasting: msgspec.structs.replace(row(1), effects=lasting)


def said(changed):
    return [type(fact).__name__ for fact in changed.facts], changed.lines, changed.seen


def test_an_effect_that_begins_is_felt_and_seen(mara):
    """The others read only of what they can see."""
    bleeding, poisoned = QUIET.effects["bleeding"], QUIET.effects["poisoned"]
    assert said(effects.change(mara(), QUIET, NOW, gains=["bleeding"])) == (["EffectGained"], [bleeding.feels], ["Mara is bleeding."])
    assert said(effects.change(mara(), QUIET, NOW, gains=["poisoned"])) == (["EffectGained"], [poisoned.feels], [])


def test_an_effect_that_goes_on_is_not_felt_again(mara):
    """It may last longer; it is no news."""
    changed = effects.change(mara(BLEEDS), QUIET, NOW, gains=["bleeding"])
    assert said(changed) == ([], [], [])
    assert [one.id for one in changed.effects] == ["bleeding"]


def test_unknown_effects_do_not_begin(mara):
    """The content that caused one is of another version."""
    changed = effects.change(mara(BLEEDS), QUIET, NOW, gains=["rust"])
    assert (changed.effects, said(changed)) == ((BLEEDS,), ([], [], []))


def test_only_an_effect_that_lasts_can_end(mara):
    """The end of another one is no fact. What a death ends is not read of."""
    assert said(effects.change(mara(BLEEDS), QUIET, NOW, ends=["soaked"])) == ([], [], [])
    ended = effects.change(mara(BLEEDS, SOAKED), QUIET, NOW, ends=["bleeding"])
    assert (ended.effects, said(ended)) == ((SOAKED,), (["EffectEnded"], ["No longer: bleeding."], ["Mara is no longer bleeding."]))
    dead = effects.change(mara(BLEEDS, POISONED), QUIET, NOW, ends=["bleeding", "poisoned"], reason="death")
    assert (dead.effects, said(dead)) == ((), (["EffectEnded"] * 2, [], []))
    assert [fact.reason for fact in dead.facts] == ["death", "death"]


@pytest.mark.parametrize("past", [True, False])
def test_an_effect_whose_time_is_over_ends(mara, past):
    """By itself, unless its end is another caller's business."""
    me, later = mara(BLEEDS, SOAKED), NOW + 81
    assert (effects.is_past(me, QUIET, NOW), effects.is_past(me, QUIET, later)) == (False, True)
    changed = effects.change(me, QUIET, later, past=past)
    assert changed.effects == (SOAKED,)
    assert [(fact.effect, fact.reason) for fact in changed.facts] == ([("bleeding", "time")] if past else [])


@pytest.mark.parametrize(
    ("lasting", "due"),
    [
        ((), {}),
        ((BLEEDS,), {"effect_tick": NOW + 5}),
        ((BLEEDS, POISONED), {"effect_tick": NOW + 2}),
        ((POISONED, BLEEDS, SOAKED), {"effect_tick": NOW + 2, "effect_end": NOW + 300}),
        ((Lasting("bleeding", NOW, NOW + 3, NOW + 5),), {"effect_tick": NOW + 3}),
        ((Lasting("bleeding", NOW, None, NOW + 5),), {"effect_tick": NOW + 5}),
        ((Lasting("rested", NOW, NOW + 9),), {}),
    ],
)
def test_only_visible_ends_have_a_timer(lasting, due):
    """The tick that comes first, and the first visible end."""
    assert effects.due(lasting, QUIET) == due


def test_timers_follow_the_effects_of_the_row(mara):
    """Those whose moment is another are armed, a moment that is past at once; those that nothing needs are disarmed. One kind may be left out."""
    tick = {"op": "timer", "kind": "effect_tick", "subject": "character:1"}
    assert effects.timers(mara(), [BLEEDS, SOAKED], QUIET, NOW) == [{**tick, "in": 5.0}, {**tick, "kind": "effect_end", "in": 300.0}]
    assert effects.timers(mara(), [BLEEDS, SOAKED], QUIET, NOW, but="effect_tick") == [{**tick, "kind": "effect_end", "in": 300.0}]
    assert effects.timers(mara(), [BLEEDS], QUIET, NOW + 60) == [{**tick, "in": 0.0}]
    assert effects.timers(mara(BLEEDS), [BLEEDS], QUIET, NOW) == []
    assert effects.timers(mara(BLEEDS), [BLEEDS, POISONED], QUIET, NOW) == [{**tick, "in": 2.0}]
    off = {**tick, "op": "timer_off"}
    assert effects.timers(mara(BLEEDS, SOAKED), [], QUIET, NOW) == [off, {**off, "kind": "effect_end"}]
    assert effects.timers(mara(BLEEDS, SOAKED), [], QUIET, NOW, but="effect_end") == [off]


@pytest.mark.parametrize(
    ("rule", "lasts", "stacks", "hp"),
    [("harm", 10, 1, -1), ("harm", 300, 3, -3), ("heal", 10, 2, 2), ("worsen", 59, 1, -1), ("worsen", 60, 1, -2), ("worsen", 130, 2, -6)],
)
def test_ticks_of_the_core(rule, lasts, stacks, hp):
    """Harm and heal by the stack; what worsens does so by each whole minute."""
    (spec,) = (one for one in CORE if one.name == rule)
    lasting = Lasting("poisoned", NOW - lasts, stacks=stacks)
    assert spec.tick(Ticking(QUIET.effects["poisoned"], lasting, 50, 50, "yard", NOW, random.Random(1))) == hp
    assert spec.tick(Ticking(QUIET.effects["soaked"], lasting, 50, 50, "yard", NOW, random.Random(1))) == 0


def test_rules_of_ticks_are_checked():
    """Another object, or a second rule of one name, is refused at the start."""
    assert list(effects.specs_of(CORE, [EffectSpec("mist.chill", lambda _: -1)])) == ["harm", "heal", "worsen", "mist.chill"]
    with pytest.raises(ConfigurationError, match="brings a str; it must bring EffectSpec objects"):
        effects.specs_of(CORE, ["harm"])
    with pytest.raises(ConfigurationError, match="two rules of effects are called 'harm'; rename one of them"):
        effects.specs_of(CORE, CORE[:1])
