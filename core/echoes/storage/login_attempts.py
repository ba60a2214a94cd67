"""Attempts to sign in and to register, counted in PostgreSQL for all workers. One query both decides and counts.

There are two counts. The first is for one address with one account. After some wrong passwords the pair waits, each time twice as long, so
guesses from other addresses do not lock an owner out. The second is a token bucket for one address in all. It is generous, since a
household, a school or a provider may share an address. An attempt that the first count refuses does not count in the second.
"""

from msgspec import Struct

from echoes.storage.database import Database

FORGOTTEN = 3600.0
"""Seconds after which wrong passwords no longer count."""


class Limits(Struct, frozen=True):
    """Limits of attempts.

    `tries` are free; the wait after them doubles from two seconds to `longest`. An address has `burst` attempts, and `per_second` more.
    """

    tries: int
    longest: float
    burst: int
    per_second: float


class Verdict(Struct, frozen=True):
    """The decision on an attempt: `seconds` until the next one is allowed, 0 when this one is; `key` is the key that waits."""

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
"""A refusal that `waits` already sees writes nothing; the updates decide on attempts that come at the same moment.

A statement may read a row written by a statement that began later: no time is compared where no wait applies.
"""
SUCCESS = """
with pair as (delete from attempts where key = $1 returning 1)
update attempts set level = greatest(level - 1, 0) where key = $2 and (select count(*) from pair) >= 0
"""
"""The pair's row is locked before the address's, as above: else two sign-ins at once could deadlock."""


async def attempt(database: Database, pair: str, address: str, limits: Limits) -> Verdict:
    """Count one attempt; either key may be empty. A refused attempt is not counted and writes no row."""
    row = await database.row(
        "attempt.count", ATTEMPT, pair, address, float(limits.tries), limits.longest, float(limits.burst), limits.per_second, FORGOTTEN
    )
    assert row is not None  # noqa: S101 - an aggregate has one row
    if row["may_pair"] and row["may_address"]:
        return Verdict(0.0, "")
    by_pair = row["pair"] > 0 or (row["address"] <= 0 and not row["may_pair"])
    return Verdict(max(1.0, row["pair"] if by_pair else row["address"]), pair if by_pair else address)


async def succeeded(database: Database, pair: str, address: str) -> None:
    """Forget the pair's wrong passwords after the right one, and return the attempt to the address."""
    await database.rows("attempt.succeeded", SUCCESS, pair, address)
