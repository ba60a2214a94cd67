"""Move, heal, give, take: actions on a character's rows, committed as its own command would be (`CommandService.intervene`)."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from echoes import channels
from echoes.context import Context
from echoes.errors import Refused
from echoes.game import targets, views
from echoes.game.deed import Deed
from echoes.game.targets import Named
from echoes.ops.acting import Operator, acting, require_text
from echoes.ops.moderating import meant
from echoes.storage.audit import Act
from echoes.storage.commits import SCRAP, Thing
from echoes.wire import Happening, Outcome
from echoes.world.model import Item

AT_ONCE = 20
"""Things without a stack that one action gives at most."""
LEDGER = "operator"
"""Reason of these entries of the ledger."""


async def move(context: Context, operator: Operator, reason: str, character_id: int, location_id: str, *, notice: str = "") -> None:
    """Bring a character to another location."""

    async def decide(deed: Deed) -> None:
        scene, name = deed.scene, deed.me.name
        place = scene.world.locations.get(location_id)
        if place is None:
            raise Refused("no_location", f"There is no location {location_id!r}.", "It is named by its id, such as kiln_yard.")
        origin = scene.me.location_id
        if location_id == origin:
            raise Refused("already_there", f"{name} is in {place.name} already.", "Choose another location.")
        position = await scene.around.position_of(location_id)
        deed.arrive(location_id, position)
        deed.change_me(resting=False)
        deed.explore(location_id)
        deed.tell_room("player_left", f"{name} is gone.", location_id=origin)
        deed.tell_room("player_arrived", f"{name} is here.", location_id=location_id)
        words = notice or f"Those who run this server have brought you here: {place.name}."
        deed.tell(
            deed.me.id,
            Happening(
                "moved", words, version=scene.me.version + 1, location_id=location_id, position=position, forced=True, you=deed.outcome().you
            ),
        )  # fmt: skip

    await _intervene(context, operator, "move", reason, character_id, decide, notice, to=location_id)


async def heal(context: Context, operator: Operator, reason: str, character_id: int, *, notice: str = "") -> None:
    """Give a character all its health and stamina, and end the effects that harm it."""

    async def decide(deed: Deed) -> None:
        harmful = [one.id for one in deed.me.effects if one.id in deed.scene.world.effects and not deed.scene.world.effects[one.id].helps]
        if harmful:
            deed.affect(ends=harmful)
        deed.change_me(hp=deed.me.max_hp, hp_at=deed.scene.now, stamina=float(deed.me.max_stamina))
        _notify(deed, notice or "Those who run this server have healed you.")

    await _intervene(context, operator, "heal", reason, character_id, decide, notice)


async def give(context: Context, operator: Operator, reason: str, character_id: int, item: str, quantity: int, *, notice: str = "") -> str:
    """Put things, or scrap, into a character's bag: they come into the world through the ledger. Returns what was given, in words."""
    given: list[str] = []

    async def decide(deed: Deed) -> None:
        given[:] = [await _give(deed, item, quantity)]
        _notify(deed, notice or f"Those who run this server give you {given[0]}.", "item_received")

    await _intervene(context, operator, "give", reason, character_id, decide, notice, item=item, quantity=quantity)
    return given[0]


async def take(context: Context, operator: Operator, reason: str, character_id: int, item: str, quantity: int, *, notice: str = "") -> str:
    """Take things that a character carries or wears, or scrap, out of the world, through the ledger. Returns what was taken, in words."""
    taken: list[str] = []

    async def decide(deed: Deed) -> None:
        taken[:] = [await _take(deed, item, quantity)]
        _notify(deed, notice or f"Those who run this server take {taken[0]} from you.")

    await _intervene(context, operator, "take", reason, character_id, decide, notice, item=item, quantity=quantity)
    return taken[0]


async def _intervene(
    context: Context, operator: Operator, action: str, reason: str, character_id: int, decide: Callable[[Deed], Awaitable[None]], notice: str,
    **asked: Any,
) -> None:  # fmt: skip
    """Let an action happen with its entry in the audit log, in one commit."""

    async def decided(deed: Deed) -> None:
        await decide(deed)
        deed.changes.append(entry_of(act, asked))

    async with acting(context.database, operator, action, reason, character_id=character_id, **asked) as act:
        await meant(context, operator, character_id=character_id)
        require_text(notice)
        await context.service.intervene(character_id, decided)


def entry_of(act: Act, details: dict[str, Any]) -> dict[str, Any]:
    """The entry in the audit log as a change of the commit (see `echoes_apply` in `functions.sql`)."""
    return {"op": "audit", "operator": act.operator, "action": act.action, "reason": act.reason, "details": details}


async def _give(deed: Deed, item: str, quantity: int) -> str:
    if targets.normal(item) == SCRAP:
        deed.change_scrap(quantity, LEDGER)
        return f"{quantity} {SCRAP}"
    world = deed.scene.world
    named = [(Named(id_, one.name, one.aliases), id_) for id_, one in world.items.items()]
    item_id = item if item in world.items else targets.pick(
        item, named, nothing=f"There is no item {item!r}.", otherwise="It is named by its id or its name.", code="no_item"
    )  # fmt: skip
    template = world.items[item_id]
    parts = [quantity] if template.stackable else [1] * min(quantity, AT_ONCE + 1)
    if len(parts) > AT_ONCE:
        raise Refused("too_many", f"Of the {template.name} {AT_ONCE} at most can be given at once.", "Give fewer.")
    for part in parts:
        await _require_room(deed, item_id, template, part)
        await deed.create(item_id, part, LEDGER, carried=True)
    return _counted(template.name, quantity)


async def _require_room(deed: Deed, item_id: str, template: Item, quantity: int) -> None:
    carried: Sequence[Thing] = deed.mine if deed.mine is not None else await deed.scene.things()
    if not views.has_room(carried, item_id, template, quantity, deed.scene.world):
        raise Refused("too_heavy_for_them", f"{deed.me.name} cannot carry that as well.", "Give fewer, or take something first.")


async def _take(deed: Deed, item: str, quantity: int) -> str:
    if targets.normal(item) == SCRAP:
        if quantity > deed.me.scrap:
            raise Refused("too_few", f"{deed.me.name} has {deed.me.scrap} scrap.", f"Take {deed.me.scrap} or less.")
        deed.change_scrap(-quantity, LEDGER)
        return f"{quantity} {SCRAP}"
    things = await deed.scene.things()
    named = [(Named(str(one.id), deed.scene.template(one).name, deed.scene.template(one).aliases), one) for one in things]
    exact = next((one for one in things if one.template == item), None)
    thing = exact or targets.pick(
        item, named, nothing=f"{deed.me.name} does not carry {item}.", otherwise="`echoes ops show` lists the bag.", code="not_carried"
    )
    name = deed.scene.template(thing).name
    if quantity > thing.quantity:
        raise Refused("too_few", f"There is only {_counted(name, thing.quantity)}.", f"Take {thing.quantity} or fewer.")
    await deed.use_up(thing, quantity, LEDGER)
    return _counted(name, quantity)


def _notify(deed: Deed, words: str, action: str = "notified") -> None:
    """Let the player read of it, with what has changed."""
    now: Outcome = deed.outcome()
    happening = Happening(action, words, version=deed.scene.me.version + 1, items=now.items, load=now.load, you=now.you)
    deed.events.append(channels.to_player(deed.me.id, "state_update", happening))


def _counted(name: str, quantity: int) -> str:
    return name if quantity == 1 else f"{name} ×{quantity}"
