"""Faults: each breaks something of a city, waits, and repairs it. A seed makes a schedule of them."""

import asyncio
import contextlib
import os
import random
import signal
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

import redis as redis_
from chaos.city import City

Break = Callable[[City, random.Random], Awaitable[str]]
"""Breaks and repairs; returns a word or two on what it did."""
ALL: dict[str, Break] = {}
LONG = {"redis_gone"}
"""Those that last so long that a schedule has them only when they are asked for by name."""


def fault(work: Break) -> Break:
    """One kind, named by its function."""
    ALL[work.__name__] = work
    return work


@dataclass(frozen=True)
class Planned:
    """A fault of a schedule: when, seconds after the beginning, which, and with which dice."""

    at: float
    kind: str
    seed: int


def schedule(seed: int, seconds: float, every: float, kinds: Iterable[str] = ()) -> list[Planned]:
    """The faults of a run, decided by the seed alone: every kind comes once before any comes twice."""
    dice = random.Random(seed)
    names = sorted(kinds or ALL.keys() - LONG)
    plan: list[Planned] = []
    deck: list[str] = []
    at = every / 2
    while at < seconds:
        if not deck:
            deck = dice.sample(names, len(names))
        plan.append(Planned(at, deck.pop(), dice.randrange(2**32)))
        at += every
    return plan


# ── workers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _worker(city: City, dice: random.Random) -> int:
    """One of them; waits for none."""
    workers = city.server.workers()
    return dice.choice(workers) if workers else 0


def _send(pid: int, number: int) -> str:
    with contextlib.suppress(ProcessLookupError):
        if pid:
            os.kill(pid, number)
    return f"pid {pid}"


@fault
async def worker_killed(city: City, dice: random.Random) -> str:
    """Kill -9 of one worker."""
    return _send(_worker(city, dice), signal.SIGKILL)


@fault
async def two_workers_killed(city: City, dice: random.Random) -> str:
    """Kill -9 of two at once."""
    workers = city.server.workers()
    return ", ".join(_send(pid, signal.SIGKILL) for pid in dice.sample(workers, min(2, len(workers))))


@fault
async def worker_drained(city: City, dice: random.Random) -> str:
    """SIGTERM to one worker."""
    return _send(_worker(city, dice), signal.SIGTERM)


@fault
async def workers_rolled(city: City, _: random.Random) -> str:
    """SIGHUP: a rolling restart."""
    former = set(city.server.workers())
    city.server.signal(signal.SIGHUP)
    await _until(lambda: not former & set(city.server.workers()), 40)
    return f"{len(former)} workers"


@fault
async def worker_stopped(city: City, dice: random.Random) -> str:
    """SIGSTOP of one worker, for less or more than its lease."""
    return await _stopped([_worker(city, dice)], dice.uniform(2, 7))


@fault
async def clock_stepped(city: City, dice: random.Random) -> str:
    """One worker's wall clock jumps an hour ahead, and back."""
    pid = _worker(city, dice)
    _send(pid, signal.SIGUSR2)
    await asyncio.sleep(4)
    return _send(pid, signal.SIGUSR2)


# ── Redis ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@fault
async def redis_killed(city: City, dice: random.Random) -> str:
    """Kill -9 of Redis; started again over its append-only file."""
    return await _redis_away(city, city.redis.kill, dice.uniform(0, 3))


@fault
async def redis_gone(city: City, _: random.Random) -> str:
    """Kill -9 of Redis; started again over its append-only file a minute later. Only when named in `KINDS`."""
    return await _redis_away(city, city.redis.kill, 60)


@fault
async def redis_restarted(city: City, dice: random.Random) -> str:
    """SIGTERM to Redis, and started again."""
    return await _redis_away(city, city.redis.stop, dice.uniform(0, 2))


@fault
async def redis_wiped(city: City, dice: random.Random) -> str:
    """Kill -9 of Redis; started again with nothing."""

    def wipe() -> None:
        city.redis.kill()
        city.redis.wipe()

    return await _redis_away(city, wipe, dice.uniform(0, 2))


@fault
async def redis_stopped(city: City, dice: random.Random) -> str:
    """SIGSTOP of Redis: connections stay open, nothing answers."""
    return await _stopped([city.redis.pid], dice.uniform(1.5, 5))


@fault
async def redis_flushed(city: City, _: random.Random) -> str:
    """FLUSHALL: everything is gone, under the same run id."""
    await _redis(city, "FLUSHALL")
    return ""


@fault
async def subscriptions_killed(city: City, _: random.Random) -> str:
    """CLIENT KILL of every subscriber."""
    await _redis(city, "CLIENT", "KILL", "TYPE", "pubsub")
    return ""


@fault
async def output_buffer_hit(city: City, _: random.Random) -> str:
    """Subscribers are cut off again and again: their output buffers may hold next to nothing."""
    await _redis(city, "CONFIG", "SET", "client-output-buffer-limit", "pubsub 1 1 1")
    await asyncio.sleep(3)
    await _redis(city, "CONFIG", "SET", "client-output-buffer-limit", "pubsub 33554432 8388608 60")
    return ""


