"""The end of a fight's round as data: rows, wear, loot, remains, experience, flight. The blows of the round are given. No database."""

from types import SimpleNamespace

import msgspec
import pytest
from arena import HERE, city
from echoes.errors import Refused
from echoes.game import fights, rounds
from echoes.game.facts import Broke, Died, EffectEnded, Killed, Levelled, Survived
from echoes.storage.combats import CombatRow
from echoes.storage.commits import Thing
from echoes.storage.npcs import NpcRow
from echoes.wire import WirePosition
from echoes.world import combat
from echoes.world.combat import ENEMIES, PLAYERS, Choice, Event, Wound
from echoes.world.effects import Lasting
from echoes.world.model import Damage, Inflicts, Item, Loot, LootEntry, Quest, Step
from echoes.world.populations import Population
from msgspec.structs import replace

NOW = 1000.0
MARA, TOMAS, HOUND, SECOND = "character:1", "character:2", "npc:5", "npc:6"
BASE = city(hp=16, xp=15)
NEXT = min(way.to for way in BASE.locations[HERE].exits.values())
WORLD = replace(
    BASE,
    npcs=BASE.npcs | {"ash_hound": replace(BASE.npcs["ash_hound"], loot="pockets", respawn_minutes=7.0)},
    loot={"pockets": Loot((LootEntry("coin", least=2, most=2), LootEntry("cap", least=2, most=2)), rolls=6)},
    items=BASE.items
    | {
        "coin": Item("coin", "trinket", "Round.", 0.1, 0.1, stackable=True),
        "cap": Item("cap", "armor", "Flat.", 0.1, 0.1, slot="head", armor=2, durability=40),
        "pick": Item("pick", "weapon", "Sharp.", 1.0, 1.0, slot="main_hand", damage=Damage(3, 6), durability=9, inflicts=Inflicts("bleeding", 30)),
        "stick": Item("stick", "weapon", "Dull.", 1.0, 1.0, slot="off_hand", damage=Damage(3, 4), durability=9),
    },
)  # fmt: skip
PACK = Population("hounds", "ash_hound", 2, 90.0, (HERE,))
PICK = Thing(11, 4, "pick", 1, durability=3, slot="main_hand")
CAP = Thing(12, 7, "cap", 1, durability=1, slot="head")


def fact(fact):
    return type(fact), fact.character_id


class Arena:
    """Mara, Tomas and hounds in the yard; their round ends with the given events."""

    def __init__(self, row, monkeypatch) -> None:
        self.me = replace(row(1), location_id=HERE, hp=30, max_hp=40, version=8, combat=7, xp=50)
        self.other = replace(self.me, id=2, name="Tomas", version=9)
        self.ghosts = {}
        self.npcs = {id_: NpcRow(id_, 3, "ash_hound", "hounds", HERE, HERE, 10, {"fight": 7}) for id_ in (5, 6)}
        self.things = {}
        self.world = WORLD
        self.populations = {"hounds": PACK}
        self.ways = {place: WirePosition("e", 4) for place in (HERE, NEXT, WORLD.start.location)}
        self.patch = monkeypatch

    def ground(self):
        npc = self.world.npcs["ash_hound"]
        people = {one.id: one for one in (self.me, self.other)}
        fighters = [fights.of_character(one, self.things.get(one.id, ()), self.world, NOW) for one in people.values()]
        fighters += [fights.of_npc(replace(one, hp=99), npc, self.world) for one in (*self.npcs.values(), *self.ghosts.values())]
        fight = combat.begin(HERE, 1, fighters)
        return fights.Field(
            CombatRow(7, 5, HERE, NOW, over=False, fight=fight), self.world, people, self.npcs, self.ghosts, self.things, self.populations, self.ways, NOW
        )  # fmt: skip

    def end(self, *events):
        """Settle a round with these events; those that are down or away are out of the fight."""
        gone = {one.fighter for one in events if one.outcome in {"down", "fled"}}

        def resolve(fight):
            left = tuple(one for one in fight.fighters if one.id not in gone)
            return replace(fight, round=fight.round + 1, fighters=left), events

        self.patch.setattr(combat, "resolve", resolve)
        self.field = self.ground()
        return fights.settle(self.field, self.field.row.fight)


@pytest.fixture
def arena(row, monkeypatch):
    return Arena(row, monkeypatch)


def ops(settled, op):
    return [one for one in settled.changes if one["op"] == op]


def data(events, action):
    """The events of one action: channel and data."""
    found = []
    for one in events:
        payload = msgspec.json.decode(one.envelope)["payload"]
        if payload["data"]["action"] == action:
            found.append((one.channel, payload["data"]))
    return found


