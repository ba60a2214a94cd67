"""This server beside what a user would take instead: rooms of players who speak, over two workers and one Redis.

    python -m fanout [--rounds 3] [--clients 400] [--size 20] [--also 1000x20,2000x20,1000x500] [--seconds 3] [--peers echoes,limit]

The peers come from the package index and are installed below `build/bench`. Rounds are interleaved, and the report has the medians. `--also` has
more sizes, clients and room, of which the saturation alone is measured; servers that carry the fan-out and nothing else are left out there.
"""

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop
from whole import empty_folder

from fanout import peers, report
from fanout.measure import Numbers, allow_files, run, saturated
from fanout.running import Peer, Running, redis_of

Scenario = Callable[[Peer, Running, int], Awaitable[Numbers]]


def sizes(text: str) -> list[tuple[int, int]]:
    """Clients and room, as in `1000x20,1000x500`; `none` for none."""
    found = [(int(clients), int(size)) for clients, _, size in (one.partition("x") for one in text.split(",") if text != "none")]
    if any(size < 2 or clients < size for clients, size in found):
        raise ValueError(text)
    return found


def peer_of(name: str, clients: int, size: int) -> Peer:
    """The server of this name for this number of clients, in rooms of `size`."""
    return next(one for one in peers.peers_for(size, max(1, clients // size), clients) if one.name == name)


def measured(peer: Peer, scenario: Scenario) -> Numbers:
    """Start a server with a Redis of its own, measure, and end it. What prevented it stands under `failed`."""
    try:
        with (
            empty_folder() as folder,
            redis_of(folder) as (redis, pid),
            peer.start(folder, redis) as running,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            return runner.run(scenario(peer, running, pid))
    except (ConnectionError, TimeoutError, SystemExit) as error:
        return {"failed": str(error) or type(error).__name__}


def of_a_server(name: str, options: argparse.Namespace) -> Numbers:
    """All that one round measures of a server."""
    found = measured(peer_of(name, options.clients, options.size), lambda peer, running, redis: run(peer, running, redis, options))
    start = found.get("saturation", {}).get("deliveries_per_s", 0) / 2
    for clients, size in () if name in report.CARRIERS else options.also:

        async def scenario(peer: Peer, running: Running, redis: int, clients: int = clients, size: int = size) -> Numbers:
            return await saturated(peer, running, redis, clients, size, options.seconds, start)

        other = measured(peer_of(name, clients, size), scenario)
        if "failed" in other:
            found["failed"] = "; ".join([*([found["failed"]] if "failed" in found else []), f"{clients}x{size}: {other['failed']}"])
        else:
            found[f"saturation {clients}x{size}"] = other
    return found


def main() -> None:
    """Run all rounds; what was measured is written after each server."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, default=400)
    parser.add_argument("--size", type=int, default=20)
    parser.add_argument(
        "--also", type=sizes, default=sizes("1000x20,2000x20,1000x500"), help="more sizes, clients and room; `none` for none"
    )
    parser.add_argument("--seconds", type=float, default=3.0, help="of each step")
    parser.add_argument(
        "--rates", type=lambda text: [int(one) for one in text.split(",") if one], default=[10_000], help="deliveries a second"
    )
    parser.add_argument("--peers", default="", help="names, separated by commas; all if empty")
    parser.add_argument("--out", type=Path, default=peers.INSTALLED / "fanout.json")
    options = parser.parse_args()
    there = [one.name for one in peers.peers_for(options.size, 1, options.size)]
    names = [one.strip() for one in options.peers.split(",") if one.strip()] or there
    if unknown := [one for one in names if one not in there]:
        parser.error(f"no server is called {unknown[0]!r}; there are {', '.join(there)}")
    if set(names) != {report.OURS}:
        peers.install()
    allow_files(max(clients for clients, _ in [(options.clients, 0), *options.also]))
    results: report.Rounds = {name: [] for name in names}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    for number in range(options.rounds):
        for name in names:
            found = of_a_server(name, options)
            results[name].append(found)
            print(f"round {number + 1} of {options.rounds}, {name}: {json.dumps(found)}", flush=True)
            options.out.write_text(json.dumps(results, indent=1), encoding="utf-8")
            options.out.with_suffix(".md").write_text(report.markdown(results, options.rates, options.also), encoding="utf-8")
    report.plots(results, options.out.parent / "plots")
    print(report.markdown(results, options.rates, options.also))


if __name__ == "__main__":
    main()
