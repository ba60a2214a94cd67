"""`make soak`: a seeded schedule of faults for some minutes, then a verdict.

    make soak                                   # a minute, a new seed
    make soak MINUTES=30 SEED=7                 # the long run; the seed decides what is broken, when and how
    make soak BREAK=fencing                     # a server without fencing, or one of chaos/broken/switches.py: the verdict must be guilty
    make soak KINDS=redis_killed,worker_killed  # only these faults
    make soak CROWD=100 LITTER=400 STORM=1000   # more of them in one room, on more litter; so many sign in at once in the middle
    make soak SHOW=build/soak/7/history.jsonl.gz    # judge a history again

History, log, timeline (SVG) and figures (JSON) are kept in `build/soak/<seed>/`. Exit code 1 when a promise was broken.
"""

import argparse
import logging
import random
import sys
import time
from pathlib import Path

import msgspec
from chaos.broken.switches import SWITCHES
from chaos.faults import ALL
from chaos.figures import figures, picture, report
from chaos.history import read
from chaos.laws import LAWS, violations
from chaos.run import Plan, play
from chaos.telling import tell

SHOWN = 8
STORM, LONG = 500, 5.0
"""People who sign in at once in a run of this number of minutes: two cores have a minute's work with their passwords."""


def main() -> int:
    """0 when every law held."""
    options = _options()
    if options.show:
        return judge(Path(options.show), options.show)
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10**6)
    kinds = tuple(kind for kind in options.kinds.split(",") if kind)
    plan = Plan(
        seed, options.minutes * 60, options.bots, options.workers, options.every, options.pause, options.broken, kinds, options.tabs,
        options.crowd, options.litter, options.storm if options.storm is not None else STORM if options.minutes >= LONG else 0,
    )  # fmt: skip
    folder = options.folder / f"{seed}{'-' + plan.broken if plan.broken else ''}"
    folder.mkdir(parents=True, exist_ok=True)
    history = folder / "history.jsonl.gz"
    print(
        f"seed {seed}: {plan.bots} bots, {plan.workers} workers, {options.minutes:g} minutes, a fault every {plan.every:g} s; {folder}",
        flush=True,
    )
    logging.getLogger("asyncpg.pool").setLevel(logging.ERROR)  # the watchers' own connections break with all others
    began = time.monotonic()
    complaints = play(plan, history, loud=True)
    title = f"seed {seed}, {plan.bots} bots, {plan.workers} workers" + (f", without {plan.broken}" if plan.broken else "")
    guilty = judge(history, title)
    if complaints:
        print(f"{len(complaints)} things were wrong with the server:", *complaints[:SHOWN], sep="\n  ")
    again = f"make soak SEED={seed} MINUTES={options.minutes:g} BOTS={plan.bots} WORKERS={plan.workers} EVERY={plan.every:g}"
    again += f" CROWD={plan.crowded} LITTER={plan.litter} STORM={plan.storm}"
    again += (f" BREAK={plan.broken}" if plan.broken else "") + (f" KINDS={','.join(kinds)}" if kinds else "")
    print(f"{time.monotonic() - began:.0f} s in all. The same again: {again}")
    return int(bool(guilty or complaints))


def judge(history: Path, title: str) -> int:
    """Print figures and verdict of a history, and keep them beside it; answers how many laws were broken."""
    telling = tell(read(history))
    found = figures(telling)
    broken = violations(telling)
    print(report(telling, found))
    history.with_name("timeline.svg").write_text(picture(telling, title), encoding="utf-8")
    verdict = {"title": title, "violations": {name: len(lines) for name, lines in broken.items()}, "figures": found}
    history.with_name("figures.json").write_bytes(msgspec.json.format(msgspec.json.encode(verdict)))
    for name, lines in broken.items():
        print(f"\nVIOLATED {name}: {LAWS[name].__doc__.splitlines()[0]}", *lines[:SHOWN], sep="\n  ")
        if len(lines) > SHOWN:
            print(f"  … {len(lines)} in all")
    print(f"\n{title}: {f'{len(broken)} of {len(LAWS)} laws were broken' if broken else f'all {len(LAWS)} laws held'}")
    return len(broken)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--bots", type=int, default=200)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--every", type=float, default=10.0, help="seconds between two faults")
    parser.add_argument("--pause", type=float, default=2.0, help="seconds between a bot's commands, on average")
    parser.add_argument("--tabs", type=float, default=0.015, help="share of a bot's deeds that are the opening of a second tab")
    parser.add_argument("--broken", default="", choices=["", *SWITCHES])
    parser.add_argument("--kinds", default="", help=f"of {', '.join(ALL)}")
    parser.add_argument("--crowd", type=int, default=50, help="bots that begin in one room")
    parser.add_argument("--litter", type=int, default=200, help="things on the ground of that room")
    parser.add_argument(
        "--storm", type=int, help=f"people who sign in at once in the middle ({STORM} in a run of {LONG:g} minutes or more, else none)"
    )
    parser.add_argument("--folder", type=Path, default=Path("build/soak"))
    parser.add_argument("--show", default="")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
