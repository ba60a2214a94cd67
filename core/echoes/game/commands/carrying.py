"""`inventory`, `pick_up`, `drop`, `give`."""

import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from msgspec import Meta

from echoes.errors import Refused
from echoes.game import arguments, gifts, normalization, targets, views
from echoes.game.conversations import can_hand_over
from echoes.game.deed import Deed
from echoes.game.facts import Dropped, Gave, Took
from echoes.game.npcs import Seen, called
from echoes.game.quests import open_quests
from echoes.game.several import chosen, is_several, listed
from echoes.game.spec import CommandSpec
from echoes.game.targets import Named
from echoes.storage.commits import Thing
from echoes.wire import Command, Happening, Outcome, Target

MOST = 1_000_000
"""The greatest quantity that a command may ask for."""
Quantity = Annotated[int, Meta(ge=1, le=MOST)]
MONEY = frozenset({"scrap", "money", "gold", "coins"})
"""Words for what is no thing: it is a number of the character's row, and only traders take or give it."""
_GIVEN = re.compile(r"(.*\S)\s+to\s+(\S.*)", re.IGNORECASE)


class Inventory(Command, frozen=True, tag="inventory"):
    """List the things that the character carries and wears."""


class PickUp(Command, frozen=True, tag="pick_up"):
    """Take something that lies here. Without a quantity: all of that stack."""

    item: Target
    quantity: Quantity | None = None


class Drop(Command, frozen=True, tag="drop"):
    """Lay something down. Without a quantity: all of that stack."""

    item: Target
    quantity: Quantity | None = None


class Give(Command, frozen=True, tag="give"):
    """Hand something to a player in the same place."""

    item: Target
    to: Target
    quantity: Quantity | None = None


async def inventory(deed: Deed, _: Inventory) -> Outcome:
    """List the things that the actor carries and wears."""
    view = views.inventory(await deed.scene.things(), deed.scene.world)
    carried = ", ".join(_counted(one.name, one.quantity) for one in view.items if not one.worn) or "nothing"
    worn = ", ".join(one.name for one in view.items if one.worn) or "nothing"
    deed.message = f"You carry {carried}. You wear {worn}. ({view.weight:g} of {view.max_weight:g} kg)"
    return deed.outcome(inventory=view)


async def pick_up(deed: Deed, command: PickUp) -> Outcome:
    """Take things that lie here, in one commit. Of those who reach for one at once, one gets it. Of several, what cannot be carried stays."""
    scene = deed.scene
    ground = await scene.ground_called(command.item)
    given = gifts.meant(deed, command.item)
    if given is not None and not any(targets.fits(command.item, named(deed, thing)) for thing in ground):
        return await gifts.receive(deed, *given)

    def one(word: str) -> Thing:
        return find(deed, word, ground, nothing=missing(word, "There is no {} here to pick up.", "It is not here any more."))

    wanted = chosen(command.item, command.quantity, ground, lambda thing: named(deed, thing), one)
    if not wanted:
        raise Refused("not_here", "Nothing lies here but ash.", "search what stands here; look shows what there is.")
    taken, left = [], []
    for thing, number in wanted:
        quantity = how_many(deed, thing, number)
        template = scene.template(thing)
        counted = _counted(template.name, quantity)
        mine = deed.mine if deed.mine is not None else await scene.things()
        if not views.has_room(mine, thing.template, template, quantity, scene.world):
            left.append(counted)
            continue
        await deed.take(thing, quantity)
        taken.append(counted)
        deed.fact(Took(item=thing.template, quantity=quantity))
    if not taken:
        raise Refused("too_heavy", f"You cannot carry {listed(left)} as well.", "Drop something, wear a bag, or take fewer.")
    counted = listed(taken)
    deed.message = f"You pick up {counted}." + (f" You cannot carry {listed(left)} as well." if left else "")
    deed.tell_room("item_picked_up", f"{deed.me.name} picks up {counted}.")
    return deed.outcome()


async def drop(deed: Deed, command: Drop) -> Outcome:
    """Lay things down here, in one commit. What is worn, or personal, is not part of `all`."""
    scene = deed.scene
    things = await scene.things()
    loose = [thing for thing in things if not thing.slot and not thing.personal]

    def one(word: str) -> Thing:
        thing = to_part_with(deed, word, things)
        refuse_worn(deed, thing)
        return thing

    wanted = chosen(command.item, command.quantity, loose, lambda thing: named(deed, thing), one)
    if not wanted:
        raise Refused(
            "not_carried",
            "You have nothing that you could lay down.",
            "What you woke with stays yours; what you wear must be taken off first: unequip <item>.",
        )
    dropped = []
    for thing, number in wanted:
        quantity = how_many(deed, thing, number)
        await deed.drop(thing, quantity)
        dropped.append(_counted(scene.template(thing).name, quantity))
        deed.fact(Dropped(item=thing.template, quantity=quantity, location_id=deed.me.location_id))
    counted = listed(dropped)
    deed.message = f"You drop {counted}."
    deed.tell_room("item_dropped", f"{deed.me.name} drops {counted}.")
    return deed.outcome()


