"""A command's part in a fight: the actor's choice, and the end of a round that it completes."""

from dataclasses import replace

import msgspec

from echoes.errors import Refused
from echoes.game import fights
from echoes.game.deed import Deed
from echoes.storage import combats
from echoes.storage.combats import CombatRow
from echoes.world import combat
from echoes.world.combat import Choice, Fight


async def fight_of(deed: Deed) -> CombatRow | None:
    """The fight that the actor is in; None when it is in none."""
    me = deed.scene.me
    row = await combats.load(deed.scene.around.database, me.combat) if me.combat else None
    return row if row is not None and not row.over and row.fight.fighter(f"character:{me.id}") is not None else None


async def choose(deed: Deed, row: CombatRow, fight: Fight, choice: Choice) -> None:
    """Choose for this round. The choice that completes the round ends it, in the same commit."""
    me = f"character:{deed.scene.me.id}"
    if me in fight.choices:
        raise Refused("already_chosen", "You have chosen for this round.", "The others have a few seconds; intents says how many.")
    fight = combat.choose(fight, me, choice)
    if fight.is_complete:
        await _end_round(deed, row, fight)
        return
    deed.change_me(combat=row.id, resting=False)
    deed.changes.append({"op": "combat", "id": row.id, "version": row.version, "fight": msgspec.to_builtins(fight), "over": False})
    deed.events.append(fights.fight_event("fight_joined", "", row.id, fight, row.until - combat.SECONDS))


async def refuse_in_fight(deed: Deed) -> None:
    """Refuse a command that a fight does not allow, while the actor is in one."""
    if await fight_of(deed) is not None:
        raise Refused("in_fight", "You are in a fight.", "attack, defend, flee, or use something; intents shows what they are about to do.")


async def defend_meanwhile(deed: Deed) -> None:
    """Using something is the choice of a round: the actor defends meanwhile. Nothing happens outside of a fight."""
    row = await fight_of(deed)
    if row is not None:
        await choose(deed, row, row.fight, Choice("defend"))


async def _end_round(deed: Deed, row: CombatRow, fight: Fight) -> None:
    """Settle the round on the rows of all fighters as they are now, the actor's as this command has changed it."""
    scene = deed.scene
    ground = await fights.survey(scene.around, row)
    me = msgspec.structs.replace(deed.me, version=scene.me.version, combat=row.id)
    things = ground.things if deed.mine is None else {**ground.things, me.id: deed.mine}
    ground = replace(ground, characters={**ground.characters, me.id: me}, things=things)
    settled = fights.settle(ground, fight)
    deed.changes += [*fights.character_changes(ground, settled, but=me.id), *settled.changes]
    deed.changes.append(
        {"op": "timer_off", "kind": "combat_round", "subject": f"combat:{row.id}"} if settled.fight.is_over else fights.round_timer(row.id)
    )
    deed.ledger += settled.ledger
    deed.events += settled.events
    deed.facts += settled.facts
    fields = {"combat": row.id, "resting": False} | settled.sets.get(me.id, {})
    arrival = fields.pop("arrival", None)
    deed.change_me(**fields)
    if arrival is not None:
        deed.fields["arrival"] = arrival
    if me.id in settled.explored:
        deed.explore(settled.explored[me.id])
    if me.id in settled.left:
        deed.mine = settled.left[me.id]
    elif me.id in settled.worn:
        deed.mine = [settled.worn[me.id].get(one.id, one) for one in ground.things.get(me.id, ())]