# ── fighters ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_broken_things_do_not_fight(row):
    """Of two weapons with the harder one; a broken thing gives nothing, and what is only carried neither."""
    me = replace(row(1), hp=7, max_hp=9, level=3, strength=6, agility=8)
    stick, loose = Thing(13, 1, "stick", 1, durability=9, slot="off_hand"), Thing(14, 1, "cap", 1, durability=9)
    harder = fights.of_character(me, [stick, PICK, CAP, loose], WORLD, NOW)
    assert (harder.id, harder.name, harder.side, harder.hp, harder.max_hp, harder.level) == (MARA, "Mara", PLAYERS, 7, 9, 3)
    assert (harder.low, harder.high, harder.armor, harder.strength, harder.agility, harder.aim, harder.escape) == (3, 6, 2, 6, 8, 0, 0)
    assert harder.wound == Wound("bleeding", "bleeding", 30, 1, 6)
    broken = fights.of_character(me, [stick, replace(PICK, durability=0), replace(CAP, durability=0)], WORLD, NOW)
    assert (broken.low, broken.high, broken.armor, broken.wound) == (3, 4, 0, None)
    bare = fights.of_character(me, [replace(PICK, slot="")], WORLD, NOW)
    assert (bare.low, bare.high, bare.armor, bare.wound) == (1, 2, 0, None)


def test_effects_change_a_fighter_within_bounds(row):
    """No blow does less than nothing at its weakest, nor less than one at its best; armour ends at nothing."""
    weak = replace(WORLD.effects["soaked"], changes=replace(WORLD.effects["soaked"].changes, damage=-9, armor=-9, hit=-4, flight=-3))
    world = replace(WORLD, effects=WORLD.effects | {"soaked": weak})
    me = replace(row(1), effects=(Lasting("soaked", NOW, NOW + 60),))
    found = fights.of_character(me, [PICK, CAP], world, NOW)
    assert (found.low, found.high, found.armor, found.aim, found.escape) == (0, 1, 0, -4, -3)
    strong = replace(weak, changes=replace(weak.changes, damage=2, armor=3))
    found = fights.of_character(me, [PICK, CAP], replace(world, effects=world.effects | {"soaked": strong}), NOW)
    assert (found.low, found.high, found.armor) == (5, 8, 5)


@pytest.mark.parametrize(("behaviour", "timid"), [("flee", True), ("wander", True), ("guard", False)])
def test_an_npc_fights_as_its_template_says(behaviour, timid):
    """With the hit points of its row."""
    npc = replace(WORLD.npcs["ash_hound"], behaviour=behaviour, armor=2, level=4, inflicts=Inflicts("infected", 20), damage=Damage(2, 9))
    found = fights.of_npc(NpcRow(5, 3, "ash_hound", "hounds", HERE, HERE, 6), npc, WORLD)
    assert (found.id, found.name, found.side, found.hp, found.max_hp, found.level) == (HOUND, "the ash hound", ENEMIES, 6, 16, 4)
    assert (found.low, found.high, found.armor, found.timid) == (2, 9, 2, timid)
    assert found.wound == Wound("infected", "infected", 20, 0, 120)


def test_a_wound_harms_as_its_effect_does():
    """One that heals does no harm; an unknown one is none."""
    heals = replace(WORLD.effects["bleeding"], tick=replace(WORLD.effects["bleeding"].tick, does="heal"), seconds=None)
    assert fights.wound_of(WORLD.items["pick"], replace(WORLD, effects={"bleeding": heals})) == Wound("bleeding", "bleeding", 30, 0, 0)
    assert fights.wound_of(WORLD.items["pick"], replace(WORLD, effects={})) is None
    assert fights.wound_of(WORLD.items["stick"], WORLD) is None
    assert fights.wound_of(None, WORLD) is None


# ── the round ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_round_begins_with_the_rows(arena):
    """An NPC has the hit points of its row, and not those that the fight has kept."""
    arena.end()
    seen = []
    arena.patch.setattr(combat, "resolve", lambda fight: (seen.append(fight) or fight, ()))
    fights.settle(arena.field, arena.field.row.fight)
    assert [one.hp for one in seen[0].fighters] == [30, 30, 10, 10]


