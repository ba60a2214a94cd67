"""Follow the facts as they are committed. They have the places and the actions of characters, so all of them are private."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from echoes.context import Context
from echoes.errors import Refused
from echoes.game.facts import Fact
from echoes.game.targets import did_you_mean
from echoes.ops.acting import Operator, acting
from echoes.ops.looking import account_with
from echoes.ops.story import Narrator, people, time_of
from echoes.storage import audit, commits, fact_pages
from echoes.storage.fact_pages import FactPage
from echoes.storage.story import Row


class FactView(Struct):
    """A fact: its time (UTC), its kind, the character that acted (0: none), and a sentence that begins with the kind."""

    id: int
    at: str
    kind: str
    character_id: int
    name: str
    text: str


class FactsView(Struct):
    """Facts, oldest first. `after` asks for the next ones; `more`: they are there already."""

    facts: Sequence[FactView]
    after: str
    more: bool


async def facts(
    context: Context, operator: Operator, reason: str, *, after: str = "", kinds: Sequence[str] = (), character_id: int = 0, count: int = 100
) -> FactsView:  # fmt: skip
    """Return the facts behind a place (`after`), or the newest ones. Raises `NoCharacter`.

    Of an operator that follows them the audit log gets one entry in ten minutes, from each worker that answers.
    """
    asked = ", ".join(kinds)
    async with acting(context.database, operator, "facts", reason, least="viewer", character_id=character_id, kinds=asked) as act:
        for kind in kinds:
            _require_kind(kind)
        page = await _page(context, after, kinds, character_id, count)
        look = (operator.name, act.reason, character_id, *kinds)
        if context.looks.due(look):
            if character_id:
                await account_with(context, character_id=character_id)
            await audit.enter_alone(context.database, act, kinds=asked)
            context.looks.entered(look)
    rows = [Row(one.at, "fact", {**one.body, "type": one.type}) for one in page.facts]
    wanted = people(rows) | {one.character_id for one in page.facts if one.character_id}
    names = await commits.names_of(context.database, sorted(wanted)) if wanted else {}
    narrator = Narrator(context.world, names)
    return FactsView(
        [
            FactView(one.id, time_of(one.at), one.type, one.character_id, names.get(one.character_id, ""), narrator.sentence(row))
            for one, row in zip(page.facts, rows, strict=True)
        ],
        page.after.text,
        page.more,
    )


async def _page(context: Context, after: str, kinds: Sequence[str], character_id: int, count: int) -> FactPage:
    if not after:
        return await fact_pages.newest(context.database, kinds, character_id, count)
    place = fact_pages.place_of(after)
    if place is None:
        raise Refused("bad_request", "The place to read from is none.", "Send `after` of an answer back, or leave it out.")
    return await fact_pages.following(context.database, place, kinds, character_id, count)


def all_kinds() -> list[str]:
    """The kinds of facts that this server and its extensions can commit."""
    return sorted(tag for one in _below(Fact) if isinstance(tag := one.__struct_config__.tag, str))


def _below(kind: type[Fact]) -> Iterator[type[Fact]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)


def _require_kind(kind: str) -> None:
    """Refuse a kind that no fact can have. With a dot it may be one of an extension that is gone."""
    known = all_kinds()
    if kind not in known and "." not in kind:
        hint = did_you_mean(kind, known, most=len(known)) or "A kind is a word such as moved, took or died."
        raise Refused("bad_request", f"There is no kind of facts {kind!r}.", hint)
