"""How long rows are kept: one rule per table. Short statements work a backlog of any size off, some per turn.

Age bounds what is kept, with two exceptions. In `commands` the newest commands of a client stay while the client comes back. In `content`
the content in force stays.
"""

from collections.abc import Sequence
from typing import Any

import structlog
from msgspec import Struct

from echoes import metrics
from echoes.errors import Unavailable
from echoes.storage.database import Database
from echoes.storage.unknown_words import DAYS

log = structlog.get_logger()
BATCHES = 50
"""Statements of one rule in one turn."""
DAY = 86_400.0


class Rule(Struct, frozen=True):
    """Delete rows of `table` that are older than `seconds` (0: all are kept), at most `batch` in a statement.

    `sql` takes seconds and batch, and returns `gone`, the number of deleted rows.
    """

    name: str
    table: str
    seconds: float
    sql: str
    batch: int = 2000


def _old(table: str, overdue: str, order: str) -> str:
    return (
        f"with gone as (delete from {table} where ctid = any(array(select ctid from {table} where {overdue} order by {order} limit $2)) returning 1)"  # noqa: S608 - constants
        " select count(*) as gone from gone"
    )


OLD = "at < now() - $1 * interval '1 second'"
DATED = "day < ((now() - $1 * interval '1 second') at time zone 'utc')::date"
COMMANDS = """
with gone as (delete from commands where ctid = any(array(
  select k.ctid from commands k where k.published and k.created < now() - $1 * interval '1 second'
    and not exists (select from commands n where n.character_id = k.character_id and n.client = k.client
      and n.created >= now() - $1 * interval '1 second' offset 0)
  order by k.created limit $2)) returning 1)
select count(*) as gone from gone
"""
"""Commands of clients that have sent nothing for this time, which is longer than any token is valid."""
LEDGER = """
with first as materialized (select id, at from ledger where id > 0 order by id limit $2),
  gone as (delete from ledger l using first f where l.id = f.id and f.at < now() - $1 * interval '1 second' returning l.*),
  days as (insert into ledger (id, at, template, quantity, reason) overriding system value
    select -nextval(pg_get_serial_sequence('ledger', 'id')), date_trunc('day', at), template, sum(quantity), reason
      from gone group by 2, 3, 5 having sum(quantity) <> 0)
select count(*) as gone from gone
"""
"""Ledger rows are summed by day, thing and reason, so that the sums stay.

A sum's row has a negative id. A statement reads only rows that are not yet a sum, oldest first.
"""
FACTS = """
with read as materialized (select min(low) as low from observers),
  gone as (delete from facts where ctid = any(array(select f.ctid from facts f, read r
    where f.at < now() - $1 * interval '1 second' and (r.low is null or f.xid < r.low or f.at < now() - 4 * $1 * interval '1 second')
    order by f.at limit $2)) returning 1)
select count(*) as gone from gone
"""
"""Facts that every observer has read. Facts of four times this age are deleted in any case."""
REPORT_LINES = """
with gone as (update reports set heard = '[]' where ctid = any(array(select ctid from reports
    where heard <> '[]' and at < now() - $1 * interval '1 second' order by at limit $2)) returning 1)
select count(*) as gone from gone
"""
"""The lines that reporters had got; the reports stay."""
CONTENT = """
with old as materialized (select c.version from content c
    where c.seen < now() - $1 * interval '1 second' and c.version <> (select content from world) order by c.seen limit 1),
  parts as (delete from content_entries where ctid = any(array(select e.ctid from content_entries e join old using (version) limit $2)) returning 1)
select count(*) as gone from parts
"""
CONTENT_EMPTY = """
with gone as (delete from content c where c.seen < now() - $1 * interval '1 second' and c.version <> (select content from world)
    and not exists (select from content_entries e where e.version = c.version)
    and c.version = any(array(select version from content order by seen limit $2)) returning 1)
select count(*) as gone from gone
"""


ACTIVATIONS = """
with gone as (delete from content_activations where ctid = any(array(select a.ctid from content_activations a
    where a.at < now() - $1 * interval '1 second' and a.number <> (select content_number from world) order by a.number limit $2)) returning 1)
select count(*) as gone from gone
"""


