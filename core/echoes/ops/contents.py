"""The content in force: its history, differences, and how an operator brings another one into force, or goes back to a former one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

import msgspec
import structlog
from msgspec import Struct

from echoes.context import Context
from echoes.errors import Refused
from echoes.ops.acting import Operator, acting, require_role, require_text
from echoes.ops.archive import unpacked
from echoes.settings import gamedata_of
from echoes.storage import content_history, contents
from echoes.storage.audit import Act
from echoes.storage.content_history import Activation
from echoes.storage.contents import BACK, PUSH, Active, Asked, InUse
from echoes.world import content as files
from echoes.world.content import Findings
from echoes.world.difference import Difference, differences
from echoes.world.model import World

log = structlog.get_logger()
PAGE = 200
"""Differences of one page at most."""
NAMED, LONGEST = 20, 300
"""Problems, or uses of what would be removed, that a refusal names; and characters of each, and of a field that has changed."""
Change = Literal["added", "removed", "changed"]


class ContentView(Struct):
    """The content in force, and what was in force before: newest first, so the first one is in force."""

    version: str
    number: int
    history: Sequence[Activation]


class DiffLine(Struct):
    """A thing that was added, removed or changed, and which of its fields."""

    change: Change
    kind: str
    id: str
    fields: list[str]


class DiffView(Struct):
    """The differences between two contents: their numbers, and one page of them in the order of kind and id.

    `total` counts those of the kind and the change that were asked for, from which the page begins at `offset`.
    """

    before: str
    after: str
    added: int
    removed: int
    changed: int
    total: int
    offset: int
    lines: list[DiffLine]


class PushView(Struct):
    """A push, or how it would go: the differences, warnings, and what stands in its way. `number` 0: nothing was changed."""

    version: str
    number: int
    diff: DiffView
    warnings: list[str]
    in_use: list[str]


class Page(Struct, frozen=True):
    """Which differences are shown."""

    kind: str = ""
    change: Change | None = None
    offset: int = 0
    count: int = PAGE


class NoContent(Refused):
    """The database has no such content."""

    def __init__(self, version: str) -> None:
        super().__init__(
            "no_content", f"The database has no content with the version {version}.", "`echoes ops content` lists those that it has."
        )


async def content(context: Context, operator: Operator) -> ContentView:
    """Show the content in force and its history. It needs no reason: nothing of it is about players."""
    require_role(operator, "viewer")
    now = await contents.active(context.database)
    return ContentView(now.version, now.number, await content_history.newest(context.database))


async def diff(context: Context, operator: Operator, before: str, after: str, page: Page) -> DiffView:
    """Show the differences between two contents of the history; an empty version is the one in force."""
    require_role(operator, "viewer")
    for text in (before, after, page.kind):
        require_text(text)
    now = await contents.active(context.database)
    first, second = await _world(context, before or now.version), await _world(context, after or now.version)
    return await asyncio.to_thread(_diff, first, second, page)


async def push(
    context: Context, operator: Operator, reason: str, archive: bytes, seen: int, *, dry_run: bool = False, page: Page | None = None
) -> PushView:
    """Bring the game data of an archive into force, or show how that would go. `seen`: the number of the content that the operator saw."""
    async with acting(context.database, operator, "content_push", reason, least="admin", seen=seen, dry_run=dry_run) as act:
        if context.uploads.locked():
            raise Refused("unavailable", "Another upload is being checked.", "Try again in a few seconds.", retry_after=5.0)
        async with context.uploads:
            findings = await asyncio.to_thread(_examined, context, archive)
            if findings.world is None:
                errors = [str(one) for one in findings.problems if one.severity == "error"]
                raise Refused("bad_content", f"The game data has problems: {_named(errors)}", "Correct them; `echoes check` lists all.")
            warnings = [str(one)[:LONGEST] for one in findings.problems][:NAMED]
            return await _activate(context, act, findings.world, Asked(act, seen, PUSH), warnings, page or Page(), dry_run=dry_run)


async def back(context: Context, operator: Operator, reason: str, version: str, seen: int, *, dry_run: bool = False) -> PushView:
    """Bring a former content of the history into force again."""
    async with acting(
        context.database, operator, "content_back", reason, least="admin", version=version, seen=seen, dry_run=dry_run
    ) as act:
        require_text(version)
        found = await _world(context, version)
        if found.version != version:
            raise Refused(
                "bad_content",
                f"This release reads {version} as other content than was checked.",
                "Push the folder of that content instead.",
            )
        return await _activate(context, act, found, Asked(act, seen, BACK), [], Page(), dry_run=dry_run)


async def _activate(
    context: Context, act: Act, world: World, asked: Asked, warnings: Sequence[str], page: Page, *, dry_run: bool
) -> PushView:
    now = await contents.active(context.database)
    alike = [f"the character {one} has the name of the NPC {npc}" for one, npc in await contents.namesakes(context.database, world)]
    shown = await asyncio.to_thread(_diff, await _world(context, now.version), world, page)
    made, reasons = await _tried(lambda: contents.push(context.database, world, dry_run=dry_run, asked=asked))
    if reasons and not dry_run:
        raise Refused("in_use", f"What would be removed is in use: {_named(reasons)}", "Push first content that still has it.")
    if made is not None and not dry_run:
        context.contents.wake()
        log.info("content.pushed", version=made.version, number=made.number, source=asked.source, operator=act.operator)
    number = made.number if made is not None and not dry_run else 0
    return PushView(world.version, number, shown, [*warnings, *alike][:NAMED], [one[:LONGEST] for one in reasons[:PAGE]])


async def _tried(work: Callable[[], Awaitable[Active]]) -> tuple[Active | None, Sequence[str]]:
    try:
        return await work(), ()
    except InUse as error:
        return None, error.reasons


def _examined(context: Context, archive: bytes) -> Findings:
    with unpacked(archive) as folder:
        return files.examine(folder, context.backends.packs, gamedata_of(context.settings))


async def _world(context: Context, version: str) -> World:
    """A content of the history. Refuses one that the database does not have, and one that this release cannot read."""
    if version == context.world.version:
        return context.world
    try:
        found = await contents.world_of(context.database, version)
    except msgspec.MsgspecError as error:
        raise Refused("bad_content", f"This release cannot read {version}: {error}.", "Push the folder of that content instead.") from error
    if found is None:
        raise NoContent(version)
    return found


def _diff(before: World, after: World, page: Page) -> DiffView:
    found = differences(before, after)
    counts = {change: sum(one.change == change for one in found) for change in ("added", "removed", "changed")}
    asked = [one for one in found if page.kind in {"", one.kind} and page.change in {None, one.change}]
    lines = [_line(one) for one in asked[page.offset : page.offset + page.count]]
    return DiffView(before.version, after.version, counts["added"], counts["removed"], counts["changed"], len(asked), page.offset, lines)


def _line(one: Difference) -> DiffLine:
    return DiffLine(one.change, one.kind, one.id, [field[:LONGEST] for field in one.fields[:NAMED]])


def _named(reasons: Sequence[str]) -> str:
    more = f"; and {len(reasons) - NAMED} more" if len(reasons) > NAMED else ""
    return "; ".join(one[:LONGEST] for one in reasons[:NAMED]) + more + "."
