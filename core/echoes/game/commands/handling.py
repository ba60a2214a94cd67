"""`handle`: scratch, hang, light or pour something, where a quest asks for it; elsewhere the game's voice says why not."""

import re
from collections.abc import Iterator
from typing import Annotated, Any

from msgspec import Meta

from echoes.errors import Refused
from echoes.game import arguments, normalization, quests, targets
from echoes.game.deed import Deed
from echoes.game.facts import Handled
from echoes.game.spec import CommandSpec
from echoes.game.targets import Named
from echoes.storage.commits import Thing
from echoes.wire import Command, Outcome, Target
from echoes.world.model import Handle, Step

WORDS = {
    "scratch": "scratch", "carve": "scratch", "engrave": "scratch", "inscribe": "scratch", "write": "scratch",
    "hang": "hang", "hang up": "hang", "light": "light", "ignite": "light", "pour": "pour", "fill": "pour",
}  # fmt: skip
"""Typed words, each with the hand of `echoes.world.model.Handle` that it means."""
ELSEWHERE = {
    "scratch": ("Enough names stand on enough walls. You let it be.", "quests says what is asked of you."),
    "hang": ("There is nothing that would want to hang there.", "quests says what is asked of you."),
    "light": ("The flame minds its own business: nothing here is lit or put out by hand.", "Look at it, or use it."),
    "pour": ("Not a drop goes where you want it.", "drink <item> what you carry."),
}
"""Answer and hint for each hand, for when no quest asks for it."""
_ON = re.compile(r"(.*\S)\s+(?:on|onto|in|into|to|with|at|over|up)\s+(\S.*)", re.IGNORECASE)


class HandleThing(Command, frozen=True, tag="handle"):
    """Do with a thing what a quest asks for: `scratch`, `hang`, `light`, `pour`. Of two names one means the thing."""

    hand: Annotated[str, Meta(min_length=1, max_length=40)]
    item: Target | None = None
    on: Target | None = None


async def handle(deed: Deed, command: HandleThing) -> Outcome:
    """Reach a step of a quest by hand. Refuses what no quest asks for now."""
    scene = deed.scene
    hand = WORDS.get(targets.normal(command.hand))
    if hand is None:
        raise Refused("incomplete", "Your hands begin something, and do not know what.", f"One can {targets.either(list(WORDS))}.")
    asked = list(_asked(deed, hand))
    meant = [one for one in asked if _is_meant(deed, one[1], command)]
    if not meant:
        if not asked:
            raise Refused("not_possible", *ELSEWHERE[hand])
        raise Refused("not_possible", "That is not what is asked for.", asked[0][0].says)
    step, wanted = next((one for one in meant if one[1].at in {None, scene.me.location_id}), meant[0])
    if wanted.at is not None and wanted.at != scene.me.location_id:
        raise Refused("not_here", f"Not here: it belongs to {scene.world.locations[wanted.at].name}.", step.says)
    thing = await _carried(deed, wanted, step)
    name = scene.template(thing).name
    if wanted.takes:
        await deed.use_up(thing, 1, "quest")
    deed.change_me()
    deed.fact(Handled(hand=hand, item=thing.template, location_id=scene.me.location_id))
    where = f" on {wanted.on}" if wanted.on else ""
    deed.message = f"You {hand} the {name}{where}."
    deed.tell_room("item_used", f"{deed.me.name} {hand}{'es' if hand.endswith('ch') else 's'} a {name}{where}.")
    return deed.outcome()


def _asked(deed: Deed, hand: str) -> Iterator[tuple[Step, Handle]]:
    """The current steps of the actor's quests that ask for this hand."""
    for quest, (step, _) in quests.open_quests(deed.scene.me, deed.scene.world).values():
        wanted = quest.steps[step].use
        if wanted is not None and wanted.hand == hand and wanted.item in deed.scene.world.items:
            yield quest.steps[step], wanted


def _is_meant(deed: Deed, wanted: Handle, command: HandleThing) -> bool:
    """Whether one of the words means the item, or where it is done; no word means it, too."""
    item = deed.scene.world.items[wanted.item or ""]
    names = Named(wanted.item or "", item.name, (*item.aliases, "name", "my name", "it", *([wanted.on] if wanted.on else [])))
    words = [word for word in (command.item, command.on) if word is not None]
    return not words or any(targets.fits(word, names) for word in words)


async def _carried(deed: Deed, wanted: Handle, step: Step) -> Thing:
    things = [thing for thing in await deed.scene.things() if thing.template == wanted.item]
    if not things:
        name = deed.scene.world.items[wanted.item or ""].name
        raise Refused("not_carried", f"You carry no {name}.", step.says)
    if wanted.takes and all(thing.slot for thing in things):
        name = deed.scene.template(things[0]).name
        raise Refused("worn", f"You wear the {name}.", f"Take it off first: unequip {name}.")
    return next((thing for thing in things if not thing.slot), things[0])


def arguments_of(rest: str) -> dict[str, Any]:
    """`<item> [on <thing>]`, in any order of the two."""
    line = normalization.plain(rest)
    if not line:
        return {}
    found = _ON.fullmatch(line)
    if found is None:
        return arguments.one("item", "scratch <item>", skip=arguments.ARTICLES)(line)
    item, on = (arguments.without(arguments.ARTICLES, part) for part in found.groups())
    return {"item": item, "on": on}


SPECS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "handle",
        HandleThing,
        handle,
        usage="handle <scratch, hang, light or pour>",
        summary="Scratch, hang, light or pour something where it is asked for: type the word itself, and what.",
        arguments=arguments.one("hand", "handle <scratch, hang, light or pour>"),
        verbs={word: {"hand": word} for word in WORDS},
        towards=arguments_of,
        topic="scratch name on lantern, hang lantern on line: what a quest asks of your hands. quests says what that is.",
    ),
)
