"""The timers of populations: `spawn` brings NPCs into the city, `npc_move` lets one move."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from echoes.channels import Outgoing
from echoes.game.behaviours import BehaviourSpec, Situation
from echoes.game.directions import coming_from, towards
from echoes.game.facts import NpcArrived
from echoes.game.npcs import called, npc_event
from echoes.game.scene import Surroundings
from echoes.game.timers import Happened, Rows, TimerSpec
from echoes.storage import npcs
from echoes.storage.npcs import NpcRow
from echoes.storage.timers import Due
from echoes.world.model import Npc, World
from echoes.world.populations import Population

AMBUSH = 4.0
"""Seconds that a newcomer has before hostile NPCs attack."""
AGAIN = 5.0
"""Seconds after which a population that is to go is looked at again: some of its NPCs are in a fight."""


class Members(NamedTuple):
    """A population, None when the content no longer has it, and its NPCs."""

    population: Population | None
    rows: list[NpcRow]


async def _members(around: Surroundings, timer: Due) -> Members:
    return Members(around.contents.populations.by_id.get(timer.id), await npcs.of_spawn(around.database, timer.id))


def spawns(rows: Rows) -> Happened:
    """Bring the population to what the content says: remove what does not belong, add one (or, for new content, all that are missing).

    Armed for each population when content comes into force, and when one of its NPCs is gone. A full population has no timer.
    """
    members: Members = rows.found
    population, world = members.population, rows.around.world
    strays = [row for row in members.rows if not _belongs(row, population)]
    leaving = [row for row in strays if not row.state.get("fight")]
    changes: list[dict[str, Any]] = [_gone(row) for row in leaving]
    events = [message for row in leaving if (message := _left(row, world)) is not None]
    again = AGAIN if len(strays) > len(leaving) else None
    if population is None:
        return Happened(changes, events=events, after=again)
    missing = population.most - (len(members.rows) - len(leaving))
    new = [_new(population, rows) for _ in range(missing if rows.timer.payload.get("fill") else min(1, missing))]
    npc = world.npcs[population.npc]
    for row in new:
        changes.append(_created(row, population))
        if npc.behaviour != "stand" and len(population.locations) > 1:
            changes.append({"op": "timer", "kind": "npc_move", "subject": f"npc:{row.id}", "in": _pause(npc, rows)})
        if attacks(npc, rows.around):
            changes.append(ambush(row.location_id))
        events.append(_arrived(row, npc, f"{called(npc, begins=True)} {npc.comes}."))
    return Happened(
        changes, events=events, facts=[NpcArrived(npc=row.template, location_id=row.location_id) for row in new],
        after=again or (population.seconds if missing > len(new) else None), payload={},
    )  # fmt: skip


def ambush(location_id: str) -> dict[str, Any]:
    """The change after which hostile NPCs in a location attack a player there, soon."""
    return {"op": "timer", "kind": "ambush", "subject": f"location:{location_id}", "in": AMBUSH, "keep": True}


def attacks(npc: Npc, around: Surroundings) -> bool:
    """Whether an NPC attacks players who come to its location: it is hostile, and its behaviour attacks."""
    behaviour = around.behaviours.get(npc.behaviour)
    return npc.disposition == "hostile" and behaviour is not None and behaviour.attacks


def _belongs(row: NpcRow, population: Population | None) -> bool:
    return population is not None and row.template == population.npc and row.location_id in population.locations


def _new(population: Population, rows: Rows) -> NpcRow:
    place = rows.dice.choice(population.locations)
    return NpcRow(rows.dice.randrange(1, 2**53), 1, population.npc, population.id, place, place, rows.around.world.npcs[population.npc].hp)


def _created(row: NpcRow, population: Population) -> dict[str, Any]:
    return {
        "op": "npc_new", "id": row.id, "template": row.template, "spawn": row.spawn, "location_id": row.location_id, "home": row.home,
        "hp": row.hp, "state": {}, "most": population.most,
    }  # fmt: skip


def _gone(row: NpcRow) -> dict[str, Any]:
    return {"op": "npc_gone", "id": row.id, "version": row.version, "location_id": row.location_id}


def _pause(npc: Npc, rows: Rows) -> float:
    return npc.moves_every * rows.dice.uniform(0.5, 1.5)


# ── moves ────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Mover(NamedTuple):
    """An NPC that may move: its row, and what its behaviour senses."""

    row: NpcRow
    population: Population | None
    behaviour: BehaviourSpec | None
    ways: Sequence[str]
    players: frozenset[str]
    pack: Mapping[str, int]


async def _mover(around: Surroundings, timer: Due) -> Mover | None:
    row = await npcs.load(around.database, int(timer.id))
    if row is None:
        return None
    world, population = around.world, around.contents.populations.by_id.get(row.spawn)
    if population is None or row.template not in world.npcs or row.location_id not in world.locations:
        return Mover(row, None, None, (), frozenset(), {})
    behaviour = around.behaviours.get(world.npcs[row.template].behaviour)
    ways = sorted({way.to for way in world.locations[row.location_id].exits.values()} & set(population.locations))
    players: list[str] = []
    if behaviour is not None and behaviour.senses_players:
        players = [place for place in (row.location_id, *ways) if (await around.registry.crowd(place, limit=1)).total]
    pack: Counter[str] = Counter()
    if behaviour is not None and behaviour.senses_pack:
        pack.update(other.location_id for other in await npcs.of_spawn(around.database, row.spawn) if other.id != row.id)
    return Mover(row, population, behaviour, ways, frozenset(players), pack)


def moves(rows: Rows) -> Happened:
    """Let one NPC move as its behaviour says, and tell both locations. One that is in a fight stays.

    The timer ends with its NPC, and with the population; an unknown behaviour (an extension was removed) stands.
    """
    mover: Mover | None = rows.found
    if mover is None or mover.population is None:
        return Happened()
    row = mover.row
    after = _pause(rows.around.world.npcs[row.template], rows)
    if row.state.get("fight") or mover.behaviour is None:
        return Happened(after=after)
    to = mover.behaviour.choose(Situation(row, mover.ways, rows.dice, mover.players, mover.pack))
    if to is None or to not in mover.ways:
        return Happened(after=after)
    return replace(walk(row, to, rows.around), after=after)


def walk(row: NpcRow, to: str, around: Surroundings) -> Happened:
    """The way of one NPC to a location, with an event for the one that it leaves and the one that it enters. If it attacks, it does so there, soon."""
    world, npc = around.world, around.world.npcs[row.template]
    changes: list[dict[str, Any]] = [
        {"op": "npc", "id": row.id, "version": row.version, "location_id": row.location_id, "set": {"location_id": to}}
    ]
    if attacks(npc, around):
        changes.append(ambush(to))
    moved = NpcRow(row.id, row.version + 1, row.template, row.spawn, to, row.home, row.hp, row.state)
    name = called(npc, begins=True)
    there = next((direction for direction, way in world.locations[row.location_id].exits.items() if way.to == to), None)
    back = next((direction for direction, way in world.locations[to].exits.items() if way.to == row.location_id), None)
    left = f"{name} {npc.goes} {towards(there)}." if there else f"{name} {npc.goes}."
    came = f"{name} {npc.comes} {coming_from(back)}." if back else f"{name} {npc.comes}."
    return Happened(
        changes, events=[npc_event("npc_left", moved, npc, left, row.location_id), _arrived(moved, npc, came)],
        facts=[NpcArrived(npc=row.template, location_id=to)],
    )  # fmt: skip


def _arrived(row: NpcRow, npc: Npc, message: str) -> Outgoing:
    return npc_event("npc_arrived", row, npc, message, row.location_id)


def _left(row: NpcRow, world: World) -> Outgoing | None:
    npc = world.npcs.get(row.template)
    if npc is None or row.location_id not in world.locations:
        return None
    row = NpcRow(row.id, row.version + 1, row.template, row.spawn, row.location_id, row.home, row.hp, row.state)
    return npc_event("npc_left", row, npc, f"{called(npc, begins=True)} {npc.goes}.", row.location_id)


TIMERS = (TimerSpec("spawn", spawns, _members), TimerSpec("npc_move", moves, _mover))