async def give(deed: Deed, command: Give) -> Outcome:
    """Hand something to a player in the same place."""
    scene = deed.scene
    people = await scene.people_called(command.to)
    is_player = any(targets.fits(command.to, Named(str(one.id), one.name)) for one in people)
    for seen in () if is_player else await scene.npcs():
        if targets.fits(command.to, seen.named):
            if (outcome := await _bring(deed, command, seen)) is not None:
                return outcome
            raise Refused(
                "not_possible", f"{called(seen.npc, begins=True)} closes your fingers around it again.", "Things are given to players."
            )
    receiver = targets.pick(
        command.to,
        [(Named(str(one.id), one.name), one) for one in people],
        nothing=f"Nobody called {targets.bare(command.to)} is here.",
        otherwise="look shows who is here.",
    )
    thing = to_part_with(deed, command.item, await scene.things())
    refuse_worn(deed, thing)
    quantity = how_many(deed, thing, command.quantity)
    template = scene.template(thing)
    if receiver.linkdead:
        raise Refused("not_listening", f"{receiver.name} does not take it.", "They have lost their connection; try again in a while.")
    theirs = (await scene.around.things_of(receiver.id, bucket=scene.me.id)).value
    if not views.has_room(theirs, thing.template, template, quantity, scene.world):
        raise Refused(
            "too_heavy_for_them", f"{receiver.name} cannot carry that as well.", "Give fewer, or wait until they have dropped something."
        )
    given = await deed.hand_over(thing, quantity, receiver.id)
    counted = _counted(template.name, quantity)
    deed.message = f"You give {counted} to {receiver.name}."
    deed.tell(
        receiver.id,
        Happening(
            "item_received", f"{deed.me.name} gives you {counted}.", player=deed.as_seen, items=[views.item(given, scene.world)],
            load=list(views.load([*theirs, given], scene.world)),
        ),
    )  # fmt: skip
    deed.fact(Gave(item=thing.template, quantity=quantity, to=f"character:{receiver.id}"))
    deed.tell_room("item_given", f"{deed.me.name} gives something to {receiver.name}.")
    return deed.outcome()


async def _bring(deed: Deed, command: Give, seen: Seen) -> Outcome | None:
    """Hand over to an NPC what a quest asks for; None where none does. What is personal may be brought: it was given for that."""
    wanted = {
        asked.item: asked.quantity - count
        for quest, (at, count) in open_quests(deed.me, deed.scene.world).values()
        if (asked := quest.steps[at].bring) is not None and asked.to == seen.id
    }
    things = [one for one in await deed.scene.things() if one.template in wanted and can_hand_over(one, deed.scene.world)] if wanted else []
    thing = next((one for one in things if targets.fits(command.item, named(deed, one))), None)
    if thing is None:
        return None
    quantity = min(wanted[thing.template], how_many(deed, thing, command.quantity))
    await deed.use_up(thing, quantity, "quest")
    deed.change_me()
    counted = _counted(deed.scene.template(thing).name, quantity)
    deed.fact(Gave(item=thing.template, quantity=quantity, to=f"npc:{seen.id}"))
    deed.message = f"You give {counted} to {called(seen.npc)}."
    deed.tell_room("item_given", f"{deed.me.name} gives something to {called(seen.npc)}.")
    return deed.outcome()


def find(deed: Deed, word: str, among: Sequence[Thing], *, nothing: str, code: str = "not_here") -> Thing:
    """The thing that is meant."""
    refuse_several(word, [named(deed, thing) for thing in among])
    otherwise = "inventory shows what you have." if code == "not_carried" else "look shows what lies here."
    return targets.pick(word, [(named(deed, thing), thing) for thing in among], nothing=nothing, code=code, otherwise=otherwise)


def refuse_several(word: str, among: Sequence[Named]) -> None:
    """Refuse `all`, and a word for several things, where one is meant."""
    if is_several(word) and not any(targets.fits(word, name) for name in among):
        raise Refused("one_thing", "One thing after the other: your hands are only two.", "Name one thing. get and drop take several.")


