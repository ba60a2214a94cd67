"""How many queries does a command cost, with the cache and without? One fixed mix of commands, played both ways.

    python bench/queries.py [--bots 20] [--commands 150] [--seed 7] [--workers 2]

Each arm gets a new database on a PostgreSQL of its own, real workers in this process, and bots over real sockets. The backend is
what the environment says (ECHOES_BACKEND); one that allows one worker gets one.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import secrets
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import msgspec
import uvicorn
import uvloop
from bots import Bot
from echoes import wire
from echoes.app import create_app, running
from echoes.clock import SystemClock
from echoes.context import Context
from echoes.log import configure
from echoes.prepare import select_backends
from echoes.settings import Settings, gamedata_of, read
from echoes.storage import embedded, migrations
from echoes.web.protocol import WireProtocol
from echoes.world import content
from echoes.world.model import World

TARGET = 80.0
"""Per cent fewer queries."""
RATES = {"location": 100.0, "character": 95.0, "inventory": 80.0}
"""Hit rates that are aimed at, in per cent. `character` is what a session's commands are decided on."""
NAMES = {
    "character": "sessions (rows)",
    "session": "sessions (others)",
    "ground": "grounds",
    "location": "locations",
    "inventory": "inventories",
}
CONTENT_READS = {"location.load", "item.load", "npc.load"}


@dataclass
class Played:
    """Results of one arm: its commands and their answers, its duration, and its numbers of queries."""

    commands: int = 0
    seconds: float = 0.0
    for_commands: Counter[str] = field(default_factory=Counter)
    background: Counter[str] = field(default_factory=Counter)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)


async def play(url: str, folder: Path, *, cache: str, options: argparse.Namespace) -> Played:
    """Play the mix over a fresh database and count."""
    os.environ["ECHOES_REDIS_PREFIX"] = f"echoes-bench-{secrets.token_hex(4)}:"  # no other sessions and bodies
    settings = read(None, cache=cache, data_dir=folder, commands_per_second=1e6, commands_burst=10**6)
    await migrations.up(url)
    async with contextlib.AsyncExitStack() as stack:
        cities, addresses = [], []
        for number in range(_workers(settings, options.workers)):
            context = await stack.enter_async_context(_worker(settings, url, random.Random(options.seed + number)))
            cities.append(context)
            addresses.append(await stack.enter_async_context(_listening(context)))
        bots = [Bot(number, options.seed) for number in range(options.bots)]
        for bot in bots:
            await bot.be_born(cities[bot.index % len(cities)])
        before = _so_far(cities)
        begun = time.monotonic()
        await asyncio.gather(*(bot.play(addresses, options.commands) for bot in bots))
        await asyncio.sleep(0.5)  # what is batched goes out
        played = _so_far(cities)
        played.seconds = time.monotonic() - begun
        for name in ("for_commands", "background", "counts"):
            getattr(played, name).subtract(getattr(before, name))
        for bot in bots:
            played.answers.update(bot.answers)
        played.commands = sum(played.answers.values())
    return played


def _workers(settings: Settings, wanted: int) -> int:
    return min(wanted, select_backends(settings).max_workers)


def _world() -> World:
    """The shipped content, but walking and searching cost nothing: the mix is to be carried out, not refused."""
    world = content.load(gamedata_of(Settings()))
    body = msgspec.structs.replace(world.start.body, stamina_per_minute=6000.0, carry_weight=1000.0, carry_volume=1000.0)
    return content.stamped(msgspec.structs.replace(world, start=msgspec.structs.replace(world.start, body=body)))


@contextlib.asynccontextmanager
async def _worker(settings: Settings, url: str, dice: random.Random) -> AsyncIterator[Context]:
    async with running(settings, url, _world(), select_backends(settings), SystemClock(), dice) as context:
        await context.world_lock.required()
        yield context


@contextlib.asynccontextmanager
async def _listening(context: Context) -> AsyncIterator[str]:
    config = uvicorn.Config(
        create_app(context),
        port=0,
        ws=WireProtocol,
        ws_max_size=wire.MAX_FRAME,
        ws_per_message_deflate=False,
        log_config=None,
        access_log=False,
    )
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment] # they are this program's
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"ws://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/ws/game"
    server.should_exit = True
    await serving


