"""How late are timers when many are due, and what does a world without players cost?

    python bench/timers.py [--armed 10000] [--rate 200] [--seconds 30] [--settles 10] [--workers 2]

Starts a PostgreSQL, a Redis and a server over both, with the shipped content, and plays nothing. Three parts are measured one after another: the
world with its NPCs alone; with armed timers besides, `rate` of them due a second; and with the same timers when each publishes an event.

Lateness is from when a timer was due until its transaction, by PostgreSQL's clock. Queries are those of the server's own metric; transactions are
PostgreSQL's own count. CPU is in percent of one core. It exits with 1 when a target is missed.
"""

import argparse
import asyncio
import statistics
import time
from collections import Counter
from typing import NamedTuple

import asyncpg
from clock_plugin import KIND, PERIOD
from whole import Parts, empty_folder, offered, samples, used, whole

LATENESS, CORE, QUERIES = 1.0, 2.0, 5.0
"""Targets: seconds at the 95th percentile; and of the idle world percent of a core, and queries a second."""
MOST = 8
"""Purposes of queries that are printed."""
TICKS = """
create unlogged table bench_ticks (late double precision);
create function bench_tick() returns trigger language plpgsql as
  'begin insert into bench_ticks values (extract(epoch from clock_timestamp()) - old.due_at); return null; end';
create trigger bench_tick after update on timers for each row when (old.kind = 'bench.tick' and old.version <> new.version)
  execute function bench_tick();
"""
TRANSACTIONS = "select xact_commit + xact_rollback from pg_stat_database where datname = current_database()"
ARM = """
insert into timers (kind, subject, due_at, payload)
  select $1, 'bench:' || n, extract(epoch from clock_timestamp()) + 1 + n * $2::float8 / $3, $4::jsonb from generate_series(1, $3) n
  on conflict (kind, subject) do update set due_at = excluded.due_at, payload = excluded.payload, version = nextval('timer_versions')
"""


class Cost(NamedTuple):
    """One part of the benchmark, a second."""

    cpu: dict[str, float]
    queries: float
    transactions: float
    purposes: dict[str, float]
    """Queries a second by their purpose, the most frequent first."""


# ── what is measured ─────────────────────────────────────────────────────────────────────────────────────────────────


def queries_of(url: str) -> Counter[str]:
    """Queries of all workers so far, by purpose, from the server's own metric."""
    found: Counter[str] = Counter()
    for one in samples(url):
        if one.name == "echoes_query_seconds_count":
            found[one.labels["purpose"]] += round(one.value)
    return found


async def cost(parts: Parts, connection: asyncpg.Connection, seconds: float) -> Cost:
    """Measure for this number of seconds. The CPU of reading the other counters is not measured."""
    queries, transactions = await asyncio.to_thread(queries_of, parts.url), await connection.fetchval(TRANSACTIONS)
    began, before = time.monotonic(), used(parts)
    await asyncio.sleep(seconds)
    took, after = time.monotonic() - began, used(parts)
    transactions = await connection.fetchval(TRANSACTIONS) - transactions
    asked = await asyncio.to_thread(queries_of, parts.url) - queries
    cpu = {name: 100 * (after[name] - before[name]) / took for name in after}
    return Cost(cpu, asked.total() / took, transactions / took, {name: number / took for name, number in asked.most_common()})


async def measure(parts: Parts, options: argparse.Namespace) -> bool:
    """Measure all parts and print them; whether every target is met."""
    connection = await asyncpg.connect(parts.database)
    await asyncio.sleep(options.settles)
    npcs = await connection.fetchval("select count(*) from npcs")
    armed = await connection.fetchval("select count(*) from timers")
    idle = await cost(parts, connection, options.seconds)
    _print(f"an idle world of {npcs} NPCs with {armed} armed timers", idle)
    good = sum(idle.cpu.values()) < CORE and idle.queries < QUERIES
    print(f"  target: under {CORE:g} % of a core, under {QUERIES:g} queries a second: {'met' if good else 'MISSED'}")
    await connection.execute(TICKS)
    for name, payload in (("", "{}"), (", each with an event", '{"event": true}')):
        await connection.execute(ARM, KIND, options.armed / options.rate, options.armed, payload)
        await asyncio.sleep(options.settles)
        await connection.execute("truncate bench_ticks")
        found = await cost(parts, connection, options.seconds)
        late = sorted(row["late"] for row in await connection.fetch("select late from bench_ticks"))
        _print(f"{options.armed:,} armed timers, {len(late) / options.seconds:.0f} a second{name}", found)
        p95 = statistics.quantiles(late, n=20)[-1]
        met = p95 < LATENESS and len(late) >= 0.95 * options.rate * options.seconds
        print(f"  lateness: p50 {statistics.median(late):.3f} s, p95 {p95:.3f} s, at most {late[-1]:.3f} s")
        print(f"  target: p95 under {LATENESS:g} s, {options.rate} a second: {'met' if met else 'MISSED'}")
        good = good and met
    await connection.close()
    return good


def _print(title: str, found: Cost) -> None:
    print(f"\n{title}")
    each = ", ".join(f"{name} {share:.1f}" for name, share in found.cpu.items())
    print(f"  CPU: {sum(found.cpu.values()):.1f} % of a core ({each})")
    print(f"  {found.queries:.1f} queries a second, {found.transactions:.1f} transactions a second")
    print("  " + ", ".join(f"{name} {number:.2f}" for name, number in list(found.purposes.items())[:MOST]))


def main() -> int:
    """Exit code 0 when every target is met."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--armed", type=int, default=10_000)
    parser.add_argument("--rate", type=int, default=200, help="how many of them are due a second")
    parser.add_argument("--seconds", type=float, default=30.0, help="of each part")
    parser.add_argument("--settles", type=float, default=10.0, help="seconds before each part: a new world is filled, and leases are taken")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    if options.armed / options.rate != PERIOD:
        parser.error(f"a timer is due every {PERIOD:g} seconds, so --armed is {PERIOD:g} times --rate")
    with empty_folder() as folder, whole(options.workers, folder, PYTHONPATH=offered(folder, "clock_plugin")) as parts:
        good = asyncio.run(measure(parts, options))
    print("\nevery target is met" if good else "\nA TARGET IS MISSED")
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