def test_a_round_without_a_blow_changes_the_fight_alone(arena):
    """Its row has the next version's condition and a new time limit."""
    settled = arena.end()
    (change,) = settled.changes
    assert (change["op"], change["id"], change["version"], change["over"], change["seconds"]) == ("combat", 7, 5, False, 15.0)
    assert change["fight"]["round"] == 2
    assert (settled.sets, settled.facts, settled.ledger, settled.explored, settled.left, settled.worn) == ({}, [], [], {}, {}, {})
    ((channel, shown),) = data(settled.events, "fight_round")
    assert (channel, shown["location_id"], shown["fight"]["until"], shown["fight"]["id"]) == (f"location:{HERE}", HERE, NOW + 15, 7)


def test_blows_are_taken_from_the_rows(arena):
    """Each from its target; an NPC that was not hit is not changed."""
    settled = arena.end(
        Event(MARA, "attack", "hit", HOUND, 4), Event(HOUND, "attack", "hit", MARA, 3), Event(SECOND, "heavy", "critical", MARA, 5),
        Event(TOMAS, "attack", "miss", HOUND),
    )  # fmt: skip
    assert settled.sets == {1: {"hp": 22}}
    assert ops(settled, "npc") == [{"op": "npc", "id": 5, "version": 3, "location_id": HERE, "set": {"hp": 6, "state": {"fight": 7}}}]


def test_an_npc_that_falls_is_gone_and_its_population_sends_another(arena):
    """Its move is disarmed; the other still fights. All that stand share its experience, the first gets what does not divide."""
    settled = arena.end(Event(MARA, "attack", "hit", HOUND, 10), Event(HOUND, "attack", "down", MARA))
    assert ops(settled, "npc_gone") == [{"op": "npc_gone", "id": 5, "version": 3, "location_id": HERE}]
    assert ops(settled, "timer_off") == [{"op": "timer_off", "kind": "npc_move", "subject": "npc:5"}]
    assert ops(settled, "timer") == [{"op": "timer", "kind": "spawn", "subject": "spawn:hounds", "in": 90.0, "keep": True}]
    assert ops(settled, "npc") == []
    ((channel, left),) = data(settled.events, "npc_left")
    assert (channel, left["npc"]["instance"], left["npc"]["version"], left["location_id"]) == (f"location:{HERE}", 5, 4, HERE)
    assert [fact(one) for one in settled.facts] == [(Killed, 1), (Killed, 2)]
    assert (settled.sets[1], settled.sets[2]) == ({"level": 1, "xp": 58}, {"level": 1, "xp": 57})
    arena.populations = {}
    settled = arena.end(Event(MARA, "attack", "hit", HOUND, 10), Event(HOUND, "attack", "down", MARA))
    assert [one["in"] for one in ops(settled, "timer")] == [7 * 60]


def test_loot_lies_there_with_its_entries_in_the_ledger(arena):
    """A stack is one thing; what does not stack is as many. The oldest litter makes room."""
    settled = arena.end(Event(HOUND, "attack", "down", MARA))
    made = ops(settled, "insert")
    assert {one["template"] for one in made} == {"coin", "cap"}
    for id_, durability in (("coin", None), ("cap", 40)):
        mine = [one for one in made if one["template"] == id_]
        assert {one["owner"] for one in mine} == {f"location:{HERE}"}
        assert {one["durability"] for one in mine} == {durability}
        entry = {"template": id_, "quantity": sum(one["quantity"] for one in mine), "reason": "loot"}
        assert entry in settled.ledger
        assert (len(mine) == 1) == (id_ == "coin")
        assert all(one["quantity"] == 1 for one in mine) == (id_ == "cap")
    assert len(settled.ledger) == 2
    assert len({one["id"] for one in made if 0 < one["id"] < 2**53}) == len(made)
    assert [one["location_id"] for one in ops(settled, "litter")] == [HERE]
    ((channel, shown),) = data(settled.events, "looted")
    assert channel == f"location:{HERE}"
    assert {one["id"]: (one["template"], one["quantity"], one["version"]) for one in shown["ground"]} == {
        one["id"]: (one["template"], one["quantity"], 1) for one in made
    }
    arena.world = replace(WORLD, loot={})
    settled = arena.end(Event(HOUND, "attack", "down", MARA))
    assert (ops(settled, "insert"), ops(settled, "litter"), settled.ledger, data(settled.events, "looted")) == ([], [], [], [])


