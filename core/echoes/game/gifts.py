"""Things that an interactable gives to every player who carries none: first lanterns, and documents that every player must be able to read.

Such a thing is personal, so no player can collect many of it, and it is never gone for the next player.
"""

import re

from echoes.errors import Refused
from echoes.game import targets, views
from echoes.game.deed import Deed
from echoes.game.facts import Searched, Took
from echoes.game.targets import Named
from echoes.wire import Outcome
from echoes.world.model import Interactable

_FROM = re.compile(r"(.*\S)\s+(?:from|off|of)\s+(\S.*)", re.IGNORECASE)


def meant(deed: Deed, word: str) -> tuple[str, Interactable] | None:
    """The interactable here that gives what a word means: by the item's name, with or without `from …`, or by its own."""
    found = _FROM.fullmatch(word)
    wanted = found[1] if found else word
    for id_, thing in deed.scene.location.interactables.items():
        item = deed.scene.world.items.get(thing.gives or "")
        if item is not None and targets.fits(wanted, Named(thing.gives or "", item.name, item.aliases)):
            return id_, thing
    return None


async def receive(deed: Deed, thing_id: str, thing: Interactable) -> Outcome:
    """Take what an interactable gives. Refuses who carries one already."""
    assert thing.gives is not None  # noqa: S101 - the caller has seen to it
    item = deed.scene.world.items[thing.gives]
    things = await deed.scene.things()
    if any(one.template == thing.gives for one in things):
        raise Refused("has_one", f"You have your {item.name} already. The others are for others.", "inventory shows what you have.")
    if not views.has_room(things, thing.gives, item, 1, deed.scene.world):
        raise Refused("too_heavy", f"You cannot carry the {item.name} as well.", "Drop something, or wear a bag.")
    await deed.create(thing.gives, 1, "given", carried=True, personal=True)
    deed.change_me()
    deed.fact(Searched(location_id=deed.me.location_id, thing=thing_id, found=1))
    deed.fact(Took(item=thing.gives, quantity=1))
    deed.message = f"You take the {item.name}."
    deed.tell_room("item_picked_up", f"{deed.me.name} takes a {item.name}.")
    return deed.outcome()
