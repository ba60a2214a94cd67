"""This server at its edges, in scenarios: README.md says what each of them measures.

    PYTHONPATH=bench python -m scale [--scenarios idle,reads] [--idle 10000] [--returning 5000] [--players 1000] …

Each scenario starts a PostgreSQL, a Redis and a server of two workers, if it says nothing else, and ends them. It prints its figures when it has
them, and at the end tables, which are also written as Markdown and JSON. It needs a redis-server on PATH, and the machine for itself.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from fanout.peers import INSTALLED

from scale.crowds import idle, returning
from scale.figures import Found, markdown, plots
from scale.players import players
from scale.rooms import rooms
from scale.single import contended, reads, start
from scale.workers import workers

SCENARIOS: dict[str, Callable[[argparse.Namespace], Found]] = {
    "idle": idle, "returning": returning, "contended": contended, "start": start, "reads": reads,
    "players": players, "rooms": rooms, "workers": workers,
}  # fmt: skip


def main() -> None:
    """Run the scenarios, one after the other."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--idle", type=int, default=10_000, help="connections")
    parser.add_argument("--seconds", type=float, default=30.0, help="of idling")
    parser.add_argument("--returning", type=int, default=5_000, help="players")
    parser.add_argument("--contenders", type=int, default=100, help="players at one thing")
    parser.add_argument("--rounds", type=int, default=20, help="of contending")
    parser.add_argument("--reads", type=int, default=1_000, help="of each kind")
    parser.add_argument("--players", type=int, default=1_000, help="at a human pace")
    parser.add_argument("--playing", type=float, default=60.0, help="seconds of their play")
    parser.add_argument("--pause", type=float, default=5.0, help="seconds between two commands of such a player")
    parser.add_argument("--actors", type=int, default=200, help="players of the scenario rooms, in rooms of each size")
    parser.add_argument("--sizes", type=lambda text: [int(one) for one in text.split(",")], default=[1, 20, 200], help="of the rooms")
    parser.add_argument("--each", type=float, default=10.0, help="seconds for each kind of command")
    parser.add_argument("--rate", type=float, default=100.0, help="commands a second of all actors together")
    parser.add_argument("--deliveries", type=float, default=20_000.0, help="a second, the same on one worker and on four")
    parser.add_argument("--step", type=float, default=3.0, help="seconds of each step up to saturation")
    parser.add_argument("--bots", type=int, default=150, help="of the play on one worker and on four")
    parser.add_argument("--bots-seconds", type=float, default=20.0, help="of their play")
    parser.add_argument(
        "--scenarios", type=lambda text: [one for one in text.split(",") if one], default=list(SCENARIOS), help=", ".join(SCENARIOS)
    )
    parser.add_argument("--out", type=Path, default=INSTALLED / "scale.json")
    options = parser.parse_args()
    if unknown := [one for one in options.scenarios if one not in SCENARIOS]:
        parser.error(f"no scenario is called {unknown[0]}; there are {', '.join(SCENARIOS)}")
    found: dict[str, Found] = {}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(options.scenarios, 1):
        found[name] = SCENARIOS[name](options)
        print(f"scenario {number} of {len(options.scenarios)}, {name}: {json.dumps(found[name])}", flush=True)
        options.out.write_text(json.dumps(found, indent=1), encoding="utf-8")
        options.out.with_suffix(".md").write_text(markdown(found), encoding="utf-8")
    plots(found, options.out.parent / "plots")
    print(markdown(found))


if __name__ == "__main__":
    main()