def test_an_npc_gets_away_to_a_place_of_its_population(arena):
    """It is in no fight any more, keeps its wounds, and leaves no loot; without such a place it leaves the city."""
    arena.populations = {"hounds": PACK._replace(locations=(HERE, NEXT))}
    settled = arena.end(Event(MARA, "attack", "hit", HOUND, 4), Event(HOUND, "flee", "fled"))
    assert ops(settled, "npc") == [
        {"op": "npc", "id": 5, "version": 3, "location_id": HERE, "set": {"hp": 6, "state": {}, "location_id": NEXT}}
    ]
    assert (ops(settled, "npc_gone"), ops(settled, "timer"), ops(settled, "insert"), settled.facts) == ([], [], [], [])
    assert [(channel, one["npc"]["version"]) for channel, one in data(settled.events, "npc_left")] == [(f"location:{HERE}", 4)]
    ((channel, arrived),) = data(settled.events, "npc_arrived")
    comes = WORLD.npcs["ash_hound"].comes
    assert (channel, arrived["npc"]["version"], arrived["message"]) == (f"location:{NEXT}", 4, f"An ash hound {comes}, hurt.")
    arena.populations = {"hounds": PACK}
    settled = arena.end(Event(HOUND, "flee", "fled"))
    assert [one["id"] for one in ops(settled, "npc_gone")] == [5]
    assert (ops(settled, "npc"), ops(settled, "insert"), settled.facts) == ([], [], [])


def test_when_the_fight_is_over_all_are_free(arena):
    """The survivors are in no fight and have survived one; NPCs that are left forget it, also one that was not hit."""
    del arena.npcs[6]
    settled = arena.end(Event(HOUND, "attack", "down", MARA))
    assert [(one["over"], "seconds" in one) for one in ops(settled, "combat")] == [(True, False)]
    assert [fact(one) for one in settled.facts if isinstance(one, Survived)] == [(Survived, 1), (Survived, 2)]
    assert [settled.sets[id_]["combat"] for id_ in (1, 2)] == [0, 0]
    assert data(settled.events, "fight_round") == []
    assert data(settled.events[:1], "fight_over")[0][1]["fight"]["over"] is True
    settled = arena.end(Event(MARA, "flee", "fled"), Event(TOMAS, "flee", "fled"))
    assert ops(settled, "npc") == [{"op": "npc", "id": 5, "version": 3, "location_id": HERE, "set": {"hp": 10, "state": {}}}]
    assert [one for one in settled.facts if isinstance(one, Survived)] == []


def test_an_npc_whose_template_is_gone_leaves_with_the_round(arena):
    """Its row goes under its version."""
    arena.ghosts = {9: NpcRow(9, 2, "gone", "hounds", HERE, HERE, 10, {"fight": 7})}
    assert ops(arena.end(), "npc_gone") == [{"op": "npc_gone", "id": 9, "version": 2, "location_id": HERE}]


# ── the players ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_player_gets_away_to_a_neighbour(arena):
    """It is in no fight any more; it stays where every way leads to a place without a channel's position."""
    arena.ways = {place: at for place, at in arena.ways.items() if place == NEXT}
    settled = arena.end(Event(HOUND, "attack", "hit", MARA, 3), Event(MARA, "flee", "fled"))
    assert settled.sets[1] == {"hp": 27, "combat": 0, "location_id": NEXT, "arrival": f"{NEXT} e 4"}
    assert settled.explored == {1: NEXT}
    arena.ways = {}
    settled = arena.end(Event(MARA, "flee", "fled"))
    assert (settled.sets, settled.explored) == ({1: {"combat": 0}}, {})


def test_a_player_that_falls_leaves_remains_and_gets_no_experience(arena):
    """The things that it keeps are as worn as the round has left them. Its wounds are those of before: death ends them."""
    own = replace(PICK, personal=True)
    arena.things = {1: [own, CAP]}
    settled = arena.end(
        Event(MARA, "attack", "hit", HOUND, 10), Event(HOUND, "attack", "down", MARA), Event(SECOND, "attack", "wounded", MARA, effect="bleeding"),
        Event(SECOND, "attack", "hit", MARA, 30), Event(MARA, "attack", "down", SECOND),
    )  # fmt: skip
    assert (settled.sets[1]["hp"], settled.sets[1]["combat"], settled.sets[1]["xp"]) == (20, 0, 40)
    assert "effects" not in settled.sets[1]
    assert settled.left == {1: [replace(own, version=5, durability=2)]}
    assert [fact(one) for one in settled.facts if isinstance(one, Killed)] == [(Killed, 2)]
    assert settled.sets[2]["xp"] == 65
    changes = fights.character_changes(arena.field, settled)
    assert [(one["id"], one.get("explored")) for one in changes] == [(1, WORLD.start.location), (2, None)]
    ((_, hurt),) = [one for one in data(settled.events, "hurt") if one[0] == "player:1"]
    assert [(one["id"], one["version"], one["quantity"]) for one in hurt["items"]] == [(11, 5, 1), (12, 9, 0)]


