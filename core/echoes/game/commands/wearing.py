"""`equip`, `unequip`; and `use`, which uses things up."""

import re
from typing import Any

from echoes.errors import Refused
from echoes.game import arguments, clues, normalization, nouns, rounds, targets, views
from echoes.game.clues import Source
from echoes.game.commands.carrying import find, missing, named, refuse_several
from echoes.game.deed import Deed
from echoes.game.facts import Equipped, Used
from echoes.game.spec import CommandSpec
from echoes.game.targets import Named
from echoes.wire import Command, Outcome, Target
from echoes.world import effects as lasting
from echoes.world.model import Restores

_ON = re.compile(r"\S\s+on\s+\S", re.IGNORECASE)
_PART = re.compile(r"(?:an? |one |some |the )?(?:bite|bit|drink|mouthful|piece|sip|slice|swig) of\s+", re.IGNORECASE)
_ON_ME = re.compile(r"\son\s(?:me|myself|self)$", re.IGNORECASE)


class Use(Command, frozen=True, tag="use"):
    """Eat, drink, bandage, read."""

    item: Target


class Equip(Command, frozen=True, tag="equip"):
    """Wear or wield."""

    item: Target


class Unequip(Command, frozen=True, tag="unequip"):
    """Take off; an item or a slot."""

    item: Target


async def equip(deed: Deed, command: Equip) -> Outcome:
    """Wear or wield; what was in that place is taken off."""
    scene = deed.scene
    thing = find(deed, command.item, await scene.things(), nothing=missing(command.item), code="not_carried")
    template = scene.template(thing)
    if template.slot is None:
        raise Refused("not_wearable", f"The {template.name} cannot be worn or wielded.", "Look at it to see what it is good for.")
    if thing.slot:
        raise Refused(
            "worn", f"You {'wield' if template.type == 'weapon' else 'wear'} the {template.name} already.", "Unequip it to take it off."
        )
    former = next((one for one in await scene.things() if one.slot == template.slot), None)
    if former is not None:
        await deed.take_off(former)
    await deed.wear(thing, template.slot)
    _refuse_overload(deed)
    verb = "wield" if template.type == "weapon" else "put on"
    instead = f" in place of the {scene.template(former).name}" if former is not None else ""
    deed.message = f"You {verb} the {template.name}{instead}."
    deed.fact(Equipped(item=thing.template, slot=template.slot))
    deed.tell_room("item_equipped", f"{deed.me.name} {'wields' if verb == 'wield' else 'puts on'} the {template.name}.")
    return deed.outcome()


async def unequip(deed: Deed, command: Unequip) -> Outcome:
    """Take off; the item or the place where it is worn is named."""
    scene = deed.scene
    worn = [one for one in await scene.things() if one.slot]
    kinds = [
        (Named(str(one.id), scene.template(one).name, (*scene.template(one).aliases, one.slot.replace("_", " "), one.slot)), one)
        for one in worn
    ]
    refuse_several(command.item, [name for name, _ in kinds])
    thing = targets.pick(
        command.item,
        kinds,
        nothing=missing(command.item, "You wear no {}.", "You do not wear it any more."),
        otherwise="inventory shows what you wear.",
        code="not_worn",
    )
    await deed.take_off(thing)
    _refuse_overload(deed)
    name = scene.template(thing).name
    deed.message = f"You take off the {name}."
    deed.tell_room("item_unequipped", f"{deed.me.name} takes off the {name}.")
    return deed.outcome()


async def use(deed: Deed, command: Use) -> Outcome:
    """Eat, drink, bandage (one is used up), or read. Of something that stands here, only its description can be had."""
    scene = deed.scene
    things = await scene.things()
    standing = nouns.fixed(scene.location)
    if targets.closeness(command.item, [one for one, _ in standing]) < targets.closeness(
        command.item, [named(deed, one) for one in things]
    ):
        id_ = targets.pick(command.item, [(name, name.id) for name, _ in standing], nothing="")
        deed.message = scene.location.interactables[id_].description
        clues.note(deed, Source(thing=id_))
        return deed.outcome()
    if _ON.search(command.item) and not any(targets.fits(command.item, named(deed, one)) for one in things):
        raise Refused("not_possible", "What you use, you use on yourself.", "use <item>; give <item> to <name> hands it to a player.")
    thing = find(deed, command.item, things, nothing=missing(command.item), code="not_carried")
    template = scene.template(thing)
    if template.restores is None and not template.gives and not template.cures:
        if not template.use_text:
            raise Refused("not_usable", f"You can do nothing with the {template.name} by itself.", "Look at it to see what it is good for.")
        deed.message = template.use_text
        clues.note(deed, Source(item=thing.template))
        return deed.outcome()
    restores = template.restores or Restores()
    hp = min(scene.me.max_hp, scene.me.hp + restores.hp)
    stamina = min(float(scene.me.max_stamina), scene.stamina + restores.stamina)
    has = {one.id for one in lasting.standing(scene.me.effects, scene.world.effects, scene.now)}
    helps = has & set(template.cures) or (template.restores is None and set(template.gives) - has)
    if hp == scene.me.hp and stamina - scene.stamina < 1 and not helps:
        raise Refused("no_need", f"You have no need of the {template.name} now.", "Keep it for later.")
    await deed.use_up(thing, 1, "used")
    deed.change_me(hp=hp, stamina=stamina)
    felt = deed.affect(gains=template.gives, ends=template.cures, reason="item")
    deed.message = f"{template.use_text or f'You use the {template.name}.'} {felt}".rstrip()
    deed.fact(Used(item=thing.template, location_id=scene.me.location_id))
    deed.tell_room("item_used", f"{deed.me.name} uses the {template.name}.")
    await rounds.defend_meanwhile(deed)
    return deed.outcome()


def _refuse_overload(deed: Deed) -> None:
    if not views.load(deed.mine or [], deed.scene.world).bearable:
        raise Refused("too_heavy", "Without it you could not carry what you have.", "Drop something first.")


def _used(rest: str) -> dict[str, Any]:
    """`<item>`, or `<item> on me`: nothing is used on another."""
    line = _ON_ME.sub("", normalization.plain(rest))
    return arguments.one("item", "use <item>", skip={"from", "of"})(_PART.sub("", line, count=1) if _PART.match(line) else line)


SPECS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "use",
        Use,
        use,
        usage="use <item>",
        summary="Eat, drink, bandage, read.",
        aliases=("eat", "drink", "read", "apply", "consume"),
        arguments=_used,
        topic="Food and drink give stamina back, medicine heals. One of them is used up. Documents are read.",
    ),
    CommandSpec(
        "equip",
        Equip,
        equip,
        usage="equip <item>",
        summary="Wear or wield something.",
        aliases=("wear", "wield", "put on", "don", "hold"),
        arguments=arguments.one("item", "equip <item>"),
        topic="Each thing has its place on the body; what was there is taken off. A worn bag lets you carry more.",
    ),
    CommandSpec(
        "unequip",
        Unequip,
        unequip,
        usage="unequip <item>",
        summary="Take something off.",
        aliases=("remove", "take off", "unwield", "doff"),
        arguments=arguments.one("item", "unequip <item>"),
    ),
)
