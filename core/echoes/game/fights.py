"""Fights in the world: from rows to a round of `echoes.world.combat`, and from its result to changes, events and facts.

A command that completes the choices of a round and the timer `combat_round` call the same `settle`. The version of the fight's row makes the
round happen once.
"""

import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from echoes import channels
from echoes.channels import Outgoing
from echoes.game import effects, questing, quests, views
from echoes.game.aftermath import Settled, number, relocate
from echoes.game.death import Fallen, bury
from echoes.game.facts import Broke, Fact, Killed, Levelled, Survived
from echoes.game.litter import litter
from echoes.game.npcs import called, definite, npc_event
from echoes.game.round_text import describe
from echoes.game.scene import Surroundings
from echoes.storage import commits, npcs
from echoes.storage.combats import CombatRow
from echoes.storage.commits import Character, Thing
from echoes.storage.npcs import NpcRow
from echoes.wire import Happening, ItemView, PlayerView, WirePosition
from echoes.world import combat, growth, rules
from echoes.world import effects as lasting
from echoes.world.combat import ENEMIES, PLAYERS, Event, Fight, Fighter, Wound
from echoes.world.model import Item, Npc, World
from echoes.world.populations import Population

HEARD = 2.0
"""Seconds between a call in a fight and the arrival of the called NPCs."""
UNARMED = 1, 2
"""The damage of bare hands."""


@dataclass(frozen=True)
class Field:
    """Everything that a round is settled on: the fight's row, the rows of its fighters, and where those arrive who leave it."""

    row: CombatRow
    world: World
    characters: Mapping[int, Character]
    npcs: Mapping[int, NpcRow]
    ghosts: Mapping[int, NpcRow]
    """NPCs of the fight whose template the content no longer has: the end of the round removes them."""
    things: Mapping[int, Sequence[Thing]]
    """By character: what it carries and wears."""
    populations: Mapping[str, Population]
    ways: Mapping[str, WirePosition]
    """Locations where a fighter may arrive, and where their channels stand."""
    now: float


def of_character(me: Character, things: Sequence[Thing], world: World, now: float) -> Fighter:
    """A character as a fighter: its wielded weapon, what it wears, and its effects. A weapon that is worn out is no better than bare hands."""
    worn = [(views.template_of(thing, world), thing) for thing in things if thing.slot]
    wielded = weapon_of(things, world)
    weapon = None if wielded is None else views.template_of(wielded, world)
    low, high = (weapon.damage.low, weapon.damage.high) if weapon is not None and weapon.damage is not None else UNARMED
    armor = sum(item.armor for item, thing in worn if thing.durability != 0)
    changes = lasting.changes_at(me.effects, world.effects, now, views.conditions(me, things, now, world))
    low, high = max(0, low + changes.damage), max(1, high + changes.damage)
    return Fighter(
        f"character:{me.id}", me.name, PLAYERS, me.hp, me.max_hp, me.level, low, high, max(0, armor + changes.armor),
        strength=me.strength, agility=me.agility, aim=changes.hit, escape=changes.flight, wound=wound_of(weapon, world),
    )  # fmt: skip


def wound_of(weapon: Item | Npc | None, world: World) -> Wound | None:
    """Effects that the blows of a weapon, or of an NPC, may cause."""
    inflicts = weapon.inflicts if weapon is not None else None
    effect = world.effects.get(inflicts.effect) if inflicts is not None else None
    if inflicts is None or effect is None:
        return None
    harm = effect.tick.hp if effect.tick is not None and effect.tick.does != "heal" else 0
    rounds = math.ceil((effect.seconds or 0) / combat.SECONDS)
    return Wound(inflicts.effect, effect.name, inflicts.chance, harm, rounds)


def of_npc(row: NpcRow, npc: Npc, world: World) -> Fighter:
    """An NPC as a fighter."""
    return Fighter(
        f"npc:{row.id}", definite(npc), ENEMIES, row.hp, npc.hp, npc.level, npc.damage.low, npc.damage.high, npc.armor,
        timid=npc.behaviour in {"flee", "wander"}, calls=npc.behaviour == "pack", wound=wound_of(npc, world),
    )  # fmt: skip


