"""Count deaths, and answer the count over HTTP."""

from collections import Counter
from collections.abc import Sequence

from echoes import hookimpl
from echoes.errors import Refused
from echoes.game.observers import Observer, Seen
from echoes.game.tools import Tools
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Struct

deaths: Counter[int] = Counter()
"""Deaths that this worker's observer has seen, by character. An observer sees each fact at least once: one that must count exactly keeps the ids."""
tools: list[Tools] = []


class Deaths(Struct):
    """How often a character has died."""

    character_id: int
    deaths: int


async def count(seen: Sequence[Seen]) -> None:
    """Count each death once on this worker."""
    for one in seen:
        deaths[one.fact["character_id"]] += 1
        tools[0].log.info("example.death_counted", character_id=one.fact["character_id"], fact=one.id)


@get("/of/{character_id:int}")
async def of_character(character_id: FromPath[int]) -> Deaths:
    """Answer the number of a character's deaths."""
    if character_id < 1:
        raise Refused("no_character", "There is no such character.")
    return Deaths(character_id, deaths[character_id])


@hookimpl
def echoes_seam_version() -> int:
    """Routes came with version 5."""
    return 5


@hookimpl
def echoes_tools(tools: Tools) -> None:
    """Keep what the worker gives."""
    _keep(tools)


@hookimpl
def echoes_observers() -> list[Observer]:
    """One observer, of one type of fact."""
    return [Observer("example.deaths", count, frozenset({"died"}))]


@hookimpl
def echoes_routes() -> list[HTTPRouteHandler]:
    """`GET /x/deaths/of/7`."""
    return [of_character]


def _keep(given: Tools) -> None:
    tools[:] = [given]
