"""Rules of the timers of populations as data: which NPCs come, go and move. The rows are given. No database."""

import random
from types import SimpleNamespace

import msgspec
import pytest
from cluster import SHIPPED
from echoes.game import populating
from echoes.game.behaviours import CORE, BehaviourSpec, behaviours_of
from echoes.game.facts import NpcArrived
from echoes.game.npcs import HURT, health, those_here
from echoes.game.populating import Members, Mover
from echoes.game.timers import Rows, TimerSpec
from echoes.storage.npcs import NpcRow
from echoes.storage.timers import Due
from echoes.world.populations import Population
from msgspec.structs import replace

HERE = "kiln_yard"
WAY, TO = next((direction, way.to) for direction, way in SHIPPED.locations[HERE].exits.items())
FAR = next(id_ for id_, place in SHIPPED.locations.items() if id_ != HERE and HERE not in {way.to for way in place.exits.values()})
HOUND = replace(SHIPPED.npcs["ash_hound"], behaviour="guard", moves_every=100.0, hp=16)
PACK = Population("hounds", "ash_hound", 3, 90.0, (HERE, TO))


def row(id_=5, place=HERE, template="ash_hound", **state):
    return NpcRow(id_, 3, template, "hounds", place, HERE, 7, state)


def rows(found, *, behaviour="guard", disposition="hostile", payload=None, subject="spawn:hounds"):
    """The input of a rule, in a city whose hounds are like this."""
    npc = replace(HOUND, behaviour=behaviour, disposition=disposition)
    world = replace(SHIPPED, npcs=SHIPPED.npcs | {"ash_hound": npc})
    around = SimpleNamespace(world=world, behaviours=behaviours_of(CORE))
    kind = subject.partition(":")[0]
    return Rows(Due(kind, subject, 1, 0.0, 0.0, 1, 0, payload or {}), around, random.Random(1), 1000.0, found)


def spawned(members, population=PACK, **more):
    return populating.spawns(rows(Members(population, members), **more))


def moved(to, *, npc=None, ways=(TO,), population=PACK, **more):
    """A hound in the yard whose behaviour chooses this."""
    behaviour = BehaviourSpec("chosen", lambda _: to)
    return populating.moves(rows(Mover(npc or row(), population, behaviour, ways, frozenset(), {}), subject="npc:5", **more))


def ops(happened, op):
    return [one for one in happened.changes if one["op"] == op]


def shown(happened):
    """Its events: channel, action, the NPC's id and version, message."""
    data = [(one.channel, msgspec.json.decode(one.envelope)["payload"]["data"]) for one in happened.events]
    return [(channel, one["action"], one["npc"]["instance"], one["npc"]["version"], one["message"]) for channel, one in data]


# ── spawns ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_comes_at_a_time_until_the_population_is_full():
    """With its move and its ambush; the next one comes after the population's time."""
    happened = spawned([row()])
    (made,) = ops(happened, "npc_new")
    assert made["location_id"] in PACK.locations
    assert 0 < made["id"] < 2**53
    assert made == {
        "op": "npc_new", "id": made["id"], "template": "ash_hound", "spawn": "hounds", "location_id": made["location_id"],
        "home": made["location_id"], "hp": 16, "state": {}, "most": 3,
    }  # fmt: skip
    timers = {one["kind"]: one for one in ops(happened, "timer")}
    assert timers["npc_move"]["subject"] == f"npc:{made['id']}"
    assert 50 <= timers["npc_move"]["in"] <= 150
    assert abs(timers["npc_move"]["in"] - HOUND.moves_every) > 2
    assert timers["ambush"] == {"op": "timer", "kind": "ambush", "subject": f"location:{made['location_id']}", "in": 4.0, "keep": True}
    assert shown(happened) == [(f"location:{made['location_id']}", "npc_arrived", made["id"], 1, f"An ash hound {HOUND.comes}.")]
    assert happened.facts == [NpcArrived(npc="ash_hound", location_id=made["location_id"])]
    assert (happened.after, happened.payload) == (90.0, {})
    assert spawned([row(1), row(2)]).after is None
    full = spawned([row(1), row(2), row(3)])
    assert (full.changes, full.events, full.facts, full.after) == ([], [], [], None)


def test_new_content_brings_all_that_are_missing():
    happened = spawned([row()], payload={"fill": True})
    assert len({one["id"] for one in ops(happened, "npc_new")}) == 2
    assert happened.after is None
    assert len(ops(spawned([row(number) for number in range(5)], payload={"fill": True}), "npc_new")) == 0


