"""The timers of fights: a round's time limit, an attack on players who come into a dangerous place, a call for help, and the end of remains."""

import random
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from echoes import channels
from echoes.game import fights, views
from echoes.game.npcs import called
from echoes.game.populating import attacks, walk
from echoes.game.round_text import intents
from echoes.game.scene import Surroundings
from echoes.game.timers import Happened, Rows, TimerSpec
from echoes.storage import combats, commits, npcs
from echoes.storage.combats import CombatRow, Remains
from echoes.storage.commits import Character, Thing
from echoes.storage.npcs import NpcRow
from echoes.storage.timers import Due
from echoes.wire import Happening
from echoes.world import combat
from echoes.world.model import REMAINS
from echoes.world.populations import Population

LOOKED_AT = 20
"""Players in a place who may be attacked, of more the first by name."""
CALLED = 2
"""NPCs at most that come when one calls."""


# ── the end of a round ───────────────────────────────────────────────────────────────────────────────────────────────


async def _ground(around: Surroundings, timer: Due) -> fights.Field | None:
    row = await combats.load(around.database, int(timer.id))
    return None if row is None or row.over else await fights.survey(around, row)


def ends_round(rows: Rows) -> Happened:
    """End a round whose time is up: who has not chosen defends. The fight's row decides once between this and a command."""
    ground: fights.Field | None = rows.found
    if ground is None:
        return Happened()
    settled = fights.settle(ground, ground.row.fight)
    changes = [*fights.character_changes(ground, settled), *settled.changes]
    after = None if settled.fight.is_over else combat.SECONDS
    return Happened(changes, settled.ledger, settled.events, settled.facts, after=after)


# ── an attack ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Ambush(NamedTuple):
    """An attack: the attackers, and their victim with its things or the row of the fight that is there already."""

    attackers: list[NpcRow]
    row: CombatRow | None
    victim: Character | None
    things: Sequence[Thing]


async def _ambush(around: Surroundings, timer: Due) -> Ambush:
    place, world = timer.id, around.world
    _, rows = await npcs.load_in(around.database, place)
    hostile = {id_ for id_ in {row.template for row in rows} & world.npcs.keys() if attacks(world.npcs[id_], around)}
    ready = [row for row in rows if not row.state.get("fight") and row.template in hostile]
    if not ready or place not in world.locations:
        return Ambush([], None, None, ())
    row = await combats.load_in(around.database, place)
    if row is not None:
        return Ambush(ready, row, None, ())
    bodies = (await around.registry.crowd(place, limit=LOOKED_AT)).bodies
    awake = await commits.load_characters(around.database, [one.character for one in bodies if one.connected])
    there = [one for _, one in sorted(awake.items()) if one.location_id == place and not one.combat]
    if not there:
        return Ambush([], None, None, ())
    victim = random.Random(f"{timer.seed}:{timer.version}").choice(there)
    return Ambush(ready, None, victim, (await commits.load_inventory(around.database, victim.id))[1])


def ambushes(rows: Rows) -> Happened:
    """Hostile NPCs attack one of the players in their place, or join the fight that is going on there."""
    ambush: Ambush = rows.found
    if not ambush.attackers:
        return Happened()
    world, place = rows.around.world, rows.timer.id
    if ambush.row is not None:
        return _reinforced(rows, ambush, ambush.row)
    me = ambush.victim
    assert me is not None  # noqa: S101 - there is one when there are attackers and no fight
    me = views.recovered(me, rows.now, world)
    attackers = ambush.attackers[: combat.SIDE]
    fighters = [fights.of_npc(row, world.npcs[row.template], world) for row in attackers]
    fighters.append(fights.of_character(me, ambush.things, world, rows.now))
    combat_id = rows.dice.randrange(1, 2**53)
    fight, changes = fights.opening(place, fighters, attackers, combat_id, rows.dice.randrange(2**53))
    drawn_in = {"combat": combat_id, "resting": False, "hp": me.hp, "hp_at": rows.now}
    changes.insert(0, {"op": "character", "id": me.id, "version": me.version, "set": drawn_in})
    names = fights.listed([called(world.npcs[row.template]) for row in attackers])
    text = " ".join([f"{names[0].upper()}{names[1:]} {'turns' if len(attackers) == 1 else 'turn'} on {me.name}.", *intents(fight)])
    after = msgspec.structs.replace(me, version=me.version + 1, **drawn_in)
    own = Happening("hurt", "", you=views.you(after, rows.now, world), version=after.version)
    return Happened(
        changes,
        events=[fights.fight_event("fight_began", text, combat_id, fight, rows.now), channels.to_player(me.id, "state_update", own)],
    )


