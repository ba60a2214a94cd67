"""Short work: a thing that all want, a cold start, and reads from the cache. They need the shipped city, or nothing of it."""

import argparse
import asyncio
import contextlib
import os
import signal
import time
from collections import Counter
from typing import Any

import asyncpg
import httpx
import uvloop
from echoes.storage import embedded
from echoes.testing.client import Client
from fanout.running import children_of
from play import OPEN, tokens_of
from whole import Parts, empty_folder, redis_of, server_of, whole

from scale.figures import Numbers, share

PATIENCE = 60.0
STARTS = 3
WARM = 20
"""Reads before those that count."""
GIFT = """
with given as (insert into items (id, template, quantity, owner) select 1000000 + id, 'scrap_iron', 1, 'character:' || id from characters returning 1)
insert into ledger (template, quantity, reason) select 'scrap_iron', count(*), 'benchmark' from given
"""
"""A piece for each bag, since a character may not lay down what it begins with."""


async def _players(parts: Parts, number: int) -> list[Client]:
    url = parts.url.replace("http", "ws") + "/ws/game"
    found = [Client((url,), token) for token in await tokens_of(parts, number)]
    database = await asyncpg.connect(parts.database)
    await database.execute(GIFT)
    await database.close()
    for client in found:
        if not await client.connect():
            raise SystemExit(f"a client was refused: {client.closed}")
    return found


async def _timed(client: Client, line: str) -> tuple[float, dict[str, Any]]:
    began = time.perf_counter()
    reply = await client.reply(await client.send(type="line", text=line), within=PATIENCE)
    return 1000 * (time.perf_counter() - began), reply


async def _contended(parts: Parts, number: int, rounds: int) -> Numbers:
    players = await _players(parts, number)
    owner, late, codes = players[0], [], Counter[str]()
    for _ in range(rounds):
        _, dropped = await _timed(owner, "drop 1 iron")
        if not dropped["ok"]:
            raise SystemExit(f"nothing to contend for: {dropped['error']}")
        answers = await asyncio.gather(*(_timed(one, "get iron") for one in players))
        late += [milliseconds for milliseconds, _ in answers]
        winners = [player for player, (_, reply) in zip(players, answers, strict=True) if reply["ok"]]
        if len(winners) != 1:
            raise SystemExit(f"{len(winners)} players got one thing")
        owner = winners[0]
        codes.update("ok" if reply["ok"] else reply["error"]["code"] for _, reply in answers)
    for one in players:
        await one.disconnect()
    return {
        "players": number, "answer, p50, ms": share(late, 50), "answer, p95, ms": share(late, 95), "longest answer, ms": max(late),
        "given up after conflicts, %": 100 * codes["conflict"] / codes.total(), "who got it, a round": codes["ok"] / rounds,
    }  # fmt: skip


def contended(options: argparse.Namespace) -> Numbers:
    """All players of a place pick up one thing at once, again and again: one gets it."""
    with empty_folder() as folder, whole(2, folder, **OPEN) as parts, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_contended(parts, options.contenders, options.rounds))


def _ready_after(url: str, began: float) -> float:
    while time.monotonic() < began + PATIENCE:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/health/ready", trust_env=False, timeout=1).is_success:
                return time.monotonic() - began
        time.sleep(0.005)
    raise SystemExit(f"not ready after {PATIENCE:g} s")


def start(_: argparse.Namespace) -> Numbers:
    """From the start of the server to its readiness, on a database that exists; and from kill -9 of its only worker to the readiness of the next."""
    starts, replaced = [], []
    with empty_folder() as folder, embedded.running(folder / "truth") as database, redis_of(folder) as (redis, _):
        for number in range(STARTS + 1):
            began = time.monotonic()
            with server_of(folder, database, redis, 1, ECHOES_WORKERS="1") as (url, pid):
                starts.append(_ready_after(url, began))
                for child in children_of(pid) if number else ():
                    began = time.monotonic()
                    os.kill(child, signal.SIGKILL)
                    time.sleep(0.05)
                    replaced.append(_ready_after(url, began))
    return {
        "first start, with migrations, s": starts[0], "start, median, s": share(starts[1:], 50), "longest start, s": max(starts[1:]),
        "worker replaced, median, s": share(replaced, 50) if replaced else 0.0,
    }  # fmt: skip


async def _reads(parts: Parts, number: int) -> Numbers:
    (player,) = await _players(parts, 1)
    found: Numbers = {}
    for line in ("look", "inventory"):
        for _ in range(WARM):
            await _timed(player, line)
        late = [(await _timed(player, line))[0] for _ in range(number)]
        found |= {f"{line}, p50, ms": share(late, 50), f"{line}, p95, ms": share(late, 95), f"{line}, longest, ms": max(late)}
    await player.disconnect()
    return found


def reads(options: argparse.Namespace) -> Numbers:
    """Answers that the cache has: one after the other, from one player."""
    with empty_folder() as folder, whole(2, folder, **OPEN) as parts, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_reads(parts, options.reads))
