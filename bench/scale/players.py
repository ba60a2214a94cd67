"""Many players at a human pace in the shipped city: what they wait for, how long a worker stands still, and what a command costs."""

import argparse
import asyncio
import contextlib
import gc
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import asyncpg
import uvloop
import yaml
from echoes.testing.bot import Bot
from echoes.web.tokens import Tokens
from fanout.measure import allow_files
from fanout.ours import people
from fanout.wire import now
from pause_plugin import FOLDER, pauses
from play import OPEN, bots_of, step
from whole import SECRET, Parts, empty_folder, offered, samples, whole

from scale.figures import Numbers, share
from scale.single import GIFT

CITY = Path(__file__).parents[2] / "gamedata" / "locations"
SAFE = 1
"""The greatest danger of the places where the players begin."""
OFTEN = ("look", "inventory", "say", "drop 1 iron", "get 1 iron")
PART = 0.5
"""The part of the commands outside of fights that are drawn from `OFTEN`; the others are a bot's own: it walks, searches, trades, talks, fights."""
SCRAPE = 10.0
"""Seconds between two readings of the metrics, as `deploy/prometheus.yml` has them: their cost belongs to a server in use."""
SETTLES = 0.01
"""Seconds that one player takes to come in, at least: all wait for the last one."""
HOURS = 12.0
"""The life of a token."""
GARBAGE = "echoes_garbage_seconds_bucket"


class Player(Bot):
    """A bot that reads, speaks, drops and picks up more often, and measures what it hears from players on the other worker."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._lesson = []  # it does not begin where the lesson is given
        self.heard: list[float] = []
        """Milliseconds from a `say` to its arrival here, of players on another worker."""

    def choose(self) -> str:
        """Return the next line that it types."""
        if self._fighting or self.dice.random() > PART:
            return super().choose()
        word = self.dice.choice(OFTEN)
        return f"say ~{self.welcome.get('worker_id', '')}~{now()}~ is it always this quiet?" if word == "say" else word

    def received(self, message: dict[str, Any]) -> None:
        """Measure how long a player's words took."""
        super().received(message)
        if message["type"] == "chat" and message["data"]["text"].startswith("~"):
            _, worker, sent, _ = message["data"]["text"].split("~")
            if worker and worker != self.welcome.get("worker_id"):
                self.heard.append((now() - int(sent)) / 1000)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep this process's own garbage collector out of the times that it measures."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


async def _garbage(url: str, seconds: float) -> Mapping[str, float]:
    """The runs of the workers' garbage collectors in these seconds, by the greatest duration that a bucket has."""

    async def buckets() -> dict[str, float]:
        return {one.labels["le"]: one.value for one in await asyncio.to_thread(samples, url) if one.name == GARBAGE}

    end = time.monotonic() + seconds
    first = last = await buckets()
    while (left := end - time.monotonic()) > 0:
        await asyncio.sleep(min(left, SCRAPE))
        last = await buckets()
    return {le: value - first.get(le, 0) for le, value in last.items()}


def _longest(runs: Mapping[str, float]) -> float:
    """Milliseconds that no run exceeded, as precisely as the buckets are."""
    total = max(runs.values(), default=0)
    return min((1000 * float(le) for le, number in runs.items() if number == total), default=0.0) if total else 0.0


async def _play(parts: Parts, folder: Path, number: int, seconds: float, pause: float) -> tuple[Numbers, float, float]:
    """Figures of the clients, and the moments between which they are."""
    places = [path.stem for path in sorted(CITY.rglob("*.yaml")) if _danger(path) <= SAFE]
    ids = await people(parts.database, [places[one % len(places)] for one in range(number)])
    database = await asyncpg.connect(parts.database)
    await database.execute(GIFT)
    await database.close()
    tokens = Tokens(SECRET, HOURS)
    players = bots_of(parts, [tokens.sign("play", one) for one in ids], pause, Player)
    settles = max(5.0, SETTLES * number) + pause

    async def watch() -> tuple[float, float, Mapping[str, float]]:
        await asyncio.sleep(settles)
        for one in players:
            one.heard.clear()
        began = time.monotonic()
        garbage = await _garbage(parts.url, seconds)
        return began, time.monotonic(), garbage

    with quiet():
        cost, (began, ended, garbage) = await asyncio.gather(step(parts, folder, players, seconds, settles), watch())
    times = {
        word: [1000 * one for player in players for one in player.latencies[word]]
        for word in ("look", "inventory", "say", "go", "drop", "get")
    }
    reads, heard = times["look"] + times["inventory"], [one for player in players for one in player.heard]
    found: Numbers = {"players": number, "commands a second": cost["commands_per_s"], "cached read, p50, ms": share(reads, 50)}
    found["cached read, p95, ms (target: 3)"] = share(reads, 95)
    found |= {f"{word}, p95, ms": share(some, 95) for word, some in times.items()}
    found |= {
        "answer, p50, ms": cost["p50_ms"], "answer, p95, ms": cost["p95_ms"], "longest answer, ms": cost["longest_ms"],
        "deliveries to the other worker": len(heard), "delivery to the other worker, p50, ms": share(heard, 50),
        "delivery to the other worker, p95, ms (target: 2)": share(heard, 95), "delivery to the other worker, longest, ms": max(heard, default=0.0),
        "longest run of the garbage collector, at most, ms": _longest(garbage),
        "a command: CPU of the server, ms": cost["server_cpu_ms"], "a command: CPU of PostgreSQL, ms": cost["PostgreSQL_cpu_ms"],
        "a command: CPU of Redis, ms": cost["Redis_cpu_ms"], "a command: Redis calls": cost["redis_calls"],
        "a command: transactions": cost["transactions"], "generator, cores": cost["generator_cores"],
    }  # fmt: skip
    return found, began, ended


def _danger(path: Path) -> int:
    return int(yaml.safe_load(path.read_text(encoding="utf-8")).get("danger_level", 0))


def players(options: argparse.Namespace) -> Numbers:
    """Real play of many at a human pace, on two workers."""
    number = allow_files(options.players)
    with empty_folder() as folder, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        watched = folder / "pauses"
        watched.mkdir()
        environ = OPEN | {"PYTHONPATH": offered(folder, "pause_plugin"), FOLDER: str(watched)}
        with whole(2, folder, **environ) as parts:
            found, began, ended = runner.run(_play(parts, folder, number, options.playing, options.pause))
        stood = pauses(watched, began, ended)
    return found | {
        "longest pause of a worker, at most, ms (target: 20)": 1000 * max(stood, default=0.0),
        "pauses of more than 20 ms": sum(one > 0.02 for one in stood),
    }
