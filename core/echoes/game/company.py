"""Which NPC a player means: one in the same location, for commands that deal with NPCs."""

from collections.abc import Callable

from echoes.errors import Refused
from echoes.game import targets
from echoes.game.scene import Scene
from echoes.game.targets import Named
from echoes.world.model import Npc

Person = tuple[str, Npc]
"""An NPC's id, and its template."""


async def npc_meant(scene: Scene, word: str | None, suits: Callable[[Person], bool], *, missing: str, usage: str) -> Person:
    """The NPC here that a word means; without a word the only one that `suits`. A player of that name is refused, and an NPC that is elsewhere.

    `missing` is the message when no NPC here suits and none is named.
    """
    here = [(seen.named, (seen.id, seen.npc)) for seen in await scene.npcs()]
    if word is None:
        found = [person for _, person in here if suits(person)]
        if len(found) != 1:
            names = targets.either([npc.name for _, npc in found]) if found else ""
            message = f"There is {names}." if found else missing
            raise Refused("incomplete" if found else "not_here", message, f"Usage: {usage}" if found else "look shows who is here.")
        return found[0]
    if not any(targets.fits(word, name) for name, _ in here):
        if players := [one for one in await scene.people_called(word) if targets.fits(word, Named(str(one.id), one.name))]:
            raise Refused(
                "not_possible",
                f"{players[0].name} is a player, and answers in their own words.",
                "say speaks to everybody here, whisper <name> <words> to one player.",
            )
        if (absent := npc_called(scene, word)) is not None:
            raise Refused("not_here", f"{absent[1].name} is not here.", "look shows who is here.")
    return targets.pick(word, here, nothing=f"Nobody called {targets.bare(word)} is here.", otherwise="look shows who is here.")


def npc_called(scene: Scene, word: str) -> Person | None:
    """The NPC with this whole name, wherever it is."""
    wanted = targets.normal(word)
    return next(
        ((id_, npc) for id_, npc in scene.world.npcs.items() if wanted in {targets.normal(one) for one in (npc.name, *npc.aliases)}), None
    )
