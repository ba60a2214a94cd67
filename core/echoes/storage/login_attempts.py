"""Attempts to sign in and to register, counted in PostgreSQL: they hold for all workers, and one query both decides and counts.

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


class Verdict(Struct, frozen=True):
    """Whether an attempt may be made: `seconds` is 0, or in how many seconds the next one may; `key` is what waits."""

    seconds: float
    key: str


ATTEMPT = """
with clock as (select extract(epoch from clock_timestamp())::double precision as t),
waits as (
  select coalesce(max(a.until - t) filter (where a.key = $1), 0) as pair,
         coalesce(max((greatest(0, a.level - greatest(0, t - a.at) * $6) + 1 - $5) / $6) filter (where a.key = $2), 0) as address
    from clock left join attempts a on a.key <> '' and a.key in ($1, $2)),
pair as (
  insert into attempts as a select $1::text, 1, t, 0 from clock, waits where $1 <> '' and waits.pair <= 0 and waits.address <= 0
  on conflict (key) do update set (level, at, until) = (
    select n, t, case when n < $3 then 0 else t + least($4, power(2.0, least(n - $3 + 1, 40))) end
      from clock, lateral (select case when a.at < t - $7 then 1 else a.level + 1 end as n) s)
  where a.until <= (select t from clock)
  returning 1),
address as (
  insert into attempts as a select $2::text, 1, t, 0 from clock, waits
    where $2 <> '' and waits.address <= 0 and ($1 = '' or exists (select from pair))
  on conflict (key) do update set (level, at) = (select greatest(0, a.level - greatest(0, t - a.at) * $6) + 1, greatest(t, a.at) from clock)
  where greatest(0, a.level - greatest(0, (select t from clock) - a.at) * $6) + 1 <= $5
  returning 1)
select $1 = '' or exists (select from pair) as may_pair, $2 = '' or exists (select from address) as may_address, pair, address from waits
"""
"""What must wait already, as `waits` sees it, writes nothing; the updates have the last word on those that come at the same moment.
A statement may meet what was written by one that began later: no time is compared where nobody has to wait."""
SUCCESS = """
with pair as (delete from attempts where key = $1 returning 1)
update attempts set level = greatest(level - 1, 0) where key = $2 and (select count(*) from pair) >= 0
"""
"""The pair's row is taken before the address's, here as above: else two sign-ins at once could wait for each other."""


async def attempt(database: Database, pair: str, address: str, limits: Limits) -> Verdict:
    """Count one; either key may be empty. What is refused is not counted and writes no row."""
    row = await database.row(
        "attempt.count", ATTEMPT, pair, address, float(limits.tries), limits.longest, float(limits.burst), limits.per_second, FORGOTTEN
    )
    assert row is not None  # noqa: S101 - an aggregate has one row
    if row["may_pair"] and row["may_address"]:
        return Verdict(0.0, "")
    by_pair = row["pair"] > 0 or (row["address"] <= 0 and not row["may_pair"])
    return Verdict(max(1.0, row["pair"] if by_pair else row["address"]), pair if by_pair else address)


async def succeeded(database: Database, pair: str, address: str) -> None:
    """It was the right password: what went before is forgotten, and the address has not used an attempt."""
    await database.rows("attempt.succeeded", SUCCESS, pair, address)