def rules(*, silent: float, ledger_days: float, audit_days: float, facts_days: float = 7.0) -> Sequence[Rule]:
    """Return all rules. `silent`: seconds without a command after which a client's commands are deleted."""
    return (
        Rule("commands", "commands", silent, COMMANDS),
        Rule("ledger", "ledger", ledger_days * DAY, LEDGER, 5000),
        Rule("transfers", "transfers", ledger_days * DAY, _old("transfers", OLD, "id"), 5000),
        Rule("occurrences", "occurrences", DAY, _old("occurrences", "published and created < now() - $1 * interval '1 second'", "created")),
        Rule("fights", "combats", DAY, _old("combats", "over and changed < now() - $1 * interval '1 second'", "changed")),
        Rule("facts", "facts", facts_days * DAY, FACTS),
        Rule("audit", "audit", audit_days * DAY, _old("audit", OLD, "id")),
        Rule("reports", "reports", 400 * DAY, _old("reports", OLD, "id")),
        Rule("report_lines", "reports", 30 * DAY, REPORT_LINES),
        Rule("samples", "samples", 7 * DAY, _old("samples", OLD, "id")),
        Rule("unknown_words", "unknown_words", DAYS * DAY, _old("unknown_words", DATED, "day")),
        Rule("worker_orders", "worker_orders", 7 * DAY, _old("worker_orders", OLD, "number")),
        Rule("visits", "visits", 90 * DAY, _old("visits", "hour < now() - $1 * interval '1 second'", "hour")),
        Rule("attempts", "attempts", DAY, _old("attempts", "at < extract(epoch from now()) - $1", "at")),
        Rule("revocations", "revocations", 31 * DAY, _old("revocations", OLD, "number")),
        Rule("cache_drops", "cache_drops", DAY, _old("cache_drops", OLD, "number")),
        Rule("stocks", "stocks", 31 * DAY, _old("stocks", "at < extract(epoch from now()) - $1", "at")),
        Rule("content", "content_entries", 400 * DAY, CONTENT),
        Rule("content_activations", "content_activations", 400 * DAY, ACTIVATIONS),
        Rule("content_versions", "content", 400 * DAY, CONTENT_EMPTY),
    )  # fmt: skip


TABLES = """
select c.relname as name, greatest(c.reltuples, 0)::float8 as rows, pg_total_relation_size(c.oid)::float8 as bytes
  from pg_class c where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
"""
OLDEST = """
select extract(epoch from now() - (select min(created) from commands))::float8 as commands,
       extract(epoch from now() - (select at from ledger where id > 0 order by id limit 1))::float8 as ledger,
       extract(epoch from now() - (select at from audit order by id limit 1))::float8 as audit,
       extract(epoch from now()) - (select min(at) from attempts) as attempts,
       extract(epoch from now() - (select at from revocations order by number limit 1))::float8 as revocations,
       extract(epoch from now() - (select at from cache_drops order by number limit 1))::float8 as cache_drops
"""
AGE_ALONE = ("ledger", "audit", "attempts", "revocations", "cache_drops")
"""Tables in which no row may be older than its rule says. `commands` keeps those of a client that comes back, `content` those in force."""


class Retention:
    """Runs each rule on its own: an error in one stops no other."""

    def __init__(self, database: Database, rules: Sequence[Rule]) -> None:
        self._database = database
        self._rules = rules

    async def turn(self) -> None:
        """Run some batches of each rule, then measure all tables. The next turn takes the rest."""
        failed: Unavailable | None = None
        for rule in self._rules:
            try:
                await self._apply(rule)
            except Unavailable as error:
                failed = error
                log.warning("retention.failed", rule=rule.name, table=rule.table, hint="the next run tries again")
        await self.measure()
        if failed is not None:
            raise failed

    async def _apply(self, rule: Rule) -> None:
        if not rule.seconds:
            return
        total = 0
        for _ in range(BATCHES):
            gone = await self._one("retention." + rule.name, rule.sql, rule.seconds, rule.batch)
            total += gone["gone"]
            if gone["gone"] < rule.batch:
                break
        if total:
            metrics.RETENTION_ROWS.labels(rule.name).inc(total)
            log.info("retention.removed", rule=rule.name, table=rule.table, rows=total)

    async def measure(self) -> None:
        """Set the metrics of sizes and ages. Rows are PostgreSQL's estimates."""
        for row in await self._database.rows("retention.sizes", TABLES):
            metrics.TABLE_ROWS.labels(row["name"]).set(row["rows"])
            metrics.TABLE_BYTES.labels(row["name"]).set(row["bytes"])
        for table, seconds in (await self._one("retention.ages", OLDEST)).items():
            metrics.TABLE_AGE_SECONDS.labels(table).set(seconds or 0.0)
        for rule in self._rules:
            if rule.table in AGE_ALONE:
                metrics.TABLE_KEPT_SECONDS.labels(rule.table).set(rule.seconds)

    async def _one(self, purpose: str, sql: str, *arguments: Any) -> dict[str, Any]:
        row = await self._database.row(purpose, sql, *arguments)
        assert row is not None  # noqa: S101 - an aggregate has one row
        return dict(row)
