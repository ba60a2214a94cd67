"""Pages of facts, in an order in which none appears late: that of their transactions, and within one that of their ids.

A fact with a small id may be committed after one with a greater id. So a page ends before the oldest transaction that is under way
(`pg_snapshot_xmin`): all facts of older transactions are there, and no fact can come before them any more. A transaction without an id, as
`pg_dump` has one, holds nothing up.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from echoes.storage.database import Database

SCANNED = 5000
"""Facts that one page looks at: of these it has those that are asked for."""


class Place(NamedTuple):
    """A place between two facts: after this one."""

    xid: int
    id: int

    @property
    def text(self) -> str:
        """As clients send it back."""
        return f"{self.xid}-{self.id}"


BEGINNING = Place(0, 0)


class FactRow(Struct, frozen=True):
    """A fact; `at` is Unix seconds, `character_id` 0 where no character acted."""

    id: int
    at: float
    type: str
    character_id: int
    body: dict[str, Any]


class FactPage(Struct, frozen=True):
    """Facts in their order, the place behind all that the page has looked at, and whether more facts wait behind it."""

    facts: Sequence[FactRow]
    after: Place
    more: bool


SETTLED = "xid < pg_snapshot_xmin(pg_current_snapshot())"
CHOSEN = "(cardinality($2::text[]) = 0 or type = any($2)) and ($3::bigint = 0 or character_id = $3)"
SHOWN = """
select r.xid::text as reached_xid, r.id as reached_id, r.looked_at, f.xid::text as xid, f.id, f.type, coalesce(f.character_id, 0) as character_id,
    f.body, extract(epoch from f.at)::double precision as at
  from reached r left join found f on true order by f.xid, f.id
"""
NEXT = f"""
with seen as materialized (
  select * from facts where (xid, id) > ($5::text::xid8, $6::bigint) and {SETTLED} order by xid, id limit $1),
found as (select * from seen where {CHOSEN} order by xid, id limit $4),
reached as (select xid, id, (select count(*) from seen) as looked_at from seen order by xid desc, id desc limit 1) {SHOWN}
"""  # noqa: S608 - constants
NEWEST = f"""
with seen as materialized (select * from facts where {SETTLED} order by xid desc, id desc limit $1),
found as (select * from seen where {CHOSEN} order by xid desc, id desc limit $4),
reached as (select xid, id, 0 as looked_at from seen order by xid desc, id desc limit 1) {SHOWN}
"""  # noqa: S608 - constants
"""Both are served by the index `facts_xid`."""


def place_of(text: str) -> Place | None:
    """The place that `Place.text` wrote; None for any other text."""
    xid, _, id_ = text.partition("-")
    if not (xid.isascii() and xid.isdecimal() and id_.isascii() and id_.isdecimal() and len(text) <= 40):
        return None
    place = Place(int(xid), int(id_))
    return place if place.xid < 2**64 and place.id < 2**63 else None


async def following(database: Database, after: Place, kinds: Sequence[str], character_id: int, count: int) -> FactPage:
    """Return the facts behind a place, `count` at most. No kinds and the character 0 mean all. Looks at `SCANNED` facts at most."""
    rows = await database.rows("facts.following", NEXT, SCANNED, list(kinds), character_id, count, str(after.xid), after.id)
    facts = _facts(rows)
    if not rows:
        return FactPage((), after, more=False)
    if len(facts) == count:
        return FactPage(facts, Place(int(rows[-1]["xid"]), rows[-1]["id"]), more=True)
    return FactPage(facts, _reached(rows), more=rows[0]["looked_at"] == SCANNED)


async def newest(database: Database, kinds: Sequence[str], character_id: int, count: int) -> FactPage:
    """Return the newest facts, `count` at most, among the newest `SCANNED`."""
    rows = await database.rows("facts.newest", NEWEST, SCANNED, list(kinds), character_id, count)
    return FactPage(_facts(rows), _reached(rows) if rows else BEGINNING, more=False)


def _reached(rows: Sequence[Any]) -> Place:
    return Place(int(rows[0]["reached_xid"]), rows[0]["reached_id"])


def _facts(rows: Sequence[Any]) -> Sequence[FactRow]:
    return [
        FactRow(row["id"], row["at"], row["type"], row["character_id"], msgspec.json.decode(row["body"]))
        for row in rows
        if row["id"] is not None
    ]