async def survey(around: Surroundings, row: CombatRow) -> Field:
    """Read the rows of all fighters, as they are now. The number of queries does not depend on the number of fighters.

    A fight in a location that the content no longer has keeps its NPCs only: the end of the round ends it, and they are gone.
    """
    world = around.world
    here = world.locations.get(row.location_id)
    ids = [number(one.id) for one in row.fight.side(PLAYERS)]
    characters = {
        id_: one
        for id_, one in (await commits.load_characters(around.database, ids)).items()
        if here is not None and one.combat == row.id and one.location_id == row.location_id
    }
    enemies = await npcs.load_many(around.database, [number(one.id) for one in row.fight.side(ENEMIES)])
    fighting = [one for one in enemies if one.state.get("fight") == row.id]
    present = {one.id: one for one in fighting if one.template in world.npcs}
    ghosts = {one.id: one for one in fighting if one.template not in world.npcs}
    ways = sorted({way.to for way in (here.exits.values() if here is not None else ())} | {world.start.location})
    positions = {place: await around.position_of(place) for place in ways if place in world.locations}
    things = await commits.load_inventories(around.database, list(characters))
    return Field(row, world, characters, present, ghosts, things, around.contents.populations.by_id, positions, around.database.now())


def settle(ground: Field, fight: Fight) -> Settled:
    """End the round of a fight whose choices are in `fight`. Pure: the rows, the choices and the fight's seed decide."""
    fighters = {
        f"character:{id_}": of_character(one, ground.things.get(id_, ()), ground.world, ground.now)
        for id_, one in ground.characters.items()
    }
    for one in fight.side(ENEMIES):
        if number(one.id) in ground.npcs:
            fighters[one.id] = msgspec.structs.replace(one, hp=ground.npcs[number(one.id)].hp)
    before = combat.renewed(fight, fighters)
    after, events = combat.resolve(before)
    dice = random.Random(f"{fight.seed}:{fight.round}:loot")
    settled = Settled(fight=after)
    for fighter in before.side(ENEMIES):
        _settle_npc(ground, fighter, events, settled, dice)
    settled.changes += [_removed(row) for row in ground.ghosts.values()]
    for fighter in before.side(PLAYERS):
        _settle_character(ground, fighter, events, settled, dice)
    _share_experience(ground, before, events, settled)
    text = describe(before, after, events)
    shown = ground.row.id, after, ground.now
    settled.events.insert(0, fight_event("fight_over", text, *shown) if after.is_over else fight_event("fight_round", text, *shown))
    change = {
        "op": "combat", "id": ground.row.id, "version": ground.row.version, "fight": msgspec.to_builtins(after), "over": after.is_over,
    }  # fmt: skip
    settled.changes.append(change if after.is_over else {**change, "seconds": combat.SECONDS})
    if not after.is_over:
        settled.changes += [_call(ground, event) for event in events if event.outcome == "called"]
    else:
        for fighter in after.side(PLAYERS):
            settled.sets.setdefault(number(fighter.id), {})["combat"] = 0
            settled.facts.append(Survived(character_id=number(fighter.id), location_id=ground.row.location_id))
    return settled


def _call(ground: Field, event: Event) -> dict[str, Any]:
    """The change after which others of the caller's population come to the fight."""
    payload = {"spawn": ground.npcs[number(event.fighter)].spawn}
    return {"op": "timer", "kind": "npc_call", "subject": f"combat:{ground.row.id}", "in": HEARD, "payload": payload}


def _outcome(fighter: Fighter, events: Sequence[Event]) -> str:
    return next((one.outcome for one in events if one.fighter == fighter.id and one.outcome in {"down", "fled"}), "")


def _damage(fighter: Fighter, events: Sequence[Event]) -> int:
    return sum(one.damage for one in events if one.target == fighter.id)