@pytest.mark.parametrize(
    ("more", "population", "kinds"),
    [
        ({"behaviour": "stand"}, PACK, {"ambush"}),
        ({}, PACK._replace(locations=(HERE,)), {"ambush"}),
        ({"disposition": "neutral"}, PACK, {"npc_move"}),
        ({"behaviour": "flee"}, PACK, {"npc_move"}),
        ({"behaviour": "gone"}, PACK, {"npc_move"}),
        ({"behaviour": "hunt"}, PACK, {"npc_move", "ambush"}),
    ],
)
def test_only_one_that_moves_or_attacks_has_a_timer(more, population, kinds):
    """A behaviour of an extension that was removed neither attacks nor fails."""
    assert {one["kind"] for one in ops(spawned([], population, **more), "timer")} == kinds


@pytest.mark.parametrize("stray", [row(6, FAR), row(6, template="cinder_rat")])
def test_strays_leave_and_make_room(stray):
    """One elsewhere, and one of another kind; those that belong stay."""
    happened = spawned([row(1), row(2), row(3), stray])
    assert ops(happened, "npc_gone") == [{"op": "npc_gone", "id": 6, "version": 3, "location_id": stray.location_id}]
    ((*seen, message),) = shown(happened)
    assert seen == [f"location:{stray.location_id}", "npc_left", 6, 4]
    assert message[0].isupper()
    assert (ops(happened, "npc_new"), happened.after) == ([], None)
    assert len(ops(spawned([row(1), row(2), stray]), "npc_new")) == 1


def test_a_stray_in_a_fight_is_waited_for():
    """It keeps its place in the population until then."""
    fighting = row(6, FAR, fight=9)
    happened = spawned([row(1), row(2), fighting])
    assert (happened.changes, happened.after) == ([], 5.0)
    assert spawned([row(1), fighting]).after == 5.0


def test_a_population_that_is_gone_leaves():
    """Without a word where the content no longer has its NPC or its location."""
    strange = [row(6), row(7, template="gone"), row(8, "nowhere"), row(9, fight=3)]
    happened = spawned(strange, None)
    assert [one["id"] for one in ops(happened, "npc_gone")] == [6, 7, 8]
    assert [one[:4] for one in shown(happened)] == [(f"location:{HERE}", "npc_left", 6, 4)]
    assert (happened.after, list(happened.facts)) == (5.0, [])
    assert spawned(strange[:1], None).after is None
    assert spawned([], None).changes == []


# ── moves ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_both_locations_see_a_move():
    """Under the row's version; hostile NPCs attack in the location that they have come to."""
    happened = moved(TO)
    assert list(happened.changes) == [
        {"op": "npc", "id": 5, "version": 3, "location_id": HERE, "set": {"location_id": TO}}, populating.ambush(TO),
    ]  # fmt: skip
    (left, arrived) = shown(happened)
    assert left == (f"location:{HERE}", "npc_left", 5, 4, f"An ash hound {HOUND.goes} {populating.towards(WAY)}.")
    assert arrived[:4] == (f"location:{TO}", "npc_arrived", 5, 4)
    assert arrived[4].startswith(f"An ash hound {HOUND.comes} from ")
    assert happened.facts == [NpcArrived(npc="ash_hound", location_id=TO)]
    assert 50 <= happened.after <= 150
    assert ops(moved(TO, disposition="neutral"), "timer") == []


def test_a_way_without_a_direction_is_described_without_one():
    happened = moved(FAR, ways=(FAR,))
    assert [one[4] for one in shown(happened)] == [f"An ash hound {HOUND.goes}.", f"An ash hound {HOUND.comes}."]


@pytest.mark.parametrize(("to", "npc"), [(None, row()), (FAR, row()), (TO, row(fight=9))])
def test_one_that_stays_is_asked_again_later(to, npc):
    """It does not want to, it chooses no way of its population, or it is in a fight."""
    happened = moved(to, npc=npc)
    assert (list(happened.changes), list(happened.events), list(happened.facts)) == ([], [], [])
    assert 50 <= happened.after <= 150


def test_an_unknown_behaviour_stands():
    happened = populating.moves(rows(Mover(row(), PACK, None, (TO,), frozenset(), {}), subject="npc:5"))
    assert list(happened.changes) == []
    assert happened.after is not None


def test_the_timer_ends_with_its_npc_and_with_its_population():
    for gone in (None, Mover(row(), None, None, (), frozenset(), {})):
        happened = populating.moves(rows(gone, subject="npc:5"))
        assert (list(happened.changes), happened.after) == ([], None)


def reader(monkeypatch, found, *, behaviour, population=PACK, players=()):
    """Reads what a move of this hound looks at; answers the mover, and the locations whose people were asked for."""
    asked = []

    async def load(_, npc_id):
        return found if npc_id == 5 else None

    async def of_spawn(*_):
        return [found, row(6, TO), row(7, TO), row(8)]

    async def crowd(place, *, limit):
        asked.append((place, limit))
        return SimpleNamespace(total=int(place in players))

    monkeypatch.setattr(populating.npcs, "load", load)
    monkeypatch.setattr(populating.npcs, "of_spawn", of_spawn)
    around = rows(None, behaviour=behaviour).around
    around.database, around.registry = None, SimpleNamespace(crowd=crowd)
    around.contents = SimpleNamespace(populations=SimpleNamespace(by_id={"hounds": population} if population else {}))
    (read,) = [spec.read for spec in populating.TIMERS if spec.kind == "npc_move"]
    return read(around, Due("npc_move", "npc:5", 1, 0.0, 0.0, 1, 0)), asked, around


