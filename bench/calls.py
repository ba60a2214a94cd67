"""How many queries and Redis calls does a command cost, in a room of 2, 20 and 200 players, with 5,000 in the world?

    python bench/calls.py

One worker in this process, over a PostgreSQL and a Redis of its own. It exits with 1 when the cost of a command depends on the size of the room.
"""

import asyncio
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from cluster import cluster, someone
from costs import a_crowd, costs, of_redis
from echoes.event_loop import new_event_loop
from echoes.storage import embedded, migrations
from postgres import execute
from redis_server import RedisServer

ROOMS = (2, 20, 200)
WORLD = 5_000


async def measure(url: str, redis: str, folder: Path) -> dict[int, dict[str, tuple[Counter[tuple[str, str]], object]]]:
    """The calls of each command, by the size of the room."""
    await migrations.up(url)
    async with cluster(url, folder, redis=redis, worker_ttl=300) as (context,):
        mara, tomas = await someone(context), await someone(context, "Tomas")
        await execute(url, "update characters set scrap = 1000, version = version + 1")
        await mara.enter()
        await costs(context, mara, tomas, url)  # both places and all things have been seen
        await a_crowd(context, range(ROOMS[-1], WORLD), here=0)
        found, there = {}, 0
        for size in ROOMS:
            await a_crowd(context, range(there, size - 2), here=size)
            there = size - 2
            found[size] = await costs(context, mara, tomas, url)
        return found


def main() -> int:
    """Print a table; 0 when none depends on the size of the room."""
    with tempfile.TemporaryDirectory(prefix="echoes-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with embedded.running(folder / "truth") as url, RedisServer() as redis, asyncio.Runner(loop_factory=new_event_loop) as runner:
            found = runner.run(measure(url, redis.url, folder))
    print(f"| command | {' | '.join(f'room of {size}: Redis, queries' for size in ROOMS)} |\n|---|{'---:|' * len(ROOMS)}")
    different = []
    for line in found[ROOMS[0]]:
        numbers = [(of_redis(calls), calls.total() - of_redis(calls)) for calls, _ in (found[size][line] for size in ROOMS)]
        print(f"| `{line}` | {' | '.join(f'{redis_}, {queries}' for redis_, queries in numbers)} |")
        if len(set(numbers)) > 1:
            different.append(line)
    print(f"\ndepends on the size of the room: {', '.join(different)}" if different else "\nno command depends on the size of the room")
    return 1 if different else 0


if __name__ == "__main__":
    raise SystemExit(main())