def _settle_npc(ground: Field, fighter: Fighter, events: Sequence[Event], settled: Settled, dice: random.Random) -> None:
    row = ground.npcs[number(fighter.id)]
    npc = ground.world.npcs[row.template]
    where = {"id": row.id, "version": row.version, "location_id": row.location_id}
    outcome, hp = _outcome(fighter, events), fighter.hp - _damage(fighter, events)
    gone = msgspec.structs.replace(row, version=row.version + 1, hp=hp)
    ways = _ways_of(ground, row) if outcome == "fled" else []
    if outcome == "down" or row.location_id not in ground.world.locations or (outcome == "fled" and not ways):
        settled.changes.append(_removed(row))
        settled.changes.append({"op": "timer_off", "kind": "npc_move", "subject": f"npc:{row.id}"})
        population = ground.populations.get(row.spawn)
        pause = npc.respawn_minutes * 60 if population is None else population.seconds
        settled.changes.append({"op": "timer", "kind": "spawn", "subject": f"spawn:{row.spawn}", "in": pause, "keep": True})
        settled.events.append(npc_event("npc_left", gone, npc, "", row.location_id))
        if outcome == "down":
            _drop_loot(ground, row, npc, settled, dice)
    elif outcome == "fled":
        to = dice.choice(ways)
        settled.changes.append({"op": "npc", **where, "set": {"hp": hp, "state": {}, "location_id": to}})
        settled.events.append(npc_event("npc_left", gone, npc, "", row.location_id))
        settled.events.append(npc_event("npc_arrived", gone, npc, f"{called(npc, begins=True)} {npc.comes}, hurt.", to))
    elif hp != fighter.hp or settled.fight.is_over:
        state = {} if settled.fight.is_over else row.state
        settled.changes.append({"op": "npc", **where, "set": {"hp": hp, "state": state}})


def _removed(row: NpcRow) -> dict[str, Any]:
    return {"op": "npc_gone", "id": row.id, "version": row.version, "location_id": row.location_id}


def _ways_of(ground: Field, row: NpcRow) -> list[str]:
    """Neighbouring locations of the NPC's population. Where there is none, an NPC that gets away leaves the city."""
    here, population = ground.world.locations.get(row.location_id), ground.populations.get(row.spawn)
    return sorted({way.to for way in here.exits.values()} & set(population.locations)) if here and population else []


def _drop_loot(ground: Field, row: NpcRow, npc: Npc, settled: Settled, dice: random.Random) -> None:
    table = ground.world.loot.get(npc.loot or "")
    found = rules.draw(table, dice) if table is not None else {}
    things = []
    for template_id, quantity in found.items():
        template = ground.world.items[template_id]
        for stack in [quantity] if template.stackable else [1] * quantity:
            thing = Thing(dice.randrange(1, 2**53), 1, template_id, stack, template.durability, laid=ground.now)
            things.append(thing)
            settled.changes.append({
                "op": "insert", "id": thing.id, "template": template_id, "quantity": stack, "durability": template.durability,
                "owner": f"location:{row.location_id}",
            })  # fmt: skip
        settled.ledger.append({"template": template_id, "quantity": quantity, "reason": "loot"})
    if things:
        names = ", ".join(views.template_of(thing, ground.world).name for thing in things)
        shown = Happening(
            "looted",
            f"It leaves behind: {names}.",
            location_id=row.location_id,
            ground=[views.item(thing, ground.world) for thing in things],
        )
        settled.events.append(channels.to_location(row.location_id, "location_update", shown))
        settled.changes.append(litter(row.location_id))


def _settle_character(ground: Field, fighter: Fighter, events: Sequence[Event], settled: Settled, dice: random.Random) -> None:
    me = ground.characters[number(fighter.id)]
    outcome, damage = _outcome(fighter, events), _damage(fighter, events)
    if damage:
        settled.sets.setdefault(me.id, {})["hp"] = me.hp - damage
    _wear_out(ground, me, events, settled, dice)
    wounds = [one.effect for one in events if one.outcome == "wounded" and one.target == fighter.id]
    if wounds and outcome != "down":
        _wound(ground, me, wounds, settled)
    if outcome == "down":
        worn = settled.worn.get(me.id, {})
        things = [worn.get(one.id, one) for one in ground.things.get(me.id, ())]
        fallen = Fallen(me, things, ground.world, ground.ways[ground.world.start.location], ground.now)
        bury(fallen, settled, dice.randrange(1, 2**53))
    elif outcome == "fled":
        exits = sorted(
            (direction, way.to) for direction, way in ground.world.locations[me.location_id].exits.items() if way.to in ground.ways
        )
        settled.sets.setdefault(me.id, {})["combat"] = 0
        if exits:
            _, to = dice.choice(exits)
            relocate(me, to, ground.ways[to], settled, f"You get away, to {ground.world.locations[to].name}.")