def test_remains_lie_where_a_character_fell(arena):
    """Its effects end with their timers, which is no news to it; all others see it leave and arrive, under the version that it will have."""
    arena.me = replace(arena.me, effects=(Lasting("bleeding", NOW, NOW + 60, NOW + 9),), hp=5, xp=4)
    settled = arena.end(Event(HOUND, "attack", "hit", MARA, 5), Event(MARA, "attack", "down", HOUND))
    (corpse,) = ops(settled, "corpse")
    assert 0 < corpse["id"] < 2**53
    assert corpse == {
        "op": "corpse", "id": corpse["id"], "character": 1, "location_id": HERE, "template": "remains", "label": "Mara", "seconds": 600.0,
    }  # fmt: skip
    assert ops(settled, "timer") == [
        {"op": "timer", "kind": "decay", "subject": f"container:{corpse['id']}", "in": 3600.0, "payload": {"location_id": HERE}}
    ]
    assert ops(settled, "timer_off") == [{"op": "timer_off", "kind": "effect_tick", "subject": MARA}]
    assert settled.ledger == [{"template": "remains", "quantity": 1, "reason": "death"}]
    ((channel, shown),) = data(settled.events, "looted")
    assert (channel, shown["location_id"], [(one["id"], one["version"], one["quantity"]) for one in shown["ground"]]) == (
        f"location:{HERE}", HERE, [(corpse["id"], 1, 1)],
    )  # fmt: skip
    assert [(fact(one), getattr(one, "reason", "")) for one in settled.facts] == [((Died, 1), ""), ((EffectEnded, 1), "death")]
    assert (settled.sets[1]["effects"], settled.sets[1]["xp"], settled.sets[1]["hp"]) == ((), 0, 20)
    start = WORLD.start.location
    assert (settled.sets[1]["location_id"], settled.sets[1]["arrival"]) == (start, f"{start} e 4")
    ((channel, moved),) = data(settled.events, "moved")
    assert (channel, moved["version"], moved["location_id"], moved["forced"]) == ("player:1", 9, start, True)
    assert (len(data(settled.events, "player_left")), len(data(settled.events, "player_arrived"))) == ((0, 0) if start == HERE else (1, 1))


def test_a_flight_is_seen_at_both_ends(arena):
    """By all but the one that flees, under the version that it will have."""
    arena.ways = {NEXT: WirePosition("e", 4)}
    settled = arena.end(Event(MARA, "flee", "fled"))
    for action, place in ("player_left", HERE), ("player_arrived", NEXT):
        ((channel, shown),) = data(settled.events, action)
        assert (channel, shown["player"]["id"], shown["version"]) == (f"location:{place}", 1, 9)
    seen = [msgspec.json.decode(one.envelope) for one in settled.events]
    assert [one["exclude_player_id"] for one in seen if one["payload"]["data"]["action"] in {"player_left", "player_arrived"}] == [1, 1]


def test_a_blow_wears_its_weapon_and_one_piece_of_armour(arena):
    """At nothing it breaks, which is a fact and a line; a miss, a guard and what a wound does wear nothing."""
    cap = replace(CAP, durability=9)
    arena.things = {1: [PICK, cap, Thing(15, 2, "cap", 1, durability=9)]}
    settled = arena.end(
        Event(MARA, "attack", "critical", HOUND, 1), Event(MARA, "heavy", "hit", HOUND, 1), Event(HOUND, "attack", "hit", MARA, 1),
        Event(MARA, "attack", "miss", HOUND), Event(MARA, "suffer", "hit", MARA, 1), Event(TOMAS, "attack", "hit", HOUND, 1),
    )  # fmt: skip
    assert ops(settled, "update") == [
        {"op": "update", "id": 11, "version": 4, "owner": MARA, "durability": 1},
        {"op": "update", "id": 12, "version": 7, "owner": MARA, "durability": 8},
    ]
    assert settled.worn == {1: {11: replace(PICK, version=5, durability=1), 12: replace(CAP, version=8, durability=8)}}
    assert (settled.facts, settled.lines, settled.sets[1]) == ([], {}, {"hp": 28})
    arena.things = {1: [CAP]}
    settled = arena.end(Event(HOUND, "attack", "hit", MARA, 1))
    assert [(one["id"], one["durability"]) for one in ops(settled, "update")] == [(12, 0)]
    assert [(fact(one), one.item) for one in settled.facts] == [((Broke, 1), "cap")]
    assert settled.lines == {1: ["Your cap breaks."]}
    arena.things = {1: [replace(PICK, durability=1), replace(CAP, durability=0)]}
    blow = Event(MARA, "attack", "hit", HOUND, 1)
    settled = arena.end(blow, blow, Event(HOUND, "attack", "hit", MARA, 1))
    assert [(one["id"], one["durability"]) for one in ops(settled, "update")] == [(11, 0)]
    assert settled.sets[1] == {"hp": 29}


