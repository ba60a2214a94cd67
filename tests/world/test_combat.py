"""The rules of fights: bounded, fair as they say, and the same from the same seed."""

from collections import Counter

import msgspec
import pytest
from echoes.world import combat, growth
from echoes.world.combat import ENEMIES, PLAYERS, Choice, Fight, Fighter
from hypothesis import given, settings
from hypothesis import strategies as st

MARA = Fighter("character:1", "Mara", PLAYERS, 50, 50, low=2, high=5)
HOUND = Fighter("npc:1", "ash hound", ENEMIES, 16, 16, low=1, high=4)
PACK = Fighter("npc:2", "ash hound", ENEMIES, 16, 16, low=1, high=4)
CALLER = msgspec.structs.replace(HOUND, hp=8, calls=True)
FORMER = b"""{"location_id": "yard", "seed": 3, "round": 2, "fighters": [{"id": "character:1", "name": "Mara", "side": 0, "hp": 50, "max_hp": 50},
 {"id": "npc:1", "name": "ash hound", "side": 1, "hp": 8, "max_hp": 16, "high": 4}], "intents": {"npc:1": {"action": "attack", "target": "character:1"}},
 "history": [{"fighters": [{"id": "character:1", "name": "Mara", "side": 0, "hp": 50, "max_hp": 50},
 {"id": "npc:1", "name": "ash hound", "side": 1, "hp": 8, "max_hp": 16, "high": 4}],
 "choices": {"npc:1": {"action": "heavy", "target": "character:1"}, "character:1": {"action": "defend"}}}]}"""
"""A fight's row from before enemies could call."""


def fought(fight: Fight, choice=None, most=200):
    """Play a fight to its end; each player does the same in every round."""
    rounds = []
    while not fight.is_over and len(rounds) < most:
        for one in fight.side(PLAYERS):
            fight = combat.choose(fight, one.id, choice or Choice("attack"))
        fight, events = combat.resolve(fight)
        rounds.append(events)
    return fight, rounds


@given(st.integers(0, 2**53), st.integers(1, 6), st.integers(1, 6), st.sampled_from(["attack", "defend", "flee"]))
@settings(deadline=None)
def test_every_fight_ends_and_can_be_replayed(seed, players, enemies, action):
    """With any dice: within the bound, no fighter below 0 or above its hit points, and the replay gives the same events."""
    fighters = [msgspec.structs.replace(MARA, id=f"character:{n}") for n in range(players)]
    fighters += [msgspec.structs.replace(HOUND, id=f"npc:{n}", timid=n % 2 == 0, calls=n % 3 == 1) for n in range(enemies)]
    end, rounds = fought(combat.begin("yard", seed, fighters), Choice(action))
    assert end.is_over
    assert len(rounds) <= combat.ROUNDS
    assert combat.replay(end) == rounds
    again = msgspec.json.decode(msgspec.json.encode(end), type=Fight)
    assert combat.replay(again) == rounds
    for record in end.history:
        assert all(0 < one.hp <= one.max_hp for one in record.fighters)
        assert {one.id for one in record.fighters if one.side == ENEMIES} <= set(record.choices)
    damage = Counter()
    for event in (event for events in rounds for event in events):
        damage[event.target] += event.damage
    for one in fighters:
        left = end.fighter(one.id)
        downed = any(event.fighter == one.id and event.outcome == "down" for events in rounds for event in events)
        assert damage[one.id] == one.max_hp - (left.hp if left else 0) or not downed


def test_each_enemy_states_its_intent_and_keeps_it():
    """The action that was stated at the start of the round is the one that the enemy does."""
    fight = combat.begin("yard", 7, [MARA, HOUND, PACK])
    assert set(fight.intents) == {HOUND.id, PACK.id}
    stated = fight.intents
    _, events = combat.resolve(combat.choose(fight, MARA.id, Choice("defend")))
    acted = {event.fighter: event.action for event in events if event.outcome != "down"}
    assert {id_: choice.action for id_, choice in stated.items()} == {id_: acted[id_] for id_ in stated}


def test_defending_halves_a_blow_and_not_choosing_defends():
    """The same dice, with and without the choice."""
    fight = combat.begin("yard", 3, [msgspec.structs.replace(MARA, hp=50), msgspec.structs.replace(HOUND, low=20, high=20)])
    chosen = combat.resolve(combat.choose(fight, MARA.id, Choice("defend")))[1]
    assert chosen == combat.resolve(fight)[1]
    seeds = range(400)
    hurt = {"defend": 0, "flee": 0}
    for seed in seeds:
        for action in hurt:
            fight = combat.begin("yard", seed, [MARA, msgspec.structs.replace(HOUND, low=20, high=20, agility=99)])
            events = combat.resolve(combat.choose(fight, MARA.id, Choice(action)))[1]
            hurt[action] += sum(event.damage for event in events if event.target == MARA.id)
    assert 0.4 < hurt["defend"] / hurt["flee"] < 0.6


