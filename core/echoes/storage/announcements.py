"""Announcements as rows: one for now is kept until it is published, one for a time is a timer (`echoes.game.countdowns`)."""

from collections.abc import Callable, Sequence

import msgspec
from msgspec import Struct

from echoes.errors import Refused
from echoes.storage import audit
from echoes.storage.audit import Act
from echoes.storage.database import Connection, Database

ANNOUNCEMENT = "announcement"
"""The kind of the occurrences that keep announcements until they are published."""
MOST = 20
"""Announcements that are arranged at the same time."""
LONGEST = 30 * 86_400.0
"""Seconds ahead."""


class NoAnnouncement(Refused):
    """There is no such announcement that could be cancelled."""

    def __init__(self) -> None:
        super().__init__(
            "no_announcement",
            "There is no such announcement ahead.",
            "Its time may have come, or another operator was faster: see `echoes ops announcements`.",
        )


class Arranged(Struct, frozen=True):
    """An announcement at a time. `at` is UTC."""

    id: str
    at: str
    text: str


class _Payload(Struct):
    at: float
    text: str


_decode = msgspec.json.Decoder(_Payload).decode
AT = "to_char(to_timestamp($1) at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS')"


async def announce(database: Database, subject: str, events: bytes, text: str, act: Act) -> None:
    """Keep the events of an announcement until they are published, as those of a timer."""
    async with database.transaction("ops.announce") as connection:
        await _keep(connection, subject, events)
        await audit.enter(connection, act, text=text)


async def arrange(database: Database, kind: str, id_: str, text: str, act: Act, *, at: float | None, seconds: float) -> Arranged:
    """Arm the timer of an announcement, due now for its first moment. `at` is Unix seconds; None: `seconds` from now.

    Refuses a time that is past or too far ahead, and one announcement too many.
    """
    async with database.transaction("announcement.arrange") as connection:
        await connection.execute("select from world for no key update")  # counts do not race
        now: float = await connection.fetchval("select extract(epoch from clock_timestamp())::double precision")
        moment = now + seconds if at is None else at
        if not now < moment <= now + LONGEST:
            raise Refused("bad_time", "That time is past, or more than 30 days ahead.", "Name a time in UTC, or minutes from now.")
        if await connection.fetchval("select count(*) from timers where kind = $1", kind) >= MOST:
            raise Refused("too_many", f"{MOST} announcements are arranged already.", "Cancel one, or say it when its time has come.")
        await connection.execute(
            "insert into timers (kind, subject, due_at, payload) values ($1, $2, $3, $4::jsonb)",
            kind, f"{kind}:{id_}", now, msgspec.json.encode({"at": moment, "text": text}).decode(),
        )  # fmt: skip
        shown = await connection.fetchval(f"select {AT}", moment)
        await audit.enter(connection, act, id=id_, at=shown, text=text)
    return Arranged(id_, shown, text)


async def cancel(database: Database, kind: str, id_: str, act: Act, *, subject: str, events: Callable[[str], bytes]) -> bytes:
    """Disarm the timer of an announcement, and keep the events that say so to the players; returns them. Raises `NoAnnouncement`."""
    async with database.transaction("announcement.cancel") as connection:
        payload = await connection.fetchval("delete from timers where kind = $1 and subject = $2 returning payload", kind, f"{kind}:{id_}")
        if payload is None:
            raise NoAnnouncement
        text = _decode(payload).text
        made = events(text)
        await _keep(connection, subject, made)
        await audit.enter(connection, act, id=id_, text=text)
    return made


async def arranged(database: Database, kind: str) -> Sequence[Arranged]:
    """Return the announcements that are ahead, the next one first."""
    rows = await database.rows(
        "announcement.list",
        "select substr(subject, strpos(subject, ':') + 1) as id, payload ->> 'text' as text,"
        " to_char(to_timestamp((payload ->> 'at')::double precision) at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS') as at"
        " from timers where kind = $1 order by (payload ->> 'at')::double precision",
        kind,
    )
    return [Arranged(**dict(row)) for row in rows]


async def _keep(connection: Connection, subject: str, events: bytes) -> None:
    await connection.execute(
        "insert into occurrences (kind, subject, version, events) values ($1, $2, 1, $3)", ANNOUNCEMENT, subject, events.decode()
    )