def test_a_wound_is_an_effect_with_its_timers(arena):
    """The player reads of it, the others see it."""
    settled = arena.end(Event(HOUND, "attack", "hit", MARA, 2), Event(HOUND, "attack", "wounded", MARA, effect="bleeding"))
    assert [one.id for one in settled.sets[1]["effects"]] == ["bleeding"]
    assert [(type(one).__name__, one.character_id) for one in settled.facts] == [("EffectGained", 1)]
    assert [(one["kind"], one["subject"]) for one in ops(settled, "timer")] == [("effect_tick", "character:1")]
    assert settled.lines == {1: [WORLD.effects["bleeding"].feels]}
    assert [(channel, one["message"], one["player"]["id"], one["version"]) for channel, one in data(settled.events, "affected")] == [
        (f"location:{HERE}", "Mara is bleeding.", 1, 9)
    ]


def test_experience_may_bring_a_level(arena):
    """Its hit points come on top of those that the round has left."""
    arena.me = replace(arena.me, xp=95)
    del arena.npcs[6]
    settled = arena.end(Event(HOUND, "attack", "hit", MARA, 3), Event(HOUND, "attack", "down", MARA))
    assert settled.sets[1] == {"hp": 32, "max_hp": 45, "level": 2, "xp": 3, "combat": 0}
    assert [(fact(one), one.level) for one in settled.facts if isinstance(one, Levelled)] == [((Levelled, 1), 2)]
    fights.character_changes(arena.field, settled)
    hurt = dict(data(settled.events, "hurt"))
    assert "You are level 2 now, with 2 points to spend" in hurt["player:1"]["message"]
    assert hurt["player:2"]["message"] == ""


def test_effects_and_intellect_bring_more_experience(arena):
    """Each fighter by its own."""
    rested = replace(WORLD.effects["rested"], changes=replace(WORLD.effects["rested"].changes, experience=100))
    arena.world = replace(WORLD, effects=WORLD.effects | {"rested": rested})
    arena.me = replace(arena.me, effects=(Lasting("rested", NOW, NOW + 60),))
    arena.other = replace(arena.other, intellect=15)
    settled = arena.end(Event(HOUND, "attack", "down", MARA))
    assert (settled.sets[1]["xp"], settled.sets[2]["xp"]) == (50 + 16, 50 + 8)


def test_rows_change_under_their_versions(arena):
    """Each with the moment of its hit points. The row of the command that ended the round is that command's; its player reads of it all the same."""
    settled = arena.end(Event(HOUND, "attack", "hit", MARA, 3), Event(HOUND, "attack", "hit", TOMAS, 4))
    (change,) = fights.character_changes(arena.field, settled, but=1)
    assert change == {"op": "character", "id": 2, "version": 9, "set": {"hp": 26, "hp_at": NOW}}
    assert settled.sets[1] == {"hp": 27, "hp_at": NOW}
    hurt = data(settled.events, "hurt")
    assert [(channel, one["version"], one["you"]["hp"]) for channel, one in hurt] == [("player:1", 9, 27), ("player:2", 10, 26)]
    arena.things = {1: [PICK]}
    settled = arena.end(Event(MARA, "attack", "hit", HOUND, 1))
    (change,) = fights.character_changes(arena.field, settled)
    assert change["set"] == {"hp": 30, "hp_at": NOW}
    assert [[item["id"] for item in one["items"]] for _, one in data(settled.events, "hurt")] == [[11]]


def test_the_round_advances_the_quests_of_its_fighters(arena):
    """With facts, events and the flags of the step that are not set yet; a quest that does not advance changes nothing."""
    steps = (Step("Live.", survive=1, sets=("alive", "old")), Step("Live on.", survive=2))
    arena.world = replace(WORLD, quests={"q": Quest("The task", "Offer.", steps, "The end.")})
    arena.me = replace(arena.me, quests={"q": (0, 0)}, flags=("old",))
    arena.npcs = {5: arena.npcs[5]}
    settled = arena.end(Event(HOUND, "attack", "down", MARA))
    mine, other = fights.character_changes(arena.field, settled)
    assert mine["quests"] == {"was": {"q": (0, 0)}, "is": {"q": (1, 0)}}
    assert mine["flags"] == {"add": ["alive"], "remove": []}
    assert "quests" not in other
    assert [(one.character_id, one.quest, one.step) for one in settled.facts if type(one).__name__ == "QuestAdvanced"] == [(1, "q", 1)]
    assert [channel for channel, _ in data(settled.events, "quest_advanced")] == ["player:1"]