@pytest.mark.parametrize(("level", "agility", "chance"), [(1, 5, 0.75), (6, 5, 0.95), (1, 10, 0.85), (1, 25, 0.95)])
def test_the_chance_to_hit_is_as_stated(level, agility, chance):
    """The function that the page shows is the one that decides: over many fights the share is near it."""
    attacker = msgspec.structs.replace(MARA, level=level, agility=agility)
    assert combat.hit_chance(attacker, HOUND) == pytest.approx(chance)
    hits = 0
    for seed in range(1000):
        fight = combat.begin("yard", seed, [attacker, msgspec.structs.replace(HOUND, hp=1000, max_hp=1000)])
        events = combat.resolve(combat.choose(fight, attacker.id, Choice("attack", HOUND.id)))[1]
        hits += next(event for event in events if event.fighter == attacker.id).outcome != "miss"
    assert abs(hits / 1000 - chance) < 0.05
    assert combat.hit_chance(HOUND, msgspec.structs.replace(MARA, level=50)) == 0.15


def called(events):
    """Those whose call has succeeded."""
    return [event.fighter for event in events if event.outcome == "called"]


def test_one_of_a_pack_calls_when_it_is_hurt_and_once_a_fight():
    """It shows it first. Whole it does not call, and after the first call no other one of the fight does."""
    seen = Counter()
    for seed in range(60):
        fight = combat.begin(
            "yard", seed, [MARA, msgspec.structs.replace(HOUND, calls=True), msgspec.structs.replace(PACK, hp=8, calls=True)]
        )
        heard = []
        while not fight.is_over:
            callers = [id_ for id_, intent in fight.intents.items() if intent.action == "call"]
            assert all(fight.fighter(id_).hp * 2 <= fight.fighter(id_).max_hp for id_ in callers)
            assert len(callers) <= 1
            assert not callers or not heard
            fight, events = combat.resolve(combat.choose(fight, MARA.id, Choice("attack")))
            assert called(events) == [id_ for id_ in callers if fight.fighter(id_)]
            assert not any(event.fighter in callers and event.action in {"attack", "heavy"} and event.outcome != "down" for event in events)
            heard += called(events)
        seen[len(heard)] += 1
        assert [id_ for events in combat.replay(fight) for id_ in called(events)] == heard
    assert seen[1]


def test_a_fallen_enemy_does_not_call():
    """Whenever in the round it goes down; another one of the pack may call after it."""
    strong = msgspec.structs.replace(MARA, level=50, low=99, high=99)
    downed = 0
    for seed in range(60):
        fight = combat.begin("yard", seed, [strong, CALLER, msgspec.structs.replace(PACK, calls=True)])
        if fight.intents[CALLER.id].action == "call":
            fight, events = combat.resolve(combat.choose(fight, strong.id, Choice("attack", CALLER.id)))
            if fight.fighter(CALLER.id) is None:
                assert called(events) == []
                assert fight.fighter(PACK.id).calls
                downed += 1
    assert downed


def test_a_newcomer_does_not_call():
    """So a call does not bring the next one."""
    for seed in range(60):
        fight = combat.join(combat.begin("yard", seed, [MARA, HOUND]), msgspec.structs.replace(CALLER, id="npc:9"))
        fight, events = combat.resolve(fight)
        assert called(events) == []
        assert fight.is_over or fight.intents["npc:9"].action != "call"


def test_a_row_from_before_calls_loads_and_replays():
    """Its enemies do not call."""
    fight = msgspec.json.decode(FORMER, type=Fight)
    assert [[(event.fighter, event.outcome) for event in events] for events in combat.replay(fight)] == [
        [("character:1", "guarded"), ("npc:1", "miss")]
    ]
    end, _ = fought(fight, Choice("defend"))
    assert all(choice.action != "call" for record in end.history for choice in record.choices.values())


def test_a_fighter_that_flees_is_out_of_it_alive():
    """With the stated probability; the fighters that are left continue."""
    away = 0
    for seed in range(600):
        fight, events = combat.resolve(combat.choose(combat.begin("yard", seed, [MARA, HOUND]), MARA.id, Choice("flee")))
        fled = any(event.outcome == "fled" for event in events)
        assert (fight.fighter(MARA.id) is None) == (fled or any(one.fighter == MARA.id and one.outcome == "down" for one in events))
        away += fled
    assert abs(away / 600 - combat.flight_chance(MARA, [HOUND])) < 0.06


def test_a_blow_at_a_target_that_is_down_goes_to_another():
    """Two who choose the same target do not waste the second blow."""
    strong = [msgspec.structs.replace(MARA, id=f"character:{n}", level=50, low=99, high=99) for n in (1, 2)]
    fight = combat.begin("yard", 1, [*strong, HOUND, PACK])
    for one in strong:
        fight = combat.choose(fight, one.id, Choice("attack", HOUND.id))
    end = fight
    for seed in range(20):
        end, _ = combat.resolve(msgspec.structs.replace(fight, seed=seed))
        if not end.side(ENEMIES):
            break
    assert not end.side(ENEMIES)


@given(st.integers(1, 49), st.integers(0, 99), st.integers(0, 20_000))
def test_experience_makes_levels_and_none_is_lost(level, xp, gained):
    """The sum of all experience stays what it was, up to the highest level."""
    found = growth.with_xp(level, xp, gained)
    assert found.gained == found.level - level
    if found.level < growth.MAX_LEVEL:
        assert found.xp < growth.needed(found.level)
        assert sum(growth.needed(one) for one in range(level, found.level)) + found.xp == xp + gained
    assert 0 <= growth.after_death(level, xp) <= xp


def test_shares_add_up():
    """No point of an enemy's experience is lost or made."""
    for fighters in range(1, 8):
        assert sum(growth.share(17, fighters, index) for index in range(fighters)) == 17
