"""The cost of more workers: the same deliveries and the same play on one worker and on four."""

import argparse
import asyncio

import uvloop
from fanout.crowd import Crowd
from fanout.measure import fan_out, saturation
from fanout.ours import ours
from fanout.running import redis_of
from play import OPEN, bots_of, step, tokens_of
from whole import empty_folder, whole

from scale.figures import Numbers

WORKERS = (1, 4)
CLIENTS, SIZE = 400, 20
PAUSE = 0.5
"""Seconds between two commands of a bot."""
CPU, PLAY = "CPU of the workers, s for 100,000 deliveries", "a command of play: CPU of the server, ms"


def _deliveries(workers: int, rate: float, seconds: float) -> Numbers:
    """At one rate for all, and at the greatest that the server carries."""
    with (
        empty_folder() as folder,
        redis_of(folder) as (redis, pid),
        ours(SIZE, CLIENTS // SIZE, CLIENTS, workers)(folder, redis) as running,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):

        async def measure() -> Numbers:
            async with Crowd(running, CLIENTS, SIZE, tells_speaker=False) as crowd:
                steady = await fan_out(crowd, pid, rate, seconds)
                most = await saturation(crowd, pid, seconds, rate)
            found = {f"{CPU}, at {rate:,g}/s": steady["server_cpu_s_per_100k"], "lost": steady["lost"]}
            if most:
                found |= {"saturation, deliveries/s": most["deliveries_per_s"], f"{CPU}, at saturation": most["server_cpu_s_per_100k"]}
            return found

        return runner.run(measure())


def _play(workers: int, bots: int, seconds: float) -> Numbers:
    """The cost of a command of bots, as `play.py` measures it."""
    with empty_folder() as folder, whole(workers, folder, **OPEN) as parts, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:

        async def measure() -> dict[str, float]:
            return await step(parts, folder, bots_of(parts, await tokens_of(parts, bots), PAUSE), seconds)

        cost = runner.run(measure())
    return {"commands of play a second": cost["commands_per_s"], PLAY: cost["server_cpu_ms"]}


def workers(options: argparse.Namespace) -> dict[str, Numbers]:
    """Each number of workers, then the ratio of the costs of the last to those of the first. Targets: 1.05 for deliveries, 1.2 for play."""
    found = {
        f"{number} worker{'s' if number > 1 else ''}": _deliveries(number, options.deliveries, options.step)
        | _play(number, options.bots, options.bots_seconds)
        for number in WORKERS
    }
    one, four = found.values()
    ratios = {title: four[title] / value for title, value in one.items() if title.startswith((CPU, PLAY)) and title in four and value}
    return found | {f"{WORKERS[-1]} workers to 1 (targets: 1.05 for deliveries, 1.2 for play)": ratios}
