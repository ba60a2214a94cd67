"""Clues: a look or a reading adds them to the journal, once for each character.

A character that has found them all reads nothing new, and its look commits nothing.
"""

from typing import NamedTuple

from echoes.game.deed import Deed
from echoes.game.facts import ClueFound
from echoes.game.quests import CLUE
from echoes.wire import Happening
from echoes.world.model import Clue


class Source(NamedTuple):
    """The id of the thing that a character has looked at or read: an interactable here, an NPC's template, or an item's template."""

    thing: str = ""
    npc: str = ""
    item: str = ""


NOTHING = Source()


def note(deed: Deed, source: Source) -> None:
    """Put the clues of a source into the actor's journal that are not there yet."""
    if source == NOTHING:
        return
    for mystery_id, mystery in deed.scene.world.mysteries.items():
        for clue_id, clue in mystery.clues.items():
            name = f"{mystery_id}.{clue_id}"
            if _is_from(clue, source, deed.me.location_id) and CLUE + name not in deed.me.flags:
                deed.change_flags([CLUE + name])
                deed.change_me()
                deed.fact(ClueFound(clue=name))
                text = f"You note in your journal, under “{mystery.question}”: {clue.says}"
                found = sum(f"{CLUE}{mystery_id}.{one}" in deed.me.flags for one in mystery.clues)
                if found == len(mystery.clues):
                    text += f" {mystery.answer}"
                deed.tell(deed.me.id, Happening("clue_found", text, version=deed.scene.me.version + 1))


def _is_from(clue: Clue, source: Source, location_id: str) -> bool:
    if clue.thing is not None:
        return (clue.at, clue.thing) == (location_id, source.thing)
    return source.item == clue.item if clue.item is not None else source.npc == clue.npc