def named(deed: Deed, thing: Thing) -> Named:
    """Name and aliases of a thing."""
    template = deed.scene.template(thing)
    return Named(str(thing.id), template.name, template.aliases)


def to_part_with(deed: Deed, word: str, things: Sequence[Thing]) -> Thing:
    """The carried thing that is meant; of several alike, one that is not personal. What is personal is refused."""
    if targets.normal(word) in MONEY and not any(targets.fits(word, named(deed, one)) for one in things):
        raise Refused("not_possible", "Scrap is counted into a trader's hand, and nowhere else.", "list, buy and sell are for traders.")
    thing = find(deed, word, things, nothing=missing(word), code="not_carried")
    if not thing.personal:
        return thing
    alike = [one for one in things if one.template == thing.template and not one.personal]
    if not alike or word == str(thing.id):
        name = deed.scene.template(thing).name
        raise Refused("personal", f"Your fingers will not let go of the {name}: you woke with it.", "Use it, or wear it; it stays yours.")
    return alike[0]


def missing(word: str, sentence: str = "You carry no {}.", by_id: str = "You do not have it any more.") -> str:
    """Message about a thing that was not found: by its name, or, when an id was sent, about a thing that is gone."""
    return by_id if word.isdecimal() else sentence.format(targets.bare(word))


def how_many(deed: Deed, thing: Thing, wanted: int | None) -> int:
    """The whole stack, or the number that was asked for. Refuses more than there are."""
    if wanted is not None and wanted > thing.quantity:
        name = deed.scene.template(thing).name
        raise Refused("too_few", f"There is only {_counted(name, thing.quantity)}.", f"Ask for {thing.quantity} or fewer.")
    return thing.quantity if wanted is None else wanted


def refuse_worn(deed: Deed, thing: Thing) -> None:
    """Refuse a thing that is worn: it must be taken off first."""
    if thing.slot:
        name = deed.scene.template(thing).name
        raise Refused("worn", f"You wear the {name}.", f"Take it off first: unequip {name}.")


def _counted(name: str, quantity: int) -> str:
    return name if quantity == 1 else f"{name} ×{quantity}"


_WHERE = re.compile(r"\s(?:up|down|here|there|(?:(?:up )?(?:from|off)|on|onto|to) (?:the )?(?:floor|ground))$", re.IGNORECASE)
"""Words behind a thing that say where it lies."""


def some(usage: str) -> Callable[[str], dict[str, Any]]:
    """`[how many] <item>`; `all`, `all <items>` and several items are left to the handler."""
    item = arguments.one("item", usage)

    def read(rest: str) -> dict[str, Any]:
        count, thing = arguments.how_many(_WHERE.sub("", normalization.plain(rest)))
        return item(thing) if count is None else {"quantity": min(count, MOST), **item(thing)}

    return read


def give_arguments(rest: str) -> dict[str, Any]:
    """`[how many] <item> to <name>`, or `<name> [how many] <item>`."""
    usage = "give [how many] <item> to <name>"
    line = normalization.plain(rest)
    found = _GIVEN.fullmatch(line)
    thing, to = found.groups() if found else reversed(normalization.name_first(line))
    if not thing or to.isdecimal() or to.casefold() in arguments.ARTICLES | {"all", "every"}:
        raise Refused("incomplete", "Give what, to whom?", f"Usage: {usage}")
    return {**some(usage)(thing), "to": to}


SPECS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "inventory",
        Inventory,
        inventory,
        usage="inventory",
        summary="What you carry and wear.",
        aliases=("i", "bag", "inv", "things", "belongings"),
    ),
    CommandSpec(
        "pick_up",
        PickUp,
        pick_up,
        usage="pick up [how many] <item>",
        summary="Take something that lies here.",
        aliases=("get", "take", "pick up", "pick", "grab", "collect", "gather"),
        arguments=some("pick up [how many] <item>"),
        topic="get bandage takes the whole stack, get 2 bandage takes two; get all, get all bandages, get lantern and rope take several, twenty at most. When several reach for one thing, one of them gets it.",
    ),
    CommandSpec(
        "drop",
        Drop,
        drop,
        usage="drop [how many] <item>",
        summary="Lay something down.",
        aliases=("put down", "lay down", "leave behind", "discard"),
        arguments=some("drop [how many] <item>"),
        topic="drop all lays down what you neither wear nor woke with; drop lantern, rope and 2 bread lays down several, twenty at most.",
    ),
    CommandSpec(
        "give",
        Give,
        give,
        usage="give [how many] <item> to <name>",
        aliases=("hand", "offer"),
        summary="Hand something to somebody here.",
        arguments=give_arguments,
        cost=2,
    ),
)
