"""Reports of players about others, in PostgreSQL. Operators read them with `echoes reports`."""

from msgspec import Struct

from echoes.storage.database import Database

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


class ReportEntry(Struct, frozen=True):
    """One report."""

    at: str
    """UTC."""
    reporter: str
    reported: str
    location_id: str
    """Where the reporter was."""
    reason: str


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
