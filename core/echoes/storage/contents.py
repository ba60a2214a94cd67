"""Content in the database: every version that was ever in it, which version is in force, and how another one comes into force."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

import asyncpg
import msgspec
import structlog
from msgspec import Struct

from echoes.errors import EchoesError
from echoes.storage import audit, content_history, timers
from echoes.storage import world as storage_world
from echoes.storage.audit import Act
from echoes.storage.database import TRY_AGAIN, Connection, Database
from echoes.storage.world import Rescued
from echoes.world import reserved_names
from echoes.world.model import World
from echoes.world.parts import Part, decoded, put_together, taken_apart
from echoes.world.populations import Populations
from echoes.world.returns import intervals

log = structlog.get_logger()
FILES, PUSH, BACK = "files", "push", "back"
TRIES = 3
NAMESAKES_LOGGED = 20


class Active(Struct, frozen=True):
    """The content in force. `number` grows with every activation, also when an older version returns. 0: there is none yet."""

    number: int
    version: str


class InUse(EchoesError):  # noqa: N818 - a state of the world, said plainly
    """Content that would be removed is in use. `reasons` lists every use."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = tuple(reasons)


class Asked(Struct, frozen=True):
    """How an operator asks for other content: the entry for the audit log, and the number of the content in force that the operator saw.

    `source`: `push`, which refuses content that is older than the one in force, or `back`.
    """

    act: Act
    seen: int
    source: str = PUSH


class _Undone(Exception):  # noqa: N818 - how a dry run ends
    """Rolls back everything of a dry run."""


async def active(database: Database) -> Active:
    """Return the content in force."""
    row = await database.row("content.active", "select content_number, content from world")
    assert row is not None  # noqa: S101 - the first migration made the row
    return Active(row["content_number"], row["content"])


async def bodies(database: Database, version: str) -> dict[Part, bytes]:
    """Return every part of a version as JSON."""
    rows = await database.rows("content.load", "select kind, id, body from content_entries where version = $1", version)
    return {Part(row["kind"], row["id"]): row["body"].encode() for row in rows}


async def body(database: Database, version: str, part: Part, purpose: str) -> bytes | None:
    """Return one part as JSON."""
    row = await database.row(
        purpose, "select body from content_entries where version = $1 and kind = $2 and id = $3", version, part.kind, part.id
    )
    return None if row is None else row["body"].encode()


async def world_of(database: Database, version: str) -> World | None:
    """Return a whole version. None when the database does not have it."""
    return put_together(decoded((await bodies(database, version)).items()))


async def settle(database: Database, world: World) -> tuple[Active, list[Rescued]]:
    """Bring the content of a starting server's files into force if this database has never had it.

    If it has, the content in force stays. So pushed content survives restarts, a new release's files take effect, and the workers of a
    rolling restart converge. Locations that are removed are emptied. Returns the characters that were brought to the start.
    """
    for _ in range(TRIES):  # it closes locations before it locks the characters in them, so a command there may be in its way
        with suppress(*TRY_AGAIN):
            return await _settle(database, world)
    return await _settle(database, world)


async def _settle(database: Database, world: World) -> tuple[Active, list[Rescued]]:
    async with database.transaction("content.settle") as connection:
        now = await _locked(connection)
        if await connection.fetchval("select true from content where version = $1", world.version):
            return now, []
        found, added = await _activate(connection, world, FILES)
        await content_history.note(connection, found.number, FILES, "", "")
        rescued = await storage_world.rescue(connection, world)
        alike = await _namesakes(connection, world)
    _log(found, FILES, added, alike)
    return found, rescued


async def push(database: Database, world: World, *, dry_run: bool = False, asked: Asked | None = None) -> Active:
    """Bring other content into force, all of it or none. Raises `InUse` when a part that would be removed is in use.

    Returns the content in force now. After a dry run that is the content in force before. `asked`: an operator asks over the API; refuses
    as `content_history.refuse_unless` says. Without it the command line asks, which may bring any content back.
    """
    source, operator = (asked.source, asked.act.operator) if asked else (PUSH, audit.operator())
    before = await active(database)
    try:
        async with database.transaction("content.push") as connection:
            before = await _locked(connection)
            if asked is not None:
                now = await content_history.in_force(connection, before.number, before.version)
                await content_history.refuse_unless(connection, now, world.version, seen=asked.seen, older=source == BACK)
            found, added = await _activate(connection, world, PUSH)  # this closes the removed locations: no character can enter them
            await _refuse_if_in_use(connection, before, world)
            if dry_run:
                await _undo()
            await content_history.note(connection, found.number, source, operator, asked.act.reason if asked else "")
            details = {"version": found.version, "number": found.number, "before": before.version}
            if asked is None:
                await audit.record(connection, "gamedata.push", **details)
            else:
                await audit.enter(connection, asked.act, **details)
            alike = await _namesakes(connection, world)
    except _Undone:
        return before
    _log(found, source, added, alike)
    return found


async def namesakes(database: Database, world: World) -> list[tuple[str, str]]:
    """Return the names of characters that look like the name of an NPC of this content, each with the NPC's name."""
    async with database.transaction("content.namesakes") as connection:
        return await _namesakes(connection, world)


