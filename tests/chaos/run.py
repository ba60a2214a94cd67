"""One run: a city, a crowd, observers, a schedule of faults. What happened is in the history; `check` and `figures` read it."""

import asyncio
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from chaos import faults
from chaos.city import a_city
from chaos.crowd import Crowd
from chaos.history import Fault, History
from chaos.observers import Contenders, Observers
from chaos.storm import Storm

WHOLE_WITHIN, STEADY = 30.0, 1.0
"""Seconds after a fault that people may take to play as before, and for how long that must last to count."""


@dataclass(frozen=True)
class Plan:
    """The parameters of a run. The seed decides faults, their details and the bots' intentions; the machine decides the rest."""

    seed: int
    seconds: float
    bots: int = 200
    workers: int = 4
    every: float = 10.0
    pause: float = 2.0
    broken: str = ""
    kinds: tuple[str, ...] = ()
    tabs: float = 0.015
    crowded: int = 0
    """Bots that begin in one room."""
    litter: int = 0
    """Things on the ground of that room."""
    storm: int = 0
    """People who sign in at once, in the middle of the run."""


async def run(plan: Plan, path: Path, say: Callable[[str], None] = lambda _: None) -> list[str]:
    """Play it, and write the history down; answers what else was wrong: what the server logged as broken inside, and its end."""
    history = History(path)
    try:
        async with a_city(plan.workers, broken=plan.broken) as city:
            # As many rooms as bots find others to speak and give things to.
            crowd = Crowd(
                [city.server], plan.bots, max(4, plan.bots // 10), database=city.direct, history=history, seed=plan.seed, tabs=plan.tabs,
                crowded=plan.crowded, litter=plan.litter,
            )  # fmt: skip
            storm = Storm(city, history, plan.storm)
            await storm.prepare()
            observers = Observers(city, crowd, history)
            await observers.prepare()
            async with crowd:
                contenders = Contenders(city, history, plan.seed, broken=plan.broken == "leases")
                await contenders.prepare()
                signing_in = asyncio.create_task(storm.break_out(max(0.0, plan.seconds / 2 - history.now)))
                watching = [asyncio.create_task(observers.watch()), asyncio.create_task(contenders.watch())]
                crowd.start_playing(plan.pause)
                try:
                    for planned in faults.schedule(plan.seed, plan.seconds, plan.every, plan.kinds):
                        await asyncio.sleep(max(0.0, planned.at - history.now))
                        await _break(planned, city, crowd, history, say)
                    await asyncio.sleep(max(0.0, plan.seconds - history.now))
                    await signing_in
                finally:
                    signing_in.cancel()
                    for task in watching:
                        if task.done() and not task.cancelled() and task.exception() is not None:
                            say(f"an observer failed: {task.exception()!r}")
                        task.cancel()
                    await asyncio.gather(*watching, return_exceptions=True)
                say("the end: everybody says a last word")
                await crowd.finish()
                await observers.conclude()
                await contenders.conclude()
            ended = city.server.exit_code
            log = list(city.server.output)
    finally:
        history.close()
    path.with_suffix("").with_suffix(".log").write_text("".join(log), encoding="utf-8")
    complaints = [line.rstrip() for line in log if any(word in line for word in ("crashed", "Traceback", "sink_failed"))]
    if ended is not None:
        complaints.append(f"the server ended in the middle of it, with {ended}: 0 says that somebody else has told it to")
    return complaints


async def _break(planned: faults.Planned, city, crowd: Crowd, history: History, say: Callable[[str], None]) -> None:
    history.add(Fault(kind=planned.kind, phase="begins"))
    began = history.now
    try:
        async with asyncio.timeout(90):
            detail = await faults.ALL[planned.kind](city, random.Random(planned.seed))
    except Exception as error:  # noqa: BLE001 - a fault that fails is a fact of the run, not its end
        detail = f"could not be done: {error!r}"
    ended = history.now
    history.add(Fault(kind=planned.kind, phase="ends", detail=detail))
    whole = await _whole(crowd, history)
    seconds = -1.0 if whole is None else max(0.0, whole - ended)
    history.add(Fault(kind=planned.kind, phase="whole", seconds=round(seconds, 2)))
    told = "NOT whole again in time" if whole is None else f"whole again after {seconds:4.1f} s"
    say(f"{began:7.1f} s  {planned.kind:24} {detail:36} {told}")


async def _whole(crowd: Crowd, history: History) -> float | None:
    """When all bots were connected and answered again, and stayed so; None when that took too long."""
    since, until = None, history.now + WHOLE_WITHIN
    while history.now < until:
        if not crowd.whole:
            since = None
        elif since is None:
            since = history.now
        elif history.now - since > STEADY:
            return since
        await asyncio.sleep(0.05)
    return None


def loop_factory():
    """A fast event loop, where there is one."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def play(plan: Plan, path: Path, *, loud: bool = False) -> list[str]:
    """`run`, from ordinary code."""

    def say(line: str) -> None:
        if loud:
            print(line, file=sys.stderr, flush=True)  # noqa: T201 - a person waits

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(run(plan, path, say))
