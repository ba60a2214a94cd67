"""Rules for the name of a new character: it is well formed, and no person of the city and no word of the game has it."""

from collections.abc import Iterable

from echoes.errors import Refused
from echoes.game.catalogue import Catalogue
from echoes.game.directions import SHORT, THROUGH
from echoes.world import names, reserved_names
from echoes.world.model import OPPOSITE, World


class Naming:
    """Checks the names of new characters against the commands of this server and the content in force."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._words = frozenset({*catalogue.by_word, *OPPOSITE, *SHORT, *THROUGH})

    def require(self, name: str, world: World) -> None:
        """Refuse a name that is malformed (`bad_name`), or that players would take for another's or for a command (`name_reserved`)."""
        if (problem := names.problem_with(name)) is not None:
            raise Refused("bad_name", problem, "Letters of any one script, 2 to 24 of them.")
        if (owner := reserved_names.owner_of(name, _people(world))) is not None:
            raise Refused("name_reserved", f"{owner} lives in the city, and answers to {name}.", "Choose another name.")
        if reserved_names.is_of_staff(name):
            raise Refused("name_reserved", f"{name} sounds like one of those who run this server.", "Choose another name.")
        if reserved_names.is_word(name, self._words):
            raise Refused(
                "name_reserved", f"“{name}” means something when it is typed here.", "Choose a name that is no command or direction."
            )


def _people(world: World) -> Iterable[str]:
    return (npc.name for npc in world.npcs.values())