def _wear_out(ground: Field, me: Character, events: Sequence[Event], settled: Settled, dice: random.Random) -> None:
    """The weapon loses one with each blow that hit, and one piece of armour with each blow that was taken. At 0 a thing is broken."""
    id_, things = f"character:{me.id}", {one.id: one for one in ground.things.get(me.id, ()) if one.slot}
    losses: Counter[int] = Counter()
    weapon = weapon_of(list(things.values()), ground.world)
    for event in events:
        if event.action in {"defend", "flee", "suffer"} or event.outcome not in {"hit", "critical"}:
            continue
        if event.fighter == id_ and weapon is not None and weapon.durability:
            losses[weapon.id] += 1
        armor = [one.id for one in things.values() if one.durability and views.template_of(one, ground.world).armor]
        if event.target == id_ and armor:
            losses[dice.choice(sorted(armor))] += 1
    for thing_id, lost in sorted(losses.items()):
        thing = things[thing_id]
        left = max(0, (thing.durability or 0) - lost)
        settled.changes.append({"op": "update", "id": thing.id, "version": thing.version, "owner": id_, "durability": left})
        settled.worn.setdefault(me.id, {})[thing.id] = msgspec.structs.replace(thing, version=thing.version + 1, durability=left)
        settled.sets.setdefault(me.id, {})
        if left == 0:
            settled.facts.append(Broke(character_id=me.id, item=thing.template))
            settled.lines.setdefault(me.id, []).append(f"Your {views.template_of(thing, ground.world).name} breaks.")


def weapon_of(things: Sequence[Thing], world: World) -> Thing | None:
    """The weapon that a character strikes with: of those that are wielded and not broken the one with the hardest blow."""
    wielded = [
        (item.damage.low + item.damage.high, thing)
        for thing in things
        if thing.slot and thing.durability != 0
        for item in [views.template_of(thing, world)]
        if item.damage
    ]
    return max(wielded, key=lambda pair: pair[0])[1] if wielded else None


def _wound(ground: Field, me: Character, wounds: Sequence[str], settled: Settled) -> None:
    changed = effects.change(me, ground.world, ground.now, gains=wounds)
    settled.sets.setdefault(me.id, {})["effects"] = changed.effects
    settled.facts += changed.facts
    settled.changes += effects.timers(me, changed.effects, ground.world, ground.now)
    settled.lines.setdefault(me.id, []).extend(changed.lines)
    for line in changed.seen:
        seen = Happening("affected", line, player=PlayerView(me.id, me.name), version=me.version + 1)
        settled.events.append(channels.to_location(me.location_id, "location_update", seen, exclude=me.id))


def _share_experience(ground: Field, before: Fight, events: Sequence[Event], settled: Settled) -> None:
    killed = [one for one in before.side(ENEMIES) if _outcome(one, events) == "down"]
    fighters = [one for one in before.side(PLAYERS) if _outcome(one, events) != "down"]
    for enemy in killed:
        row = ground.npcs[number(enemy.id)]
        xp = ground.world.npcs[row.template].xp
        for index, one in enumerate(fighters):
            me = ground.characters[number(one.id)]
            settled.facts.append(Killed(character_id=me.id, npc=row.template, location_id=row.location_id))
            more = lasting.changes_at(me.effects, ground.world.effects, ground.now).experience
            _gain(me, growth.learned(growth.share(xp, len(fighters), index), me.intellect, more), settled)


def _gain(me: Character, xp: int, settled: Settled) -> None:
    fields = settled.sets.setdefault(me.id, {})
    grown = growth.with_xp(fields.get("level", me.level), fields.get("xp", me.xp), xp)
    fields.update({"level": grown.level, "xp": grown.xp})
    if grown.gained:
        most = fields.get("max_hp", me.max_hp) + grown.gained * growth.HP_A_LEVEL
        fields.update({"max_hp": most, "hp": fields.get("hp", me.hp) + grown.gained * growth.HP_A_LEVEL})
        settled.facts.append(Levelled(character_id=me.id, level=grown.level))