# ── the rows of a round ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("place", [HERE, "nowhere"])
async def test_a_round_is_settled_on_those_that_are_in_it(arena, monkeypatch, place):
    """Characters in this fight and this place; NPCs in this fight, apart those whose template is gone. Where the place is gone, NPCs alone."""
    field, me = arena.ground(), replace(arena.me, location_id=place)
    people = {1: me, 2: replace(me, id=2, combat=8), 3: replace(me, id=3, location_id=NEXT)}
    enemies = [arena.npcs[5], replace(arena.npcs[6], state={"fight": 8}), replace(arena.npcs[5], id=9, template="gone")]

    async def given(answer):
        return answer

    monkeypatch.setattr(fights.commits, "load_characters", lambda _, ids: given({id_: people[id_] for id_ in [*ids, 3]}))
    monkeypatch.setattr(fights.npcs, "load_many", lambda _, ids: given(enemies if ids == [5, 6] else []))
    monkeypatch.setattr(fights.commits, "load_inventories", lambda _, ids: given({id_: [PICK] for id_ in ids}))
    populations = SimpleNamespace(by_id={"hounds": PACK})
    around = SimpleNamespace(
        world=WORLD, database=SimpleNamespace(now=lambda: NOW), contents=SimpleNamespace(populations=populations),
        position_of=lambda at: given(WirePosition(at, 4)),
    )  # fmt: skip
    row = replace(field.row, location_id=place)
    found = await fights.survey(around, row)
    assert (found.row, found.world, found.now, found.populations) == (row, WORLD, NOW, populations.by_id)
    assert found.characters == ({1: me} if place == HERE else {})
    assert (set(found.npcs), set(found.ghosts), list(found.things)) == ({5}, {9}, [1] if place == HERE else [])
    ways = {way.to for way in WORLD.locations[HERE].exits.values()} if place == HERE else set()
    assert found.ways == {at: WirePosition(at, 4) for at in ways | {WORLD.start.location}}


# ── the command that ends a round ────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def chosen(arena, deed, monkeypatch):
    """Makes Mara's choice for a round in which Tomas may have chosen; answers the deed."""

    async def choose(*events, others=True, bag=(), mine=None, again=False):
        arena.end(*events)
        one = deed(bag=bag, world=WORLD, combat=7, resting=True)
        arena.me, arena.things = one.scene.me, {1: list(bag)}
        one.mine = mine
        field = arena.ground()

        async def survey(*_):
            return field

        monkeypatch.setattr(fights, "survey", survey)
        fight = field.row.fight
        fight = combat.choose(fight, TOMAS, Choice("defend")) if others else fight
        fight = combat.choose(fight, MARA, Choice("defend")) if again else fight
        await rounds.choose(one, field.row, fight, Choice("attack", HOUND))
        return one

    return choose


async def test_a_choice_waits_for_the_others(chosen):
    """It is in the fight's row, whose time limit stays; a second one is refused."""
    one = await chosen(others=False)
    (change,) = one.changes
    assert (change["op"], change["id"], change["version"], change["over"], "seconds" in change) == ("combat", 7, 5, False, False)
    assert change["fight"]["choices"] == {MARA: {"action": "attack", "target": HOUND}}
    assert (one.fields["combat"], one.fields["resting"]) == (7, False)
    ((_, shown),) = data(one.events, "fight_joined")
    assert shown["fight"]["until"] == NOW
    with pytest.raises(Refused, match="chosen for this round"):
        await chosen(others=False, again=True)


async def test_the_last_choice_ends_the_round(chosen):
    """In the same deed: the actor's row by the deed, all others' by changes of their own, and a new time limit."""
    bag = [PICK, replace(CAP, durability=9)]
    one = await chosen(
        Event(MARA, "attack", "hit", HOUND, 4), Event(HOUND, "attack", "hit", MARA, 3), Event(SECOND, "attack", "hit", TOMAS, 3), bag=bag
    )
    assert (one.me.hp, one.me.combat, one.me.resting) == (27, 7, False)
    assert [thing.durability for thing in one.mine] == [2, 8]
    assert [change["id"] for change in one.changes if change["op"] == "character"] == [2]
    assert [change["kind"] for change in one.changes if change["op"] == "timer"] == ["combat_round"]
    assert [(change["op"], change["version"]) for change in one.changes if change["op"] in {"npc", "combat"}] == [("npc", 3), ("combat", 5)]
    assert len(data(one.events, "fight_round")) == 1
    unhurt = await chosen(bag=bag)
    assert (unhurt.mine, unhurt.me.hp) == (None, 30)


