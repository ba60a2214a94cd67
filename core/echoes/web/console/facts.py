"""The page that follows facts: those that are there, then the next ones every two seconds."""

from litestar import get
from litestar.response import Template

from echoes.context import Context
from echoes.errors import Refused
from echoes.ops import looking, tail
from echoes.ops.acting import Operator
from echoes.web.console.pages import page
from echoes.web.ops.access import AskedReason
from echoes.web.ops.cluster import After
from echoes.web.ops.players import Id, Word, bounded
from echoes.world import names

FIRST, NEXT = 50, 500
"""Facts that the page begins with, and that it adds at a time."""


@get("/facts")
async def follow(context: Context, operator: Operator, kind: Word = "", name: Word = "", reason: AskedReason = "") -> Template:
    """Facts of a kind, of a character, or all. Without a reason the page shows the form alone."""
    found, character_id, trouble = None, 0, ""
    if reason.strip():
        try:
            character_id = await _named(context, operator, reason, name.strip()) if name.strip() else 0
            found = await tail.facts(context, operator, reason, kinds=_kinds(kind), character_id=character_id, count=FIRST)
        except Refused as error:
            trouble = f"{error.message} {error.hint}"
    return page(
        "facts.html", operator, found=found, kind=kind, name=name, character_id=character_id, reason=reason, trouble=trouble,
        kinds=tail.all_kinds(),
    )  # fmt: skip


@get("/facts/next")
async def more(
    context: Context, operator: Operator, after: After = "", kind: Word = "", character_id: Id = 0, reason: AskedReason = ""
) -> Template:
    """The facts since then, newest first, and the place behind them: a part of the page."""
    character_id = bounded(character_id) if character_id else 0
    found = await tail.facts(context, operator, reason, after=after, kinds=_kinds(kind), character_id=character_id, count=NEXT)
    return page("facts_next.html", operator, found=found, reason=reason)


def _kinds(kind: str) -> list[str]:
    return kind.split()


async def _named(context: Context, operator: Operator, reason: str, name: str) -> int:
    for one in await looking.find(context, operator, reason, name=name):
        if one.character_id and names.fold(one.name) == names.fold(name):
            return one.character_id
    raise Refused("no_character", f"There is no character {name!r}.", "Look for the name under Players.")