def _so_far(cities: list[Context]) -> Played:
    found = Played()
    for context in cities:
        for (purpose, arm), number in context.database.by_arm.items():
            (found.background if arm == "background" else found.for_commands)[purpose] += number
        found.counts.update(context.caching.counts)
    return found


def report(off: Played, on: Played) -> bool:
    """Print the tables; whether every target is met."""
    print(f"\n{'queries per command':<24}{'off':>10}{'on':>10}")
    rows = sorted({*off.for_commands, *on.for_commands}, key=lambda purpose: (-off.for_commands[purpose], purpose))
    for purpose in rows:
        _line(purpose, off.for_commands[purpose] / off.commands, on.for_commands[purpose] / on.commands)
    print(f"{'— beside the commands':<24}")
    for purpose in sorted({*off.background, *on.background}):
        if off.background[purpose] or on.background[purpose]:
            _line(purpose, off.background[purpose] / off.commands, on.background[purpose] / on.commands)
    commands_only = [one.for_commands.total() / one.commands for one in (off, on)]
    everything = [(one.for_commands.total() + one.background.total()) / one.commands for one in (off, on)]
    without_content = [sum(n for p, n in one.for_commands.items() if p not in CONTENT_READS) / one.commands for one in (off, on)]
    print()
    reductions = {}
    for name, (was, now) in {"commands": commands_only, "… but for content": without_content, "everything": everything}.items():
        reductions[name] = 100 * (1 - now / was)
        print(f"{name:<24}{was:>10.3f}{now:>10.3f}{reductions[name]:>9.1f} % fewer")
    print(f"\n{'hit rates':<24}{'hits':>10}{'misses':>10}")
    good = min(reductions.values()) >= TARGET
    for kind in ("location", "character", "session", "inventory", "ground"):
        hits, misses = on.counts[kind, "hit"], on.counts[kind, "miss"]
        rate = 100 * hits / (hits + misses) if hits + misses else 0.0
        aim = RATES.get(kind)
        good = good and (aim is None or rate >= aim)
        print(f"{NAMES[kind]:<24}{hits:>10}{misses:>10}{rate:>9.1f} %" + (f"   (target {aim:.0f} %)" if aim else ""))
    print(
        f"\n{off.commands} commands in {off.seconds:.1f} s without, {on.commands} in {on.seconds:.1f} s with the cache; answers: {dict(on.answers.most_common())}"
    )
    print("every target is met" if good else "A TARGET IS MISSED")
    return good


def _line(purpose: str, off: float, on: float) -> None:
    print(f"  {purpose:<22}{off:>10.3f}{on:>10.3f}")


async def _both(options: argparse.Namespace, url: str, folder: Path) -> tuple[Played, Played]:
    arms = []
    for cache in ("off", "on"):
        connection = await asyncpg.connect(url)
        await connection.execute(f"create database bench_{cache}")
        await connection.close()
        arms.append(await play(url.replace("/echoes?", f"/bench_{cache}?"), folder, cache=cache, options=options))
    return arms[0], arms[1]


def main() -> int:
    """Exit code 0 when every target is met."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--bots", type=int, default=20)
    parser.add_argument("--commands", type=int, default=150, help="of each bot")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--workers", type=int, default=2, help="as far as the backend allows")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    options = parser.parse_args()
    configure(production=True)
    os.environ.setdefault("ECHOES_SECRET", "x" * 32)
    folder = Path(tempfile.mkdtemp(prefix="echoes-bench-"))
    folder.chmod(0o755)
    try:
        with embedded.running(folder / "truth") as url, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            off, on = runner.run(_both(options, url, folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if options.json:
        figures = {
            name: {"commands": one.commands, "queries": one.for_commands, "background": one.background}
            for name, one in (("off", off), ("on", on))
        }
        options.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    return 0 if report(off, on) else 1


if __name__ == "__main__":
    raise SystemExit(main())
