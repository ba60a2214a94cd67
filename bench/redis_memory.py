"""How much of Redis' memory a player takes: `python bench/redis_memory.py`; needs a redis-server on PATH.

Plays 5,000 players into a Redis of its own, one part after the other, and prints what each part added: the session, the registry, an inventory
of 12 things, and as much as the player's own channel ever holds: its history and the keys that are remembered, at their bounds. Numbers are from INFO (`used_memory`), in bytes.
"""

import argparse
import asyncio
import shutil
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
from echoes.facilities.cache import Entry
from echoes.facilities.registry import ConnectionInfo, WorkerInfo
from echoes.game.kinds import INVENTORY
from echoes.storage.commits import Thing
from echoes_redis.cache import RedisCache
from echoes_redis.channel import Store
from echoes_redis.driver import Driver
from echoes_redis.endpoint import endpoint_of
from echoes_redis.keys import Keys
from echoes_redis.registry import RedisRegistry
from echoes_redis.session import RedisSessions
from echoes_redis.settings import RedisSettings

WORKERS, LOCATIONS, THINGS, PARALLEL = 4, 40, 12, 200
EPOCH, ID = 1_800_000_000_000_000, 4_503_599_627_370_496
TEMPLATES = ("rusty-knife", "water-bottle", "scrap", "bandage", "flashlight", "canned-beans")
PAYLOAD = msgspec.json.encode(
    {
        "type": "personal_message",
        "player_id": 4711,
        "exclude_player_id": None,
        "payload": {
            "type": "state_update",
            "data": {"message": "You catch your breath.", "stamina": 93.5, "version": 4711},
            "timestamp": 1.8e9,
        },
    }
)


async def session(driver: Driver, player: int) -> None:
    """A connected session with every field filled."""
    fields = {
        "name": f"Player {player}", "location_id": f"location-{player % LOCATIONS}", "hp": 93, "max_hp": 100, "stamina": 71, "max_stamina": 100,
        "level": 7, "xp": 12_345, "version": 4711, "last_movement_time": 1_800_000_000.123456,
    }  # fmt: skip
    connection = f"{player:032x}"
    await RedisSessions(driver, Keys()).claim(player, worker=worker(player), connection=connection, fields=fields, ttl=1800)


async def registry(driver: Driver, player: int) -> None:
    """A body and a connection."""
    known = RedisRegistry(driver, Keys())
    await known.place(player, f"location-{player % LOCATIONS}", version=4711, epoch=EPOCH + player, name=f"Player{player}")
    await known.attach(worker(player), player, ConnectionInfo(f"{player:032x}", EPOCH + player, 1_800_000_000.123456))


async def inventory(driver: Driver, player: int) -> None:
    """A dozen things, three of them worn."""
    things = [
        Thing(
            ID + player * THINGS + n,
            17,
            TEMPLATES[n % len(TEMPLATES)],
            1 + n,
            durability=80 if n < 6 else None,
            slot="hand" if n < 3 else "",
        )
        for n in range(THINGS)
    ]
    await RedisCache(driver, Keys()).write(INVENTORY, str(player), Entry(4711, msgspec.json.encode(things)), generation=12)


def history(settings: RedisSettings) -> Callable[[Driver, int], Awaitable[None]]:
    """More messages than the channel keeps, each under a key, until history and keys are at their bounds."""

    async def publish(driver: Driver, player: int) -> None:
        store = Store(driver, settings)
        for number in range(store.names("player:1").remembered + settings.history_messages_player):
            await store.publish(f"player:{player}", f"={player}:client-{player}:{number}:0".encode(), PAYLOAD, settings.key_seconds)

    return publish


def worker(player: int) -> str:
    """The worker that holds a player."""
    return f"game-host-{player % WORKERS}-4711-a1b2c3"


async def used(driver: Driver) -> int:
    """Bytes."""
    info = (await driver.call("INFO", "memory")).decode()
    return int(next(line for line in info.splitlines() if line.startswith("used_memory:")).split(":")[1])


async def measure(url: str, players: int) -> None:
    """Fill it up, part by part."""
    settings = RedisSettings(url=url)
    driver = Driver(endpoint_of(url, settings), settings)
    async with driver.serving():
        known = RedisRegistry(driver, Keys())
        for number in range(WORKERS):
            await known.heartbeat(WorkerInfo(worker_id=worker(number), started=time.time()), 3600)
        empty = before = await used(driver)
        print(f"empty: {empty:,} bytes")
        for name, part in (("session", session), ("registry", registry), ("inventory", inventory), ("history", history(settings))):
            for start in range(0, players, PARALLEL):
                await asyncio.gather(*(part(driver, player) for player in range(start + 1, min(start + PARALLEL, players) + 1)))
            after = await used(driver)
            print(f"{name}: {(after - before) / players:,.0f} bytes a player")
            before = after
        print(f"{players:,} players: {(before - empty) / players:,.0f} bytes a player, {before / 2**20:.1f} MiB in all")


def main() -> None:
    """Start a Redis, measure, end it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--players", type=int, default=5000)
    players = parser.parse_args().players
    server = shutil.which("redis-server")
    if server is None:
        parser.error("no redis-server on PATH")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "redis.sock"
        process = subprocess.Popen(
            [server, "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", folder], stdout=subprocess.DEVNULL
        )
        try:
            asyncio.run(measure(f"unix://{path}", players))
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
