"""Count deaths in a table of its own, answer the count over HTTP, and show it in a panel of the page."""

from collections.abc import Sequence
from pathlib import Path

from echoes import hookimpl
from echoes.errors import Refused
from echoes.facilities import CachedKind
from echoes.game.observers import Observer, Seen
from echoes.game.tools import Tools
from echoes.web.panels import Panel
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Struct

COUNT = """
insert into deaths as d (character_id, number, last_fact) values ($1, 1, $2)
    on conflict (character_id) do update set number = d.number + 1, last_fact = excluded.last_fact where d.last_fact < excluded.last_fact
    returning number
"""
"""An observer sees each fact at least once, and those of one character in order: a fact that is not newer than the last one was counted."""
NUMBER = CachedKind("deaths.number", "x:deaths:number:{id}", "string", 600.0, int, near=True)
"""How often a character has died. It only grows, so it is its own version."""
tools: list[Tools] = []


class Deaths(Struct):
    """How often a character has died."""

    character_id: int
    deaths: int


async def count(seen: Sequence[Seen]) -> None:
    """Count each death once, also when it is seen twice."""
    for one in seen:
        for row in await tools[0].rows(COUNT, one.fact["character_id"], one.id):
            await tools[0].invalidate(NUMBER, str(one.fact["character_id"]), row["number"])
        tools[0].log.info("example.death_counted", character_id=one.fact["character_id"], fact=one.id)


@get("/of/{character_id:int}")
async def of_character(character_id: FromPath[int]) -> Deaths:
    """Answer the number of a character's deaths."""
    if character_id < 1:
        raise Refused("no_character", "There is no such character.")

    async def load() -> tuple[int, int]:
        rows = await tools[0].rows("select number from deaths where character_id = $1", character_id)
        number = rows[0]["number"] if rows else 0
        return number, number

    return Deaths(character_id, await tools[0].cached(NUMBER, str(character_id), load))


@hookimpl
def echoes_seam_version() -> int:
    """Cached kinds came with version 8, panels with version 7, migrations with version 6, routes with version 5."""
    return 8


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


@hookimpl
def echoes_migrations() -> Path:
    """One table."""
    return Path(__file__).parent / "migrations"


@hookimpl
def echoes_pages() -> Panel:
    """A panel below the character's own."""
    return Panel("Deaths", Path(__file__).parent / "page", "deaths.js", "deaths.css")


@hookimpl
def echoes_cached_kinds() -> list[CachedKind]:
    """The count, which the page of every player reads."""
    return [NUMBER]


def _keep(given: Tools) -> None:
    tools[:] = [given]
