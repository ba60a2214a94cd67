"""Attempts to sign in and to register, counted in PostgreSQL: they hold for all workers, and one query both counts and decides.

Two things are counted. What one address tries with one account: after some wrong passwords it waits, each time twice as long, so nobody else's
guesses keep an owner out. And what one address tries in all, generously, since a household, a school or a provider may share it: a bucket
that empties with time, and into which nothing goes that was refused for the first reason.
"""

from msgspec import Struct

from echoes.storage.database import Database

FORGOTTEN = 3600.0
"""Seconds after which wrong passwords no longer count."""


class Limits(Struct, frozen=True):
    """`tries` are free; the wait after them doubles from two seconds to `longest`. An address has `burst` attempts, and `per_second` more."""

    tries: int
    longest: float
    burst: int
    per_second: float


ATTEMPT = """
with clock as (select extract(epoch from clock_timestamp())::double precision as t),
pair as (
  insert into attempts as a select $1::text, 1, t, 0 from clock where $1 <> ''
  on conflict (key) do update set (level, at, until) = (
    select n, t, case when n < $3 then 0 else t + least($4, power(2.0, least(n - $3 + 1, 40))) end
      from clock, lateral (select case when a.at < t - $7 then 1 else a.level + 1 end as n) s)
  where a.until <= (select t from clock)
  returning 1),
address as (
  insert into attempts as a select $2::text, 1, t, 0 from clock where $2 <> '' and ($1 = '' or exists (select from pair))
  on conflict (key) do update set (level, at) = (select greatest(0, a.level - greatest(0, t - a.at) * $6) + 1, greatest(t, a.at) from clock)
  where greatest(0, a.level - greatest(0, (select t from clock) - a.at) * $6) + 1 <= $5
  returning 1)
select $1 = '' or exists (select from pair) as pair, $2 = '' or exists (select from address) as address
"""
"""A statement may meet what was written by one that began later: no time is compared where nobody has to wait."""
WAIT = """
select greatest(max(case when key = $1 then until - t else (level - (t - at) * $4 - $3 + 1) / $4 end), 1) as seconds
  from attempts, (select extract(epoch from clock_timestamp())::double precision as t) clock where key = any(array[$1, $2]::text[])
"""
SUCCESS = """
with pair as (delete from attempts where key = $1 returning 1)
update attempts set level = greatest(level - 1, 0) where key = $2 and (select count(*) from pair) >= 0
"""
"""The pair's row is taken before the address's, here as above: else two sign-ins at once could wait for each other."""


async def attempt(database: Database, pair: str, address: str, limits: Limits) -> float:
    """Count one; either key may be empty. Answers 0 when it may be made, else in how many seconds the next one may."""
    row = await database.row(
        "attempt.count", ATTEMPT, pair, address, float(limits.tries), limits.longest, float(limits.burst), limits.per_second, FORGOTTEN
    )
    assert row is not None  # noqa: S101 - a select without from has one row
    if row["pair"] and row["address"]:
        return 0.0
    refused = ("", address) if row["pair"] else (pair, "")
    wait = await database.row("attempt.wait", WAIT, *refused, float(limits.burst), limits.per_second)
    return float(wait["seconds"] or 1.0) if wait is not None else 1.0


async def succeeded(database: Database, pair: str, address: str) -> None:
    """It was the right password: what went before is forgotten, and the address has not used an attempt."""
    await database.rows("attempt.succeeded", SUCCESS, pair, address)


async def forget(database: Database) -> None:
    """Drop what no longer counts."""
    await database.rows("attempt.forget", "delete from attempts where at < extract(epoch from now()) - 86400")