async def test_a_round_counts_with_the_things_of_its_deed(chosen):
    """Something that is used in the round is no longer there when it ends."""
    dead = Event(HOUND, "attack", "hit", MARA, 30), Event(MARA, "attack", "down", HOUND)
    own = replace(PICK, personal=True)
    one = await chosen(*dead, bag=[own, CAP], mine=[own])
    assert one.mine == [own]
    assert (one.me.location_id, one.fields["location_id"], one.fields["explored"]) == (WORLD.start.location,) * 3
    assert one.fields["arrival"] == f"{WORLD.start.location} e 4"
    assert (one.me.combat, one.me.hp, one.me.resting) == (0, 20, False)
    assert [entry["template"] for entry in one.ledger] == ["remains"]
    assert [fact(one) for one in one.facts] == [(Died, 1)]
    assert (await chosen(*dead, bag=[own, CAP])).mine == [own], "nothing was used: the bag is that of its row"


async def test_the_end_of_a_fight_disarms_its_timer(chosen):
    """Also when its last round is ended by a command."""
    one = await chosen(Event(HOUND, "flee", "fled"), Event(SECOND, "flee", "fled"))
    assert {"op": "timer_off", "kind": "combat_round", "subject": "combat:7"} in one.changes
    assert [change["kind"] for change in one.changes if change["op"] == "timer" and change["kind"] == "combat_round"] == []
    assert (one.me.combat, one.fields["combat"]) == (0, 0)


@pytest.fixture
def actor(arena, deed, monkeypatch):
    """Makes a deed of Mara, whose row names a fight; the row of the fight is like this."""

    def make(*, combat=7, known=7, over=False, away=False):
        begun = arena.ground().row
        fight = replace(begun.fight, fighters=begun.fight.fighters[1:]) if away else begun.fight

        async def load(_, id_):
            return replace(begun, fight=fight, over=over) if id_ == known else None

        monkeypatch.setattr(rounds.combats, "load", load)
        one = deed(world=WORLD, combat=combat)
        one.scene.around.database = None
        return one

    return make


@pytest.mark.parametrize(
    ("fields", "is_in"),
    [({}, True), ({"combat": 0, "known": 0}, False), ({"known": 8}, False), ({"over": True}, False), ({"away": True}, False)],
    ids=["fighting", "none", "gone", "over", "left"],
)
async def test_an_actor_is_in_a_fight_while_it_fights(actor, fields, is_in):
    """Its row may still name a fight that is over, or that it has left. Then commands are not refused, and a use of something is no choice."""
    one = actor(**fields)
    assert (await rounds.fight_of(one) is not None) == is_in
    if is_in:
        with pytest.raises(Refused, match="in a fight") as found:
            await rounds.refuse_in_fight(one)
        assert found.value.code == "in_fight"
    else:
        await rounds.refuse_in_fight(one)
    await rounds.defend_meanwhile(one)
    assert [change["fight"]["choices"] for change in one.changes] == ([{MARA: {"action": "defend"}}] if is_in else [])


# ── the beginning ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_fight_begins_with_its_enemies_drawn_in(arena):
    """Under their versions, and with a time limit for its first round."""
    fighters = arena.ground().row.fight.fighters
    rows = [replace(arena.npcs[5], state={"greeted": 3})]
    fight, changes = fights.opening(HERE, fighters, rows, 9, 77)
    assert (fight.location_id, fight.seed, fight.round, fight.fighters) == (HERE, 77, 1, fighters)
    assert changes == [
        {"op": "combat_new", "id": 9, "location_id": HERE, "seconds": 15.0, "fight": msgspec.to_builtins(fight)},
        {"op": "npc", "id": 5, "version": 3, "location_id": HERE, "set": {"state": {"greeted": 3, "fight": 9}}},
        {"op": "timer", "kind": "combat_round", "subject": "combat:9", "in": 15.0},
    ]
    assert combat.choose(fight, MARA, Choice("defend")).is_complete is False


@pytest.mark.parametrize(("names", "text"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")])
def test_names_are_listed(names, text):
    assert fights.listed(names) == text