@pytest.mark.parametrize(
    ("behaviour", "asked", "players", "pack"),
    [
        ("guard", [], set(), {}),
        ("hunt", [(HERE, 1), (TO, 1)], {TO}, {}),
        ("pack", [(HERE, 1), (TO, 1)], {TO}, {TO: 2, HERE: 1}),
        ("gone", [], set(), {}),
    ],
)
async def test_a_move_reads_as_much_as_its_behaviour_senses(monkeypatch, behaviour, asked, players, pack):
    """And no more: only the locations of its population, and the others of it."""
    reading, seen, around = reader(monkeypatch, row(5), behaviour=behaviour, players={TO, FAR})
    mover = await reading
    assert (mover.row, mover.population, list(mover.ways)) == (row(5), PACK, [TO])
    assert (seen, mover.players, dict(mover.pack)) == (asked, players, pack)
    assert mover.behaviour is around.behaviours.get(behaviour)


@pytest.mark.parametrize(
    ("found", "population"),
    [(row(5), None), (row(5, template="gone"), PACK), (row(5, "nowhere"), PACK)],
    ids=["population", "template", "location"],
)
async def test_a_move_of_an_npc_that_has_no_place_reads_nothing(monkeypatch, found, population):
    """Its timer ends; so does that of an NPC that is gone."""
    reading, seen, _ = reader(monkeypatch, found, behaviour="pack", population=population)
    assert await reading == Mover(found, None, None, (), frozenset(), {})
    assert seen == []
    reading, _, _ = reader(monkeypatch, None, behaviour="pack")
    assert await reading is None


async def test_a_spawn_reads_its_population(monkeypatch):
    reading, _, around = reader(monkeypatch, row(5), behaviour="pack")
    reading.close()
    (read,) = [spec.read for spec in populating.TIMERS if spec.kind == "spawn"]
    members = await read(around, Due("spawn", "spawn:hounds", 1, 0.0, 0.0, 1, 0))
    assert (members.population, [one.id for one in members.rows]) == (PACK, [5, 6, 7, 8])


# ── NPCs as they are seen, and timers ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("part", "word"), HURT)
def test_health_has_words(part, word):
    """Each up to its part of the hit points, and not beyond."""
    assert (health(round(part * 1000), 1000), health(round(part * 1000) + 1, 1000) == word) == (word, False)


def test_npcs_with_a_row_are_meant_by_their_number():
    """Those of a template that is gone are left out; those that always stand there can be spoken with where they have a dialogue."""
    here = those_here(SHIPPED.locations[HERE], [row(5), row(6, template="gone")], SHIPPED)
    (found,) = [one for one in here if one.row is not None]
    assert (found.named.id, found.view.instance, found.view.version, found.view.id) == ("npc:5", 5, 3, "ash_hound")
    staying = [one for one in here if one.row is None]
    assert staying
    for one in staying:
        assert (one.named.id, one.talks, one.view.talks) == (one.id, one.id in SHIPPED.dialogues, one.id in SHIPPED.dialogues)
        assert one.view.trades == bool(one.npc.trades or one.npc.buys)


def due(late):
    return Due("tide", "tide:1", 4, 0.0, late, 9, 0)


@pytest.mark.parametrize(
    ("catch_up", "interval", "late", "skipped", "counts"),
    [
        ("skip", 10.0, 10.0, False, False),
        ("skip", 10.0, 10.1, True, False),
        ("skip", 0.0, 10.0, False, False),
        ("skip", 1.0, 1.1, True, False),
        ("once", 10.0, 99.0, False, False),
        ("each", 10.0, 30.0, False, True),
        ("each", 10.0, 30.1, False, False),
    ],
)
def test_a_late_timer_catches_up_as_its_kind_says(catch_up, interval, late, skipped, counts):
    """Up to the bound, and not beyond."""
    spec = TimerSpec("tide", lambda _: None, catch_up=catch_up, interval=interval, most=3)
    assert (spec.is_skipped(due(late)), spec.counts_from_due(due(late))) == (skipped, counts)


def test_the_dice_of_an_occurrence_are_those_of_its_row():
    """The same row, the same throws; the next version has others."""
    spec = TimerSpec("tide", lambda _: None)
    assert spec.dice(due(0)).random() == spec.dice(due(9)).random()
    assert spec.dice(due(0)).random() != spec.dice(replace(due(0), version=5)).random()
    assert spec.dice(due(0)).random() != spec.dice(replace(due(0), seed=8)).random()
