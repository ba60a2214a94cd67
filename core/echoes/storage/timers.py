"""Timers: rows that are due at a time, and `happen`, the one way in which a due timer changes the game's data."""

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
import msgspec
from msgspec import Struct

from echoes.errors import EchoesError, Unavailable
from echoes.storage.commits import Stale
from echoes.storage.database import TRY_AGAIN, Database
from echoes.storage.functions import named

PARTS = 16
"""Timers are divided by a hash of their subject (the column `timers.part`). One worker at a time works each part."""


class Due(Struct, frozen=True):
    """A timer that is due.

    `due_at` is Unix seconds by PostgreSQL's clock; `late` is seconds since then; `seed` seeds the random numbers of its rule.
    """

    kind: str
    subject: str
    version: int
    due_at: float
    late: float
    seed: int
    failures: int
    payload: dict[str, Any] = {}

    @property
    def id(self) -> str:
        """The part of the subject behind its colon."""
        return self.subject.partition(":")[2]


class PerhapsDoneError(EchoesError):
    """The answer was lost, and the timer's version has changed since: by this very call, or by another worker."""


class Occurred(Struct, frozen=True):
    """The result of `happen`: versions by location and character, and the events to publish when they are more than it was given."""

    places: Mapping[str, int]
    npc_places: Mapping[str, int]
    characters: Mapping[int, int]
    events: bytes | None
    now: float


class Part(Struct, frozen=True):
    """One part of the timers and the worker that took its lease last, with the lease's fencing token; `since` is text in UTC."""

    part: int
    worker: str
    token: int
    since: str


class Kind(Struct, frozen=True):
    """The timers of one kind: how many are armed, due and failed, and how late the latest is, in seconds."""

    kind: str
    armed: int
    due: int
    failing: int
    latest: float


HAPPEN = named("select * from echoes_happen($1, $2, $3, $4, $5, $6::jsonb, $7, $8::jsonb, $9::jsonb, $10::jsonb)")
SOON = """
select kind, subject, version, due_at, seed, failures, payload, extract(epoch from clock_timestamp())::double precision as now
  from timers where part = any($1::smallint[]) and due_at <= extract(epoch from clock_timestamp()) + $2 order by due_at limit $3
"""
POSTPONE = """
update timers set failures = failures + 1, due_at = extract(epoch from clock_timestamp()) + $4
  where kind = $1 and subject = $2 and version = $3
"""
KINDS = """
select kind, count(*)::int as armed, count(*) filter (where late > 0)::int as due, count(*) filter (where failures > 0)::int as failing,
    greatest(max(late), 0)::double precision as latest
  from (select kind, failures, extract(epoch from clock_timestamp()) - due_at as late from timers) t group by kind order by kind
"""


async def soon(database: Database, parts: Sequence[int], ahead: float, limit: int) -> list[Due]:
    """Return timers of these parts that are due within `ahead` seconds, the longest due first. `late` is negative before a timer is due."""
    rows = await database.rows("timers.soon", SOON, list(parts), ahead, limit)
    return [
        Due(
            row["kind"], row["subject"], row["version"], row["due_at"], row["now"] - row["due_at"], row["seed"], row["failures"],
            msgspec.json.decode(row["payload"]),
        )
        for row in rows
    ]  # fmt: skip


async def happen(
    database: Database, timer: Due, *, after: float | None, from_due: bool, payload: Mapping[str, Any] | None,
    events: bytes, changes: Sequence[Mapping[str, Any]], ledger: Sequence[Mapping[str, Any]], facts: bytes,
) -> Occurred | None:  # fmt: skip
    """Apply the effect of a due timer, once (see `echoes_happen` in `functions.sql`). None: it is no longer due under this version.

    It is due again `after` seconds from now (`from_due`: from when it was due), or disarmed (None). Raises `Stale` when a row has changed
    since it was read, and `Unavailable` when PostgreSQL cannot be reached.

    After a lost connection it tries once more. It raises `PerhapsDoneError` when that finds the version changed, by the first try or by
    another worker. The sweep of the outbox then publishes the events.
    """
    arguments = (
        timer.kind, timer.subject, timer.version, after, from_due, None if payload is None else msgspec.json.encode(payload).decode(),
        events.decode(), msgspec.json.encode(changes).decode(), msgspec.json.encode(ledger).decode(), facts.decode(),
    )  # fmt: skip
    again = False
    try:
        try:
            row = await database.row("timers.happen", HAPPEN, *arguments)
        except Unavailable:
            again = True
            row = await database.row("timers.happen_again", HAPPEN, *arguments)
    except TRY_AGAIN as error:
        raise Stale(str(error)) from error
    except asyncpg.PostgresError as error:
        if error.sqlstate == "EC001":
            raise Stale(str(error)) from error
        raise
    assert row is not None  # noqa: S101 - a function with out parameters answers one row
    database.learn_time(row["now"])
    if row["status"] != "done":
        if again:
            raise PerhapsDoneError
        return None
    return Occurred(
        msgspec.json.decode(row["places"]), msgspec.json.decode(row["npc_places"]),
        {int(key): value for key, value in msgspec.json.decode(row["characters"]).items()},
        None if row["events"] is None else row["events"].encode(), row["now"],
    )  # fmt: skip