def character_changes(ground: Field, settled: Settled, *, but: int = 0) -> list[dict[str, Any]]:
    """The changes of the characters' rows, and the events with which each player learns of its own.

    The command of `but` adds the change of its own row, and follows its own quests.
    """
    changes = []
    for id_, fields in sorted(settled.sets.items()):
        me = ground.characters[id_]
        fields.setdefault("hp", me.hp)
        fields["hp_at"] = ground.now
        after = msgspec.structs.replace(me, version=me.version + 1, **{name: value for name, value in fields.items() if name != "arrival"})
        hurt = Happening(
            "hurt", " ".join([*settled.lines.get(id_, ()), *_grown(me, after)]), you=views.you(after, ground.now, ground.world), version=after.version,
            items=_changed_things(ground, settled, id_),
        )  # fmt: skip
        settled.events.append(channels.to_player(id_, "state_update", hurt))
        if id_ != but:
            change: dict[str, Any] = {"op": "character", "id": id_, "version": me.version, "set": fields}
            change |= {"explored": settled.explored[id_]} if id_ in settled.explored else {}
            changes.append(change | _quests(after, settled, ground.world))
    return changes


def _changed_things(ground: Field, settled: Settled, id_: int) -> list[ItemView]:
    """The things of a character that have worn out a little, and those that it has lost with its life."""
    things, worn = ground.things.get(id_, ()), settled.worn.get(id_, {})
    kept = {one.id for one in settled.left.get(id_, things)}
    return [
        *(views.item(thing, ground.world) for thing in worn.values() if thing.id in kept),
        *(views.lost(worn.get(thing.id, thing)) for thing in things if thing.id not in kept),
    ]


def _quests(me: Character, settled: Settled, world: World) -> dict[str, Any]:
    """How the facts of a round advance the quests of a character that has not ended it: the part of its row's change, with facts and events."""
    facts: list[Fact] = quests.of_character(settled.facts, me.id)
    found = quests.advance(me, facts, quests.Standing(me.location_id, me.flags), world)
    if not found.now:
        return {}
    settled.facts += [msgspec.structs.replace(one, character_id=me.id) for one in questing.facts_of(found)]
    settled.events += questing.events_of(me, me, found, world, me.version)
    flags = [flag for flag in dict.fromkeys(questing.flags_of(found, world)) if flag not in me.flags]
    set_ = {"flags": {"add": flags, "remove": []}} if flags else {}
    return {"quests": {"was": me.quests, "is": {**me.quests, **found.now}}, **set_}


def opening(
    location_id: str, fighters: Sequence[Fighter], rows: Sequence[NpcRow], combat_id: int, seed: int
) -> tuple[Fight, list[dict[str, Any]]]:
    """A new fight, and the changes that begin it, but for the rows of its characters."""
    fight = combat.begin(location_id, seed, fighters)
    changes: list[dict[str, Any]] = [
        {"op": "combat_new", "id": combat_id, "location_id": location_id, "seconds": combat.SECONDS, "fight": msgspec.to_builtins(fight)}
    ]
    changes += [drawn_in(row, combat_id) for row in rows]
    changes.append(round_timer(combat_id))
    return fight, changes


def fight_event(action: str, text: str, combat_id: int, fight: Fight, now: float) -> Outgoing:
    """An event about a fight, for all players in its location."""
    shown = views.fight(combat_id, fight, now + combat.SECONDS)
    return channels.to_location(fight.location_id, "location_update", Happening(action, text, location_id=fight.location_id, fight=shown))


def listed(names: Sequence[str]) -> str:
    """`an ash hound, a glasshouse boar and Marta`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def drawn_in(row: NpcRow, combat_id: int) -> dict[str, Any]:
    """The change of an NPC that is in a fight from now on."""
    return {
        "op": "npc",
        "id": row.id,
        "version": row.version,
        "location_id": row.location_id,
        "set": {"state": {**row.state, "fight": combat_id}},
    }


def round_timer(combat_id: int) -> dict[str, Any]:
    """The change that gives a round its time limit."""
    return {"op": "timer", "kind": "combat_round", "subject": f"combat:{combat_id}", "in": combat.SECONDS}


def _grown(before: Character, after: Character) -> list[str]:
    more = growth.points(after.level, (after.strength, after.agility, after.endurance, after.intellect))
    return (
        [f"You have learned something. You are level {after.level} now, with {more} points to spend: train."]
        if after.level > before.level
        else []
    )
