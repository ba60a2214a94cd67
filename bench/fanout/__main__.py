"""This server beside what a user would take instead: rooms of players who speak, over two workers and one Redis.

    python -m fanout [--rounds 3] [--clients 400] [--size 20] [--seconds 3] [--peers echoes,limit] [--out build/bench/fanout.json]

The peers come from the package index and are installed below `build/bench`. Rounds are interleaved, and the report has the medians.
"""

import argparse
import asyncio
import json
import shutil
import tempfile
from pathlib import Path

import uvloop

from fanout import peers, report
from fanout.measure import run


def main() -> None:
    """Run all rounds; what was measured is written after each server."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, default=400)
    parser.add_argument("--size", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each step")
    parser.add_argument(
        "--rates", type=lambda text: [int(one) for one in text.split(",") if one], default=[10_000], help="deliveries a second"
    )
    parser.add_argument("--peers", default="", help="names, separated by commas; all if empty")
    parser.add_argument("--out", type=Path, default=peers.INSTALLED / "fanout.json")
    options = parser.parse_args()
    peers.install()
    wanted = [name.strip() for name in options.peers.split(",") if name.strip()]
    chosen = [
        one
        for one in peers.peers_for(options.size, max(1, options.clients // options.size), options.clients)
        if not wanted or one.name in wanted
    ]
    results: dict[str, list[dict[str, object]]] = {one.name: [] for one in chosen}
    for number in range(options.rounds):
        for peer in chosen:
            folder = Path(tempfile.mkdtemp(prefix="echoes-bench-"))
            folder.chmod(0o755)
            try:
                with (
                    peers.redis_of(folder) as (redis, pid),
                    peer.start(folder, redis) as running,
                    asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
                ):
                    try:
                        found = runner.run(run(peer, running, pid, options))
                    except (ConnectionError, TimeoutError) as error:
                        found = {"failed": str(error)}
                results[peer.name].append(found)
                print(f"round {number + 1} of {options.rounds}, {peer.name}: {json.dumps(found)}", flush=True)
                options.out.parent.mkdir(parents=True, exist_ok=True)
                options.out.write_text(json.dumps(results, indent=1), encoding="utf-8")
                options.out.with_suffix(".md").write_text(report.markdown(results, options.rates), encoding="utf-8")
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    report.plots(results, options.out.parent / "plots")
    print(report.markdown(results, options.rates))


if __name__ == "__main__":
    main()
