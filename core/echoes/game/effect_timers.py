"""The timers of effects: ticks that harm or heal a body, and ends that others see. Every other effect ends without a timer."""

from typing import NamedTuple

import msgspec

from echoes import channels
from echoes.channels import Outgoing
from echoes.game import effects, views
from echoes.game.aftermath import Aftermath
from echoes.game.death import Fallen, bury
from echoes.game.effects import Changed, Ticking
from echoes.game.scene import Surroundings
from echoes.game.timers import Happened, Rows, TimerSpec
from echoes.storage import commits
from echoes.storage.commits import Character, Thing
from echoes.storage.timers import Due
from echoes.wire import Happening, PlayerView, WirePosition
from echoes.world import effects as lasting

AWAY_SECONDS = 60.0
"""Seconds after which a timer looks again for a character that is not in the world: no tick harms it meanwhile."""
SLACK = 0.05
"""Seconds by which a tick may come early: timers and clocks round."""


class Patient(NamedTuple):
    """A character with effects, what it carries, and where the refuge's channel stands."""

    me: Character
    things: list[Thing]
    refuge: WirePosition
    is_here: bool


async def _patient(around: Surroundings, timer: Due) -> Patient | None:
    me = await commits.load_character(around.database, int(timer.id))
    if me is None or me.location_id not in around.world.locations:
        return None
    here = await around.registry.locate(me.id) is not None
    things = (await commits.load_inventory(around.database, me.id))[1] if here else []
    return Patient(me, things, await around.position_of(around.world.start.location), here)


def happens(rows: Rows) -> Happened:
    """Let each effect tick that is due, once however late it is, and end those whose time is over. A body that is not in the world is spared."""
    found: Patient | None = rows.found
    if found is None:
        return Happened()
    world, now = rows.around.world, rows.now
    me = views.recovered(found.me, now, world)
    if not found.is_here and lasting.standing(me.effects, world.effects, now):
        return Happened(after=AWAY_SECONDS)
    changed = effects.change(me, world, now + SLACK)
    hp, lines = me.hp, []
    ticked = []
    for one in changed.effects:
        effect = world.effects[one.id]
        if one.due is None or one.due > now + SLACK or effect.tick is None:
            ticked.append(one)
            continue
        spec = rows.around.effects.get(effect.tick.does)
        gained = spec.tick(Ticking(effect, one, hp, me.max_hp, me.location_id, now, rows.dice)) if spec is not None else 0
        hp = max(0, min(me.max_hp, hp + gained))
        lines += [effect.tick.says] if effect.tick.says and gained else []
        ticked.append(msgspec.structs.replace(one, due=now + effect.tick.seconds))
    changed.effects = tuple(ticked)
    changed.lines = [*lines, *changed.lines]
    return _settled(rows, found, me, changed, hp)


def _settled(rows: Rows, found: Patient, me: Character, changed: Changed, hp: int) -> Happened:
    world, now = rows.around.world, rows.now
    after = Aftermath()
    after.sets[me.id] = {"hp": hp, "hp_at": now if hp != me.hp else me.hp_at, "effects": changed.effects}
    after.facts += changed.facts
    if hp == 0:
        bury(Fallen(me, found.things, world, found.refuge, now), after, rows.dice.randrange(1, 2**53))
    fields = after.sets[me.id]
    left = fields["effects"]
    after.changes += effects.timers(me, left, world, now, but=rows.timer.kind)
    shown = msgspec.structs.replace(me, version=me.version + 1, **{name: value for name, value in fields.items() if name != "arrival"})
    own = Happening(
        "affected", " ".join(changed.lines), you=views.you(shown, now, world), version=shown.version,
        items=[views.lost(thing) for thing in found.things if me.id in after.left and thing not in after.left[me.id]],
    )  # fmt: skip
    change = {"op": "character", "id": me.id, "version": found.me.version, "set": fields}
    if me.id in after.explored:
        change["explored"] = after.explored[me.id]
    events: list[Outgoing] = [*after.events, channels.to_player(me.id, "state_update", own)]
    if changed.seen:
        seen = Happening("affected", " ".join(changed.seen), player=PlayerView(me.id, me.name), version=shown.version)
        events.insert(0, channels.to_location(me.location_id, "location_update", seen, exclude=me.id))
    moment = effects.due(left, world).get(rows.timer.kind)
    return Happened([change, *after.changes], after.ledger, events, after.facts, after=None if moment is None else max(0.0, moment - now))


TIMERS = (TimerSpec(effects.TICK, happens, _patient), TimerSpec(effects.END, happens, _patient))
