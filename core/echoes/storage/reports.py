"""Reports of players about others, in PostgreSQL. Operators read and decide them with `echoes ops reports`."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from echoes.errors import Refused
from echoes.storage import audit
from echoes.storage.audit import Act
from echoes.storage.database import Database
from echoes.storage.moderation import DoneAlready

PER_DAY = 10
"""Reports of one account in 24 hours."""
RECENT = """
select (select count(*) from reports r where r.account_id = c.account_id and r.at > now() - interval '1 day')::int as number
  from characters c where c.id = $1
"""


class Known(Struct, frozen=True):
    """A character that can be reported."""

    id: int
    name: str


class HeardLine(Struct, frozen=True):
    """A line of speech that the reporter had got."""

    at: str
    """ISO 8601."""
    kind: str
    """`say`, `emote`, `whisper` or `shout`."""
    sender_id: int
    sender: str
    message: str
    """As the player read it."""


class NoReport(Refused):
    """There is no such report."""

    def __init__(self) -> None:
        super().__init__("no_report", "There is no such report.", "It may have been removed; `echoes ops reports` lists open ones.")


class ReportLine(Struct, frozen=True):
    """A report in a list."""

    id: int
    at: str
    """UTC."""
    reported_id: int
    """The reported character, which may be gone by now."""
    reported: str
    location_id: str
    """Where the reporter was."""
    decided: bool


class Report(Struct, frozen=True):
    """One report, whole. `decision` is empty while it is open."""

    id: int
    at: str
    """UTC."""
    account_id: int
    """Of the reporter."""
    reporter: str
    reported_id: int
    reported: str
    reported_account: int
    """0: the reported character is gone."""
    location_id: str
    reason: str
    decided_at: str
    decided_by: str
    decision: str
    heard: list[HeardLine] = []
    """The last lines that the reporter had got, the oldest first; for 30 days."""


class ReportEntry(Struct, frozen=True):
    """One report."""

    at: str
    """UTC."""
    reporter: str
    reported: str
    location_id: str
    """Where the reporter was."""
    reason: str


_decode_heard = msgspec.json.Decoder(list[HeardLine]).decode


async def find(database: Database, skeleton: str) -> Known | None:
    """Return the character whose name looks like this, awake or not."""
    row = await database.row("reports.find", "select id, name from characters where skeleton = $1", skeleton)
    return None if row is None else Known(row["id"], row["name"])


async def recent(database: Database, character_id: int) -> int:
    """Count the reports of the last 24 hours by the account of a character."""
    row = await database.row("reports.recent", RECENT, character_id)
    return 0 if row is None else int(row["number"])


async def newest(database: Database, count: int) -> list[ReportEntry]:
    """Return the newest reports, newest first."""
    rows = await database.rows(
        "reports.read",
        "select to_char(at at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS') as at, reporter, reported, location_id, reason from reports"
        " order by id desc limit $1",
        count,
    )
    return [ReportEntry(row["at"], row["reporter"], row["reported"], row["location_id"], row["reason"]) for row in rows]


LINES = """
select id, to_char(at at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS') as at, reported_id, reported, location_id, decided is not null as decided
  from reports where decided is null or $1 order by id desc limit $2
"""
WHOLE = """
select r.id, to_char(r.at at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS') as at, r.account_id, r.reporter, r.reported_id, r.reported,
    coalesce(c.account_id, 0) as reported_account, r.location_id, r.reason,
    coalesce(to_char(r.decided at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS'), '') as decided_at, r.decided_by, r.decision, r.heard
  from reports r left join characters c on c.id = r.reported_id where r.id = $1
"""


async def lines(database: Database, count: int, *, decided: bool) -> Sequence[ReportLine]:
    """Return the newest open reports, or (`decided`) all, newest first."""
    return [ReportLine(**dict(row)) for row in await database.rows("reports.lines", LINES, decided, count)]


async def whole(database: Database, report_id: int) -> Report:
    """Return one report. Raises `NoReport`."""
    row = await database.row("reports.whole", WHOLE, report_id)
    if row is None:
        raise NoReport
    return Report(**{**dict(row), "heard": _decode_heard(row["heard"])})


async def decide(database: Database, report_id: int, decision: str, act: Act) -> None:
    """Decide an open report. Refuses one that was decided already."""
    async with database.transaction("reports.decide") as connection:
        row = await connection.fetchrow(
            "select reported_id, decided, decided_by, decision from reports where id = $1 for update", report_id
        )
        if row is None:
            raise NoReport
        if row["decided"] is not None:
            raise DoneAlready(
                f"Report {report_id} was decided by {row['decided_by']}: {row['decision']}", "A decision stays; note what is to be added."
            )
        await connection.execute(
            "update reports set decided = now(), decided_by = $2, decision = $3 where id = $1", report_id, act.operator, decision
        )
        concerned = Act(act.operator, act.action, act.reason, 0, row["reported_id"])
        await audit.enter(connection, concerned, report=report_id, decision=decision)