def _reinforced(rows: Rows, ambush: Ambush, row: CombatRow) -> Happened:
    world, fight = rows.around.world, row.fight
    room = combat.SIDE - len(fight.side(combat.ENEMIES))
    joining = ambush.attackers[: max(0, room)]
    for one in joining:
        fight = combat.join(fight, fights.of_npc(one, world.npcs[one.template], world))
    if not joining:
        return Happened()
    changes: list[dict[str, Any]] = [fights.drawn_in(one, row.id) for one in joining]
    changes.append({"op": "combat", "id": row.id, "version": row.version, "fight": msgspec.to_builtins(fight), "over": False})
    names = fights.listed([called(world.npcs[one.template]) for one in joining])
    text = f"{names[0].upper()}{names[1:]} {'joins' if len(joining) == 1 else 'join'} the fight."
    return Happened(changes, events=[fights.fight_event("fight_joined", text, row.id, fight, row.until - combat.SECONDS)])


# ── a call ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class Call(NamedTuple):
    """A call for help in a fight, and the NPCs of the caller's population that hear it: those in neighbouring locations and in no fight."""

    row: CombatRow
    hearers: list[NpcRow]


async def _call(around: Surroundings, timer: Due) -> Call | None:
    row = await combats.load(around.database, int(timer.id))
    population = around.contents.populations.by_id.get(str(timer.payload["spawn"]))
    if row is None or row.over or population is None or row.location_id not in population.locations:
        return None
    found = await npcs.of_spawn(around.database, population.id)
    return Call(row, [one for one in found if _hears(one, row.location_id, population, around)])


def _hears(one: NpcRow, place: str, population: Population, around: Surroundings) -> bool:
    if one.state.get("fight") or one.template != population.npc or one.location_id not in population.locations:
        return False
    exits = around.world.locations[one.location_id].exits.values()
    return one.location_id != place and any(way.to == place for way in exits)


def answers(rows: Rows) -> Happened:
    """Let the hearers of a call come to the fight, `CALLED` at most. They join it as others who attack there do, after the time of an ambush."""
    call: Call | None = rows.found
    if call is None:
        return Happened()
    place, fight = call.row.location_id, call.row.fight
    coming = call.hearers[: max(0, min(CALLED, combat.SIDE - len(fight.side(combat.ENEMIES))))]
    if not coming:
        silence = Happening("fight_joined", "Nothing answers the call.", location_id=place)
        return Happened(events=[channels.to_location(place, "location_update", silence)])
    walks = [walk(one, place, rows.around) for one in coming]
    return Happened(
        [change for one in walks for change in one.changes],
        events=[event for one in walks for event in one.events],
        facts=[fact for one in walks for fact in one.facts],
    )


# ── remains ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _remains(around: Surroundings, timer: Due) -> Remains | None:
    return await combats.remains(around.database, int(timer.id))


def decays(rows: Rows) -> Happened:
    """Remains are gone after an hour, with everything that is still inside; the ledger says so."""
    remains: Remains | None = rows.found
    if remains is None:
        return Happened()
    place = str(rows.timer.payload["location_id"])
    gone = views.gone(Thing(remains.id, remains.version + 1, REMAINS, 1))
    shown = Happening("decayed", "Wind has taken what was left of somebody here.", location_id=place, ground=[gone])
    event = channels.to_location(place, "location_update", shown)
    return Happened([{"op": "corpse_gone", "id": remains.id, "location_id": place}], events=[event])


TIMERS = (
    TimerSpec("combat_round", ends_round, _ground),
    TimerSpec("ambush", ambushes, _ambush),
    TimerSpec("npc_call", answers, _call),
    TimerSpec("decay", decays, _remains),
)
