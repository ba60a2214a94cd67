"""The scenarios. Each takes a running server and answers numbers with their units in the names."""

import asyncio
import os
import resource
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from fanout.crowd import Crowd, Heard
from fanout.kill import kill
from fanout.running import Peer, Running

TICKS = os.sysconf("SC_CLK_TCK")
P95_MS = 50.0
"""The limit of the saturation scenario, beside: no loss, no double."""
START = 12_000.0
"""Deliveries a second of the first step."""
SPARE = 200
"""Open files of the generator besides its connections."""
KEPT_UP = 0.95
"""Part of the wanted messages that must have been said: a generator that is late measures nothing."""
Numbers = dict[str, Any]


def cpu_of(pids: Iterable[int]) -> float:
    """Seconds of CPU of these processes so far."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total / TICKS


def memory_of(pids: Iterable[int]) -> int:
    """Bytes of memory of these processes, shared pages in proportion."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total


def allow_files(connections: int) -> int:
    """Raise the limit of open files for this process and those that it starts; how many of these connections it allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    can = min(connections, max(soft, hard) - SPARE)
    if can < connections:
        print(f"the limit of open files allows {can:,} connections instead of {connections:,} (ulimit -n)", flush=True)
    return can


def _used(running: Running, redis: int) -> Callable[[], Numbers]:
    """Start to measure CPU; the answer ends it."""
    groups = {"server": running.pids, "Redis": lambda: [redis], "generator": lambda: [os.getpid()], **running.others}
    before = {name: cpu_of(pids()) for name, pids in groups.items()}
    return lambda: {name: cpu_of(pids()) - before[name] for name, pids in groups.items()}


def _numbers(heard: Heard, cpu: Numbers) -> Numbers:
    per = 100_000 / max(1, heard.delivered)
    return {
        "deliveries_per_s": round(heard.rate), "p50_ms": round(heard.at(50), 2), "p95_ms": round(heard.at(95), 2), "p99_ms": round(heard.at(99), 2),
        "longest_ms": round(heard.at(100), 1), "lost": heard.lost, "doubled": heard.doubled, "misplaced": heard.misplaced,
        "server_cpu_s_per_100k": round(cpu["server"] * per, 3), "redis_cpu_s_per_100k": round(cpu["Redis"] * per, 3),
        "generator_cpu_cores": round(cpu["generator"] / max(heard.seconds, 0.001), 2),
    }  # fmt: skip


def _good(heard: Heard) -> bool:
    clean = not heard.lost and not heard.doubled and not heard.misplaced
    return clean and heard.at(95) <= P95_MS and heard.rate >= KEPT_UP * heard.wanted


async def fan_out(crowd: Crowd, redis: int, deliveries: float, seconds: float) -> Numbers:
    """Steady speech in all rooms."""
    await crowd.step(deliveries, 1.0)
    used = _used(crowd.running, redis)
    return _numbers(await crowd.step(deliveries, seconds), used())


async def saturation(crowd: Crowd, redis: int, seconds: float, start: float = START) -> Numbers:
    """The greatest rate with p95 within `P95_MS` and nothing lost: steps of a quarter, then halves of the last step.

    A server that cuts its clients off has found its limit, too; with no good step before, `ConnectionError` is raised.
    """
    good: Numbers = {}
    low, high, rate = 0.0, 0.0, start
    for _ in range(16):
        try:
            await crowd.step(rate / 2, 0.5)
            used = _used(crowd.running, redis)
            heard = await crowd.step(rate, seconds)
        except ConnectionError:
            if good:
                break
            raise
        if _good(heard):
            low, good = rate, _numbers(heard, used())
        else:
            high = rate
            await asyncio.sleep(1.0)
        if high and high / max(low, 1.0) < 1.07:
            break
        rate = low * 1.25 if not high else (low + high) / 2 if low else rate / 2
    return good


async def saturated(peer: Peer, running: Running, redis: int, clients: int, size: int, seconds: float, start: float) -> Numbers:
    """The saturation of one size alone; `start` is the first rate, if a good one is known."""
    await asyncio.sleep(1.5)
    async with Crowd(running, clients, size, tells_speaker=peer.tells_speaker) as crowd:
        return await saturation(crowd, redis, seconds, start or START)


async def ping(crowd: Crowd, seconds: float) -> Numbers:
    """One client of each room speaks now and then; deliveries on the other worker count."""
    await crowd.step(crowd.hearers * 50, 0.5)
    heard = await crowd.step(crowd.hearers * 100, seconds, only_across=True)
    return {"p50_ms": round(heard.at(50), 3), "p95_ms": round(heard.at(95), 3), "p99_ms": round(heard.at(99), 3), "pings": heard.delivered}


async def run(peer: Peer, running: Running, redis: int, options: Any) -> Numbers:
    """All scenarios of one server."""
    await asyncio.sleep(1.5)
    before = memory_of(running.pids())
    found: Numbers = {}
    async with Crowd(running, options.clients, options.size, tells_speaker=peer.tells_speaker) as crowd:
        await asyncio.sleep(2.0)
        found["memory"] = {"kib_per_connection": round((memory_of(running.pids()) - before) / 1024 / options.clients, 1)}
        found["ping"] = await ping(crowd, options.seconds)
        for rate in options.rates:
            found[f"fan-out {rate}"] = await fan_out(crowd, redis, rate, options.seconds)
        found["saturation"] = await saturation(crowd, redis, options.seconds)
    found["kill -9"] = await kill(peer, running, min(200, options.clients), options.size)
    return found
