"""The NPCs of a location as commands see them: those that always stand there, and those with a row."""

from collections.abc import Sequence
from typing import NamedTuple

from echoes import channels
from echoes.channels import Outgoing
from echoes.game.targets import Named
from echoes.storage.npcs import NpcRow
from echoes.wire import Happening, NpcView
from echoes.world.model import Location, Npc, World
from echoes.world.populations import stays

HURT = ((0.25, "barely standing"), (0.5, "badly hurt"), (0.75, "hurt"), (0.999, "scratched"))
"""Words for an NPC's health: up to which part of its hit points each is said."""


class Seen(NamedTuple):
    """An NPC that is here: its template and, where it is one of a population, its row."""

    id: str
    npc: Npc
    row: NpcRow | None = None
    talks: bool = False
    """Whether it has a dialogue."""

    @property
    def named(self) -> Named:
        """How a word may mean it: `npc:7` for one with a row."""
        id_ = self.id if self.row is None else f"npc:{self.row.id}"
        return Named(id_, self.npc.name, (*self.npc.aliases, self.id))

    @property
    def view(self) -> NpcView:
        """As clients see it."""
        if self.row is None:
            return NpcView(self.id, self.npc.name, self.npc.disposition, talks=self.talks, trades=bool(self.npc.trades or self.npc.buys))
        return view(self.row, self.npc)


def view(row: NpcRow, npc: Npc) -> NpcView:
    """An NPC with a row as clients see it."""
    return NpcView(row.template, npc.name, npc.disposition, instance=row.id, version=row.version, health=health(row.hp, npc.hp))


def npc_event(action: str, row: NpcRow, npc: Npc, message: str, location_id: str) -> Outgoing:
    """An event about an NPC with a row, for all players in a location."""
    return channels.to_location(location_id, "location_update", Happening(action, message, npc=view(row, npc), location_id=location_id))


def health(hp: int, most: int) -> str:
    """A word for it; empty for an NPC that is whole."""
    return next((word for part, word in HURT if hp / most <= part), "")


def those_here(location: Location, rows: Sequence[NpcRow], world: World) -> list[Seen]:
    """All NPCs of a location. A row whose template the content no longer has is left out; its population's timer removes it."""
    return [
        *(Seen(npc, world.npcs[npc], talks=npc in world.dialogues) for npc in stays(location, world)),
        *(Seen(row.template, world.npcs[row.template], row) for row in rows if row.template in world.npcs),
    ]


def definite(npc: Npc) -> str:
    """Its name when it is known which one is meant: `the ash hound`, `Marta`, `the night orderly`."""
    return npc.name if npc.name[0].isupper() or npc.name.startswith("the ") else f"the {npc.name}"


def called(npc: Npc, *, begins: bool = False) -> str:
    """Its name in a sentence: `an ash hound`, `Marta`, `the night orderly`; `begins` a sentence: `An ash hound`."""
    name = npc.name
    if not name[0].isupper() and not name.startswith("the "):
        name = f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
    return name[0].upper() + name[1:] if begins else name
