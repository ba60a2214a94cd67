"""How much PostgreSQL and Redis grow: bytes of a row of each table, rows by play and by players, and the growth of a month.

    python bench/growth.py [--bots 300] [--seconds 60] [--pause 2] [--hours 30] [--commands 600] [--players 100,1000,10000]

Starts a PostgreSQL, a Redis and a server with the shipped content. It measures an idle world first, then what new players add, then what the bots of
`echoes bots` add by playing. Tables that only operators and reports fill get rows of a usual length. The growth of a month is for players who play
`hours` a month and give `commands` an hour; it needs nothing of the machine's speed. Prints Markdown.
"""

import argparse
import asyncio
import json
import os
import platform
import time
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import redis.asyncio
import uvloop
from echoes.cli.bots import socket_of
from echoes.settings import Settings
from echoes.storage.retention import DAY, rules
from echoes.testing.bot import Bot
from echoes_redis.inspection import pattern_of
from play import OPEN, SETTLES, tokens_of
from whole import Parts, empty_folder, whole

MONTH = 30.0
"""Days."""
BY_PLAY = ("commands", "facts", "ledger", "occurrences", "transfers", "visits")
"""Tables that get rows by play and lose them by age. What a player has (things, statistics) is bounded by what one can carry."""
FILLED = 3000
"""Rows that each table of `FILL` gets."""
WINDOW = 16
"""Commands of a client that stay (`docs/operations.md`)."""
TEXT = "a text of the length that an operator or a player usually writes"
FILL = {
    "audit": "insert into audit (who, action, reason, account_id, character_id, details)"
    """ select 'mara', 'mute', $2, a.id, a.id, '{"minutes": 30, "notice": "Please mind your words."}'"""
    " from accounts a, generate_series(1, $1) limit $1",
    "notes": "insert into notes (account_id, operator, text) select a.id, 'mara', $2 from accounts a, generate_series(1, $1) limit $1",
    "reports": "insert into reports (account_id, reporter, reported_id, reported, location_id, reason)"
    " select a.id, 'Mara', a.id, 'Tomas', 'market_square', $2 from accounts a, generate_series(1, $1) limit $1",
    "revocations": "insert into revocations (number, account_id, generation, notice)"
    " select n, (select min(id) from accounts), n, $2 from generate_series(1, $1) n",
    "visits": "insert into visits (character_id, address, hour, worker)"
    " select c.id, '198.51.100.' || c.id % 250, date_trunc('hour', now()) - n * interval '1 hour', left('game-host-1-4711-a1b2c3' || $2, 23)"
    " from generate_series(1, $1) n, characters c limit $1",
}
"""Rows of the length that they usually have, for tables that bots do not fill."""
TABLES = "select relname as name from pg_class where relnamespace = current_schema()::regnamespace and relkind = 'r' order by relname"


class Count(NamedTuple):
    """A table at a moment."""

    rows: int
    bytes: int


Counts = dict[str, Count]


class Growth(NamedTuple):
    """Figures of a run. Rows are those that a table gained."""

    bytes_per_row: dict[str, float]
    idle_per_day: dict[str, float]
    per_player: dict[str, float]
    """After play; of the tables of `BY_PLAY` before it."""
    per_1000_commands: dict[str, float]
    commands: int
    keys: dict[str, tuple[int, float, str]]
    """Of each pattern of Redis keys: how many, bytes of one, and their TTL."""
    servers: str
    """Versions of PostgreSQL and Redis."""


async def counts(database: "asyncpg.Connection[Any]") -> Counts:
    """All tables now."""
    found: Counts = {}
    for row in await database.fetch(TABLES):
        name = row["name"]
        found[name] = Count(*await database.fetchrow(f"select count(*), pg_total_relation_size('{name}') from {name}"))  # noqa: S608 - a table of the schema
    return found


