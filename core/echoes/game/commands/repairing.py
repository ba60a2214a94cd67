"""`repair`: a thing that is worn is made good again, with a kit, at a workbench, or by an NPC for scrap."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from echoes.errors import Refused
from echoes.game import arguments, normalization, targets
from echoes.game.commands.carrying import find, missing, named
from echoes.game.deed import Deed
from echoes.game.facts import Repaired
from echoes.game.npcs import Seen
from echoes.game.spec import CommandSpec
from echoes.game.targets import Named
from echoes.storage.commits import Thing
from echoes.wire import Command, Outcome, Target
from echoes.world import trade
from echoes.world.wear import BENCH_STAMINA, at_bench, with_kit

USAGE = "repair <item> [with a kit, at a bench, by a smith]"
_BY = re.compile(r"(.*\S)\s+(?:with|at|by|using|on)\s+(\S.*)", re.IGNORECASE)


class Repair(Command, frozen=True, tag="repair"):
    """Repair something that one carries or wears: with a kit, at a workbench, by an NPC. Without `by`: with the first of these that is there."""

    item: Target
    by: Target | None = None


class Means(NamedTuple):
    """One way to repair: a kit that is carried, the workbench of this place, or an NPC that is here."""

    name: Named
    kit: Thing | None = None
    smith: Seen | None = None


async def repair(deed: Deed, command: Repair) -> Outcome:
    """Make a thing good again as far as the means goes."""
    things = await deed.scene.things()
    thing = find(deed, command.item, things, nothing=missing(command.item), code="not_carried")
    template = deed.scene.template(thing)
    if thing.durability is None or template.durability is None or template.repairs:
        raise Refused("not_repairable", f"The {template.name} cannot be repaired.", "Weapons and armour can; score shows what is worn.")
    if thing.durability >= template.durability:
        raise Refused("no_need", f"The {template.name} is as good as new.", "score shows what is worn.")
    ways = await _means(deed, things)
    if not ways:
        raise Refused("nothing_to_repair_with", "You have neither the tools nor anybody to ask.", "A kit, a workbench or a smith would do.")
    way = ways[0]
    if command.by is not None:
        way = targets.pick(
            command.by, [(one.name, one) for one in ways], nothing=f"You cannot repair anything with {targets.bare(command.by)} here."
        )
    if way.smith is not None:
        await _by_smith(deed, thing, way.smith)
    elif way.kit is not None:
        await _with_kit(deed, thing, way.kit)
    else:
        await _at_bench(deed, thing, way.name.name)
    deed.fact(Repaired(item=thing.template))
    deed.tell_room(
        "repaired",
        f"{deed.me.name} has the {template.name} made good again." if way.smith else f"{deed.me.name} mends the {template.name}.",
    )
    return deed.outcome()


async def _means(deed: Deed, things: Sequence[Thing]) -> list[Means]:
    scene = deed.scene
    kits = [one for one in things if scene.template(one).repairs and one.durability != 0]
    found = [Means(named(deed, kit), kit=kit) for kit in kits]
    found += [
        Means(Named(id_, one.name, (*one.aliases, "bench", "workbench")))
        for id_, one in scene.location.interactables.items()
        if one.workbench
    ]
    found += [Means(one.named, smith=one) for one in await scene.npcs() if one.npc.repairs]
    return found


async def _with_kit(deed: Deed, thing: Thing, kit: Thing) -> None:
    template, tool = deed.scene.template(thing), deed.scene.template(kit)
    after = with_kit(thing.durability or 0, template, tool)
    await deed.wear_out(thing, after)
    left = (kit.durability if kit.durability is not None else tool.durability or 1) - 1
    if left > 0:
        await deed.wear_out(kit, left)
    else:
        await deed.use_up(kit, 1, "used")
    spent = f"The {tool.name} is used up." if left <= 0 else f"The {tool.name} will do {left} more."
    deed.message = f"You work on the {template.name}: {after} of {template.durability}. {spent}"


async def _at_bench(deed: Deed, thing: Thing, bench: str) -> None:
    template = deed.scene.template(thing)
    after = at_bench(template)
    if (thing.durability or 0) >= after:
        raise Refused("no_need", f"At a bench you could not make the {template.name} any better than it is.", "A kit or a smith could.")
    if deed.scene.stamina < BENCH_STAMINA:
        raise Refused(
            "exhausted", f"You are too tired: it takes {BENCH_STAMINA} stamina and you have {int(deed.scene.stamina)}.", "Rest for a while."
        )
    await deed.wear_out(thing, after)
    deed.change_me(stamina=deed.scene.stamina - BENCH_STAMINA)
    deed.message = f"You work on the {template.name} at the {bench}: {after} of {template.durability}."


async def _by_smith(deed: Deed, thing: Thing, smith: Seen) -> None:
    template = deed.scene.template(thing)
    price = trade.repair_price(smith.npc, template, thing.durability or 0)
    if price > deed.me.scrap:
        raise Refused("too_poor", f"{smith.npc.name} asks {price} scrap, and you have {deed.me.scrap}.", "sell <item> brings scrap in.")
    await deed.wear_out(thing, template.durability or 0)
    deed.change_scrap(-price, "repair")
    deed.message = f"{smith.npc.name} makes the {template.name} as good as new, for {price} scrap. You have {deed.me.scrap} left."


def repair_arguments(rest: str) -> dict[str, Any]:
    """`<item> [with|at|by <means>]`."""
    found = _BY.fullmatch(normalization.plain(rest))
    thing, by = found.groups() if found else (rest, None)
    given = arguments.one("item", USAGE)(thing)
    return given if by is None else {**given, "by": arguments.without(arguments.ARTICLES, by)}


SPECS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "repair", Repair, repair, usage=USAGE, summary="Make a worn thing good again.", aliases=("mend", "fix"), arguments=repair_arguments,
        in_fight=False, cost=2,
        topic="What hits and what is hit wears out, and does nothing once it is broken. repair poker with kit, repair coat at bench, repair knife by Halina.",
    ),
)  # fmt: skip