async def _namesakes(connection: Connection, world: World) -> list[tuple[str, str]]:
    people = reserved_names.skeletons_of(npc.name for npc in world.npcs.values())
    rows = await connection.fetch("select name, skeleton from characters where skeleton = any($1) order by name", list(people))
    return [(row["name"], people[row["skeleton"]]) for row in rows]


async def _undo() -> None:
    raise _Undone


async def _locked(connection: Connection) -> Active:
    row = await connection.fetchrow("select content_number, content from world for update")
    assert row is not None  # noqa: S101 - the first migration made the row
    return Active(row["content_number"], row["content"])


async def _activate(connection: Connection, world: World, source: str) -> tuple[Active, int]:
    made = await connection.fetchval(
        "insert into content (version, source) values ($1, $2) on conflict do nothing returning true", world.version, source
    )
    if made:
        await connection.copy_records_to_table(
            "content_entries",
            records=[(world.version, *part, msgspec.json.encode(thing).decode()) for part, thing in taken_apart(world).items()],
            columns=["version", "kind", "id", "body"],
        )
    added = await storage_world.lay_out(connection, world)
    await connection.execute(timers.FILL, list(Populations(world).by_id), True)
    returns = intervals(world)
    await connection.execute(timers.LAY_OUT, list(returns), list(returns.values()))
    number: int = await connection.fetchval(
        "update world set content = $1, content_number = content_number + 1 returning content_number", world.version
    )
    return Active(number, world.version), added


def _log(active: Active, source: str, added: int, alike: list[tuple[str, str]]) -> None:
    log.info("content.activated", version=active.version, number=active.number, source=source)
    if added:
        log.info("world.made", locations=added)
    for character, npc in alike[:NAMESAKES_LOGGED]:
        log.warning("content.namesake", character=character, npc=npc)


async def _refuse_if_in_use(connection: Connection, now: Active, after: World) -> None:
    rows = await connection.fetch("select kind, id, body from content_entries where version = $1", now.version)
    before = put_together(decoded((Part(row["kind"], row["id"]), row["body"].encode()) for row in rows))
    if before is not None and (reasons := await _in_use(connection, before, after)):
        raise InUse(reasons)


async def _in_use(connection: Connection, before: World, after: World) -> list[str]:
    """List why the content cannot change: everything that would be removed and is in use, each with the number of uses."""
    places = sorted(before.locations.keys() - after.locations.keys())
    people = await _counted(
        connection, "select location_id as id, count(*) as n from characters where location_id = any($1) group by 1", places
    )
    things = await _counted(
        connection, "select substr(owner, 10) as id, count(*) as n from items where owner = any($1) group by 1",
        [f"location:{place}" for place in places],
    )  # fmt: skip
    templates = sorted(before.items.keys() - after.items.keys())
    instances = await _counted(connection, "select template as id, count(*) as n from items where template = any($1) group by 1", templates)
    effects = await _counted(
        connection,
        "select e ->> 'id' as id, count(*) as n from characters c, jsonb_array_elements(c.effects) e"
        " where c.effects <> '[]' and e ->> 'id' = any($1)"
        " and coalesce((e ->> 'until')::double precision > extract(epoch from clock_timestamp()), true) group by 1",
        sorted(before.effects.keys() - after.effects.keys()),
    )
    reasons = [f"location {place}: it is where a life begins" for place in places if place == before.start.location]
    reasons += [f"location {place}: characters that are there: {people[place]}" for place in places if place in people]
    reasons += [f"location {place}: things that lie there: {things[place]}" for place in places if place in things]
    reasons += [f"item {template}: things of this kind: {instances[template]}" for template in templates if template in instances]
    quests = sorted(before.quests.keys() - after.quests.keys())
    doing = await _counted(
        connection,
        "select q as id, count(*) as n from characters, jsonb_object_keys(quests) q where quests <> '{}' and q = any($1) group by 1", quests,
    )  # fmt: skip
    reasons += [f"quest {quest}: characters that are on it: {doing[quest]}" for quest in quests if quest in doing]
    reasons += [f"effect {effect}: characters that have it: {number}" for effect, number in sorted(effects.items())]
    for npc in sorted(before.npcs.keys() - after.npcs.keys()):
        where = [place for place, location in before.locations.items() if npc in location.npcs and place in after.locations]
        if where:
            reasons.append(f"npc {npc}: it stands in {', '.join(where)}; push first that it does not")
    fighting = await _counted(
        connection, "select template as id, count(*) as n from npcs where template = any($1) and state ? 'fight' group by 1",
        sorted(before.npcs.keys() - after.npcs.keys()),
    )  # fmt: skip
    return reasons + [f"npc {npc}: in a fight: {n}" for npc, n in sorted(fighting.items())]


async def _counted(connection: Connection, sql: str, ids: Sequence[str]) -> Mapping[str, int]:
    return {row["id"]: row["n"] for row in await connection.fetch(sql, ids)} if ids else {}


def is_missing(error: BaseException) -> bool:
    """Whether an error means that the database has no tables for content: it was never migrated."""
    return isinstance(error, asyncpg.UndefinedTableError | asyncpg.UndefinedColumnError)