async def keys_of(store: "redis.asyncio.Redis", prefix: str = "echoes:") -> dict[str, tuple[int, float, str]]:
    """Every key in Redis, by pattern."""
    found: dict[str, list[tuple[int, int]]] = {}
    async for key in store.scan_iter(count=500):
        size, left = await store.memory_usage(key, samples=0), await store.ttl(key)
        if size is not None:
            found.setdefault(pattern_of(key.decode(), prefix), []).append((size, left))
    return {
        pattern: (len(some), sum(size for size, _ in some) / len(some), ttl_of(max(left for _, left in some)))
        for pattern, some in sorted(found.items())
    }


def ttl_of(seconds: int) -> str:
    """The longest TTL of a pattern, in words."""
    return "none" if seconds < 0 else f"{seconds / 60:,.0f} min" if seconds >= 120 else f"{seconds} s"


def gained(before: Counts, after: Counts) -> dict[str, int]:
    """Rows by table."""
    return {name: count.rows - before[name].rows for name, count in after.items()}


async def measure(parts: Parts, folder: Path, options: argparse.Namespace) -> Growth:
    """Idle world, new players, play, filled tables."""
    database = await asyncpg.connect(parts.database)
    store = redis.asyncio.Redis(unix_socket_path=str(folder / "redis.sock"))
    await asyncio.sleep(options.settles)
    start, began = await counts(database), time.monotonic()
    await asyncio.sleep(options.idle)
    idle = {name: rows * DAY / (time.monotonic() - began) for name, rows in gained(start, await counts(database)).items()}
    empty = await counts(database)
    tokens = await tokens_of(parts, options.bots)
    made, began = await counts(database), time.monotonic()
    bots = [Bot(socket_of(parts.url), token, f"7:{number}", options.pause) for number, token in enumerate(tokens)]
    playing = asyncio.gather(*(bot.play(options.seconds + SETTLES) for bot in bots))
    await asyncio.sleep(options.seconds)
    keys = await keys_of(store)
    await playing
    played, took = await counts(database), time.monotonic() - began
    commands = sum(len(some) for bot in bots for some in bot.latencies.values())
    if faults := [fault for bot in bots for fault in bot.faults]:
        raise SystemExit(f"the bots saw what cannot be: {faults[:5]}")
    for sql in FILL.values():
        await database.execute(sql, FILLED, TEXT)
    full = await counts(database)
    servers = f"PostgreSQL {await database.fetchval('show server_version')}, Redis {(await store.info('server'))['redis_version']}"
    await store.aclose()
    await database.close()
    by_play = {name: max(0.0, rows - idle[name] * took / DAY) for name, rows in gained(made, played).items()}
    return Growth(
        {
            name: (count.bytes - start[name].bytes) / rows
            for name, count in full.items()
            if (rows := count.rows - start[name].rows) >= options.enough
        },
        idle,
        {name: gained(empty, made if name in BY_PLAY else played)[name] / options.bots for name in start},
        {name: 1000 * rows / max(1, commands) for name, rows in by_play.items()},
        commands,
        keys,
        servers,
    )


def kept_days() -> dict[str, float]:
    """Days after which retention removes a row of a table, with the settings' defaults; 0 keeps it."""
    settings = Settings(_env_file=None)
    silent = max(DAY, 2 * settings.token_hours * 3600)
    known = rules(silent=silent, ledger_days=settings.ledger_days, audit_days=settings.audit_days)
    return {rule.table: rule.seconds / DAY for rule in known}


def of_a_month(growth: Growth, table: str, players: int, options: argparse.Namespace) -> float:
    """Bytes by which a table of `BY_PLAY` grows in a month of this number of players, before anything is removed."""
    commands = options.hours * options.commands * players
    rows = growth.idle_per_day[table] * MONTH + growth.per_1000_commands[table] * commands / 1000
    if table == "commands":
        rows = WINDOW * players
    elif table == "visits":
        rows = options.hours * players  # one for each hour in which a session began, at most
    return rows * growth.bytes_per_row[table]


def kept(growth: Growth, table: str, players: int, options: argparse.Namespace) -> float:
    """Bytes that a table of `BY_PLAY` has in the end."""
    month = of_a_month(growth, table, players, options)
    return month if table == "commands" else month * kept_days()[table] / MONTH