async def postpone(database: Database, timer: Due, seconds: float) -> None:
    """Postpone a timer whose rule has failed: it is due again in `seconds`, and its failures rise by one."""
    await database.rows("timers.postpone", POSTPONE, timer.kind, timer.subject, timer.version, seconds)


async def arm(database: Database, kind: str, subject: str, seconds: float, payload: Mapping[str, Any] | None = None) -> None:
    """Arm a timer unless it is armed already."""
    await database.rows(
        "timers.arm",
        "insert into timers (kind, subject, due_at, payload) values ($1, $2, extract(epoch from clock_timestamp()) + $3, $4::jsonb)"
        " on conflict (kind, subject) do nothing",
        kind, subject, seconds, msgspec.json.encode(payload or {}).decode(),
    )  # fmt: skip


FILL = """
insert into timers as t (kind, subject, due_at, payload)
  select 'spawn', 'spawn:' || id, extract(epoch from clock_timestamp()), case when $2::boolean then '{"fill": true}'::jsonb else '{}' end
    from (select unnest($1::text[]) union select spawn from npcs) s(id) order by id
  on conflict (kind, subject) do update set due_at = excluded.due_at, payload = excluded.payload, version = nextval('timer_versions'), failures = 0 where $2::boolean
"""
"""Arms the timer of each population, and of each that has NPCs. With `$2` it is due now, and brings all NPCs that are missing."""


LAY_OUT = """
insert into timers (kind, subject, due_at)
  select 'lay_out', 'location:' || id, extract(epoch from clock_timestamp()) + seconds from unnest($1::text[], $2::double precision[]) t(id, seconds) order by id
  on conflict (kind, subject) do nothing
"""
"""Arms the timer of each location where things return."""


async def arm_returns(database: Database, intervals: Mapping[str, float]) -> None:
    """Arm the timer of each location where things return, unless it is armed already. `intervals`: seconds, by location."""
    await database.rows("timers.arm_returns", LAY_OUT, list(intervals), list(intervals.values()))


async def arm_spawns(database: Database, spawns: Sequence[str]) -> None:
    """Arm the timer of each population that has none: an NPC may have been lost without one. In a world without NPCs all of them come."""
    row = await database.row("npcs.any", "select exists(select from npcs) as found")
    await database.rows("timers.arm_spawns", FILL, list(spawns), row is None or not row["found"])


async def kinds(database: Database) -> list[Kind]:
    """Return all timers, by kind."""
    rows = await database.rows("timers.kinds", KINDS)
    return [Kind(**dict(row)) for row in rows]


async def note_parts(database: Database, worker: str, tokens: Mapping[int, int]) -> None:
    """Record that a worker has taken these parts, each under a fencing token. An older token than the recorded one is ignored."""
    await database.rows(
        "timers.note_parts",
        "insert into timer_parts as p (part, worker, token) select part, $1, token from unnest($2::smallint[], $3::bigint[]) t(part, token)"
        " on conflict (part) do update set worker = excluded.worker, token = excluded.token, since = clock_timestamp() where p.token < excluded.token",
        worker, list(tokens), list(tokens.values()),
    )  # fmt: skip


async def parts(database: Database) -> list[Part]:
    """Return the parts that a worker has taken."""
    rows = await database.rows(
        "timers.parts",
        "select part, worker, token, to_char(since at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') as since from timer_parts order by part",
    )
    return [Part(**dict(row)) for row in rows]
