"""This server at its edges: many idle connections, a return of all at once, a thing that all want, a cold start, and reads from the cache.

    PYTHONPATH=bench python -m scale [--idle 10000] [--returning 5000] [--contenders 100] [--rounds 20] [--reads 1000] [--scenarios idle,reads]

Each scenario starts a PostgreSQL, a Redis and a server of two workers (for the cold start of one), and ends them. It prints its figures when it has
them, and at the end a table, which is also written as Markdown and JSON. It needs a redis-server on PATH, and the machine for itself.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from fanout.peers import INSTALLED

from scale.crowds import idle, returning
from scale.figures import Numbers, markdown
from scale.single import contended, reads, start

SCENARIOS: dict[str, Callable[[argparse.Namespace], Numbers]] = {
    "idle": idle, "returning": returning, "contended": contended, "start": start, "reads": reads,
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
    parser.add_argument(
        "--scenarios", type=lambda text: [one for one in text.split(",") if one], default=list(SCENARIOS), help=", ".join(SCENARIOS)
    )
    parser.add_argument("--out", type=Path, default=INSTALLED / "scale.json")
    options = parser.parse_args()
    if unknown := [one for one in options.scenarios if one not in SCENARIOS]:
        parser.error(f"no scenario is called {unknown[0]}; there are {', '.join(SCENARIOS)}")
    found: dict[str, Numbers] = {}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(options.scenarios, 1):
        found[name] = SCENARIOS[name](options)
        print(f"scenario {number} of {len(options.scenarios)}, {name}: {json.dumps(found[name])}", flush=True)
        options.out.write_text(json.dumps(found, indent=1), encoding="utf-8")
        options.out.with_suffix(".md").write_text(markdown(found), encoding="utf-8")
    print(markdown(found))


if __name__ == "__main__":
    main()