def of_players(growth: Growth, players: int) -> float:
    """Bytes of what players have for good: accounts, characters, things and what belongs to them."""
    return players * sum(growth.per_player[name] * size for name, size in growth.bytes_per_row.items() if name not in {*BY_PLAY, *FILL})


def mebibytes(number: float) -> str:
    """A size in MiB."""
    size = number / 2**20
    return f"{size:,.0f}" if size >= 10 else f"{size:,.1f}"


def markdown(growth: Growth, options: argparse.Namespace) -> str:
    """Three tables: rows, growth, keys."""
    days = kept_days()
    lines = [
        "| table | bytes a row | rows of a player | rows for 1,000 commands | rows a day of an idle world | removed after, days |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, size in sorted(growth.bytes_per_row.items()):
        removed = f"{days[name]:g}" if days.get(name) else "–"
        numbers = f"{growth.per_player[name]:,.1f} | {growth.per_1000_commands[name]:,.0f} | {growth.idle_per_day[name]:,.0f}"
        lines.append(f"| `{name}` | {size:,.0f} | {numbers} | {removed} |")
    lines += [
        "",
        f"| MiB of {options.hours:g} hours a month, {options.commands:g} commands an hour | "
        + " | ".join(f"{one:,} players: a month | kept" for one in options.players)
        + " |",
    ]
    lines.append("|---|" + "---:|---:|" * len(options.players))
    totals = [[0.0, 0.0] for _ in options.players]
    for name in (one for one in BY_PLAY if one in growth.bytes_per_row):
        cells = []
        for total, players in zip(totals, options.players, strict=True):
            both = of_a_month(growth, name, players, options), kept(growth, name, players, options)
            total[0], total[1] = total[0] + both[0], total[1] + both[1]
            cells += map(mebibytes, both)
        lines.append(f"| `{name}` | " + " | ".join(cells) + " |")
    lasting = [of_players(growth, players) for players in options.players]
    lines.append("| what players have | " + " | ".join(f"– | {mebibytes(one)}" for one in lasting) + " |")
    for total, one in zip(totals, lasting, strict=True):
        total[1] += one
    lines.append("| together | " + " | ".join(mebibytes(one) for total in totals for one in total) + " |")
    if few := [f"`{name}`" for name in BY_PLAY if name not in growth.bytes_per_row]:
        lines += ["", f"Too few rows for an average, and left out: {', '.join(few)}."]
    lines += ["", "| Redis key | keys | bytes a key | longest TTL |", "|---|---:|---:|---:|"]
    lines += [f"| `{pattern}` | {number:,} | {size:,.0f} | {ttl} |" for pattern, (number, size, ttl) in growth.keys.items()]
    machine = f"{platform.machine()} with {os.cpu_count()} cores, Python {platform.python_version()}"
    lines += ["", f"{growth.commands:,} commands of {options.bots} bots; {growth.servers}; {machine}."]
    return "\n".join(lines)


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--bots", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=60.0, help="of play")
    parser.add_argument("--settles", type=float, default=30.0, help="seconds in which the NPCs of a new world come")
    parser.add_argument("--idle", type=float, default=60.0, help="seconds of an idle world")
    parser.add_argument("--pause", type=float, default=2.0, help="seconds between two commands of a bot")
    parser.add_argument("--enough", type=int, default=300, help="rows that a table must gain before their size is an average")
    parser.add_argument("--hours", type=float, default=30.0, help="that a player plays in a month")
    parser.add_argument("--commands", type=float, default=600.0, help="that a player gives in an hour")
    parser.add_argument("--players", type=lambda text: [int(one) for one in text.split(",")], default=[100, 1000, 10000])
    parser.add_argument("--json", type=Path, help="write what was measured here as well")
    options = parser.parse_args()
    with empty_folder() as folder, whole(1, folder, **OPEN) as parts, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        growth = runner.run(measure(parts, folder, options))
    print(markdown(growth, options))
    if options.json:
        options.json.write_text(json.dumps(growth._asdict(), indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
