"""The cost of play, on one worker and on several: bots that walk, look, search, talk, trade and fight, at a steady pace and as fast as they can.

    python bench/play.py [--bots 150] [--seconds 20] [--pause 0.5] [--workers 1,2,4] [--json FILE]

Starts a PostgreSQL, a Redis and a server with the shipped content, a new one for each number of workers. The bots are those of `echoes bots`: each gives a
command after the answer to its last, with `pause` seconds between two on average, and then without a pause. CPU is that of processes; queries are
transactions of PostgreSQL; Redis calls are scripts: each call of a facility is one.
"""

import argparse
import asyncio
import json
import secrets
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import redis.asyncio
import uvloop
from echoes.cli.bots import percentile, socket_of
from echoes.testing.bot import Bot
from echoes.testing.http_client import sign_in
from whole import Parts, empty_folder, used, whole

SIGN_UPS = 4
"""Sign-ups at the same time: each costs the server a password hash."""
SETTLES = 5.0
OPEN = {
    "ECHOES_ADDRESS_ATTEMPTS": "100000", "ECHOES_COMMANDS_PER_SECOND": "100000", "ECHOES_COMMANDS_BURST": "100000", "ECHOES_CONNECTIONS_PER_ADDRESS": "5000",
}  # fmt: skip
"""Limits that are there for strangers are out of the way."""
Played = TypeVar("Played", bound=Bot)
TRANSACTIONS = "select xact_commit + xact_rollback from pg_stat_database where datname = current_database()"


async def tokens_of(parts: Parts, number: int) -> list[str]:
    """Make characters as people do; their tokens."""
    gate, run = asyncio.Semaphore(SIGN_UPS), "".join(secrets.choice("abcdefghijklmnop") for _ in range(6))

    async def one(index: int) -> str:
        async with gate:
            name = f"Bot{run}{''.join('abcdefghij'[int(digit)] for digit in str(index))}"
            return (await sign_in(parts.url, name, secrets.token_urlsafe(24))).token

    return list(await asyncio.gather(*map(one, range(number))))


async def counters(parts: Parts, redis_: "redis.asyncio.Redis", database: "asyncpg.Connection[Any]") -> dict[str, float]:
    """Read what has been used so far: seconds of CPU by part and of this process, Redis calls, transactions."""
    stats = await redis_.info("commandstats")
    return used(parts) | {
        "calls": sum(stats.get(f"cmdstat_{name}", {}).get("calls", 0) for name in ("evalsha", "eval")),
        "transactions": await database.fetchval(TRANSACTIONS),
        "generator": time.process_time(),
    }


def bots_of(parts: Parts, tokens: list[str], pause: float, kind: type[Played] = Bot) -> list[Played]:
    """A bot for each token, with dice of its own."""
    return [kind(socket_of(parts.url), token, f"7:{number}", pause) for number, token in enumerate(tokens)]


async def step(parts: Parts, folder: Path, bots: Sequence[Bot], seconds: float, settles: float = SETTLES) -> dict[str, float]:
    """Let the bots play for this number of seconds, after some in which all come in, and return the cost. Their latencies are of these seconds."""
    redis_ = redis.asyncio.Redis(unix_socket_path=str(folder / "redis.sock"))
    database = await asyncpg.connect(parts.database)
    playing = asyncio.gather(*(bot.play(seconds + settles) for bot in bots))
    await asyncio.sleep(settles)  # all are in, and the first hellos are over
    for bot in bots:
        bot.latencies.clear()
    before, began = await counters(parts, redis_, database), time.monotonic()
    await asyncio.sleep(seconds)
    spent, took = await counters(parts, redis_, database), time.monotonic() - began
    late = sorted(one for bot in bots for kind in bot.latencies.values() for one in kind)
    await playing
    await redis_.aclose()
    await database.close()
    if faults := [fault for bot in bots for fault in bot.faults]:
        raise SystemExit(f"the bots saw what cannot be: {faults[:5]}")
    number = max(1, len(late))
    found = {"commands_per_s": number / took}
    found |= {f"p{share}_ms": 1000 * percentile(late, share / 100) for share in (50, 95, 99)}
    found["longest_ms"] = 1000 * percentile(late, 1.0)
    found |= {f"{name}_cpu_ms": 1000 * (spent[name] - before[name]) / number for name in ("server", "PostgreSQL", "Redis")}
    found["redis_calls"] = (spent["calls"] - before["calls"]) / number
    found["transactions"] = (spent["transactions"] - before["transactions"]) / number
    found["generator_cores"] = (spent["generator"] - before["generator"]) / took
    return {name: round(value, 3) for name, value in found.items()}


async def measure(parts: Parts, folder: Path, options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Both paces, over the same characters."""
    tokens = await tokens_of(parts, options.bots)
    return {
        pace: await step(parts, folder, bots_of(parts, tokens, pause), options.seconds)
        for pace, pause in (("steady", options.pause), ("as fast as they can", 0.0))
    }


def main() -> None:
    """Print a table, a column for each number of workers and pace."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--bots", type=int, default=150)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each pace")
    parser.add_argument("--pause", type=float, default=0.5, help="seconds between two commands of a bot")
    parser.add_argument("--workers", type=lambda text: [int(one) for one in text.split(",")], default=[1, 2, 4])
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    options = parser.parse_args()
    columns: dict[str, dict[str, float]] = {}
    for workers in options.workers:
        with (
            empty_folder() as folder,
            whole(workers, folder, **OPEN) as parts,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            for pace, found in runner.run(measure(parts, folder, options)).items():
                columns[f"{workers} worker{'s' if workers > 1 else ''}, {pace}"] = found
    print(f"| a command of play | {' | '.join(columns)} |\n|---|{'---:|' * len(columns)}")
    for name in next(iter(columns.values())):
        print(f"| {name} | {' | '.join(f'{found[name]:,.2f}' for found in columns.values())} |")
    if options.json:
        options.json.write_text(json.dumps(columns, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