@fault
async def redis_full(city: City, dice: random.Random) -> str:
    """Redis is at its memory limit: it takes no writes."""
    await _redis(city, "CONFIG", "SET", "maxmemory", "1")
    await asyncio.sleep(dice.uniform(2, 5))
    await _redis(city, "CONFIG", "SET", "maxmemory", "0")
    return ""


@fault
async def redis_link_cut(city: City, dice: random.Random) -> str:
    """No process reaches Redis: connections break, new ones are refused."""
    return await _cut(city.redis_link, dice.uniform(0, 4))


@fault
async def redis_link_stalled(city: City, dice: random.Random) -> str:
    """Half-open: connections to Redis stay, nothing passes; then it arrives, or the connections break."""
    return await _stalled(city.redis_link, dice)


@fault
async def redis_link_slow(city: City, dice: random.Random) -> str:
    """All bytes to and from Redis are delayed."""
    return await _slow(city.redis_link, dice.uniform(0.02, 0.25))


@fault
async def worker_cut_off(city: City, dice: random.Random) -> str:
    """One worker alone cannot reach Redis: half-open, and then broken."""
    pid = _worker(city, dice)
    await city.redis_link.stall(pid)
    await asyncio.sleep(dice.uniform(2, 5))
    await city.redis_link.cut(pid)
    await city.redis_link.flow()
    return f"pid {pid}"


# ── PostgreSQL ───────────────────────────────────────────────────────────────────────────────────────────────────────


@fault
async def postgres_killed(city: City, _: random.Random) -> str:
    """Kill -9 of the postmaster: its children leave, its keeper starts another."""
    former = city.postmaster
    _send(former, signal.SIGKILL)
    await _until(lambda: _ready(city, former), 30)
    return ""


@fault
async def postgres_restarted(city: City, _: random.Random) -> str:
    """SIGINT: a fast shutdown, and its keeper starts another."""
    former = city.postmaster
    _send(former, signal.SIGINT)
    await _until(lambda: _ready(city, former), 30)
    return ""


@fault
async def backend_killed(city: City, dice: random.Random) -> str:
    """Kill -9 of one of PostgreSQL's processes: it closes all connections and recovers."""
    children = city.postgres[1:]
    return _send(dice.choice(children), signal.SIGKILL) if children else ""


@fault
async def postgres_reloaded(city: City, _: random.Random) -> str:
    """SIGHUP: it reads its configuration."""
    return _send(city.postmaster, signal.SIGHUP)


@fault
async def postgres_stopped(city: City, dice: random.Random) -> str:
    """SIGSTOP of all its processes."""
    return await _stopped(city.postgres, dice.uniform(1, 3.5))


@fault
async def postgres_link_cut(city: City, dice: random.Random) -> str:
    """No process reaches PostgreSQL."""
    return await _cut(city.postgres_link, dice.uniform(0, 3))


@fault
async def postgres_link_stalled(city: City, dice: random.Random) -> str:
    """Half-open: connections to PostgreSQL stay, nothing passes; then it arrives, or the connections break."""
    return await _stalled(city.postgres_link, dice, 1, 3)


@fault
async def postgres_link_slow(city: City, dice: random.Random) -> str:
    """All bytes to and from PostgreSQL are delayed."""
    return await _slow(city.postgres_link, dice.uniform(0.01, 0.1))


# ── how ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _stopped(pids: list[int], seconds: float) -> str:
    for pid in pids:
        _send(pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(seconds)
    finally:
        for pid in pids:
            _send(pid, signal.SIGCONT)
    return f"{seconds:.1f} s"


async def _redis_away(city: City, end: Callable[[], None], seconds: float) -> str:
    await asyncio.to_thread(end)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(city.redis.start)
    return f"{seconds:.1f} s"


async def _redis(city: City, *command: str) -> None:
    with contextlib.suppress(redis_.RedisError):
        await asyncio.to_thread(city.redis.cli, *command)


async def _cut(link, seconds: float) -> str:
    await link.close()
    await link.cut()
    await asyncio.sleep(seconds)
    await link.open()
    return f"{seconds:.1f} s"


async def _stalled(link, dice: random.Random, least: float = 1.5, most: float = 5.0) -> str:
    seconds, breaks = dice.uniform(least, most), dice.random() < 0.5
    await link.stall()
    await asyncio.sleep(seconds)
    if breaks:
        await link.cut()
    await link.flow()
    return f"{seconds:.1f} s, then {'broken' if breaks else 'it arrives'}"


async def _slow(link, delay: float) -> str:
    await link.delay(delay)
    await asyncio.sleep(4)
    await link.delay(0.0)
    return f"{delay * 1000:.0f} ms"


def _ready(city: City, former: int) -> bool:
    try:
        lines = (city.cluster / "postmaster.pid").read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return False
    return len(lines) > 7 and lines[0] != str(former) and lines[-1].strip() == "ready"


async def _until(condition: Callable[[], bool], within: float) -> None:
    """Wait for a condition; when it has not come by then, the laws show the consequence."""
    deadline = time.monotonic() + within
    while not condition() and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
