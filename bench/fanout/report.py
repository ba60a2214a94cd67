"""The report: medians of the rounds with their spread, beside Node, the best Python peer and the limit of the same run; and plots."""

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import svg

OURS, NODE, LIMIT = "echoes", "socket.io on Node", "limit"
CARRIERS = {"fan-out on uvicorn", "fan-out on gunicorn", "fan-out on Granian"}
FLOORS = {LIMIT, *CARRIERS}
"""Servers that carry the fan-out and nothing else: a frame, not a peer."""
Rounds = dict[str, list[dict[str, Any]]]
"""Figures of each round, by server."""


class Metric(NamedTuple):
    """One line of the report: where its number is, and whether more is better."""

    title: str
    scenario: str
    field: str
    more: bool = False
    digits: int = 2


def metrics(rates: Sequence[int], also: Sequence[tuple[int, int]] = ()) -> list[Metric]:
    """All lines, in order; `also` has more sizes, of which the saturation alone was measured."""
    found = [
        Metric("saturation, deliveries/s", "saturation", "deliveries_per_s", more=True, digits=0),
        Metric("… server CPU, s for 100,000", "saturation", "server_cpu_s_per_100k"),
        Metric("… Redis CPU, s for 100,000", "saturation", "redis_cpu_s_per_100k"),
        Metric("… p95, ms", "saturation", "p95_ms"),
    ]
    for clients, size in also:
        found += [
            Metric(
                f"{clients:,} clients, rooms of {size}: saturation", f"saturation {clients}x{size}", "deliveries_per_s", more=True, digits=0
            ),
            Metric("… server CPU, s for 100,000", f"saturation {clients}x{size}", "server_cpu_s_per_100k"),
        ]
    for rate in rates:
        found += [
            Metric(f"{rate:,} deliveries/s: server CPU, s for 100,000", f"fan-out {rate}", "server_cpu_s_per_100k"),
            Metric(f"{rate:,} deliveries/s: p95, ms", f"fan-out {rate}", "p95_ms"),
            Metric(f"{rate:,} deliveries/s: longest, ms", f"fan-out {rate}", "longest_ms"),
        ]
    return [
        *found,
        Metric("ping to the other worker, p95, ms", "ping", "p95_ms"),
        Metric("memory, KiB for a connection", "memory", "kib_per_connection", digits=1),
        Metric("kill -9: missed by a client", "kill -9", "missed_per_client"),
        Metric("kill -9: doubled at a client", "kill -9", "doubled_per_client"),
        Metric("kill -9: silence of a client that was cut off, s", "kill -9", "silence_s"),
        Metric("kill -9: longest silence, s", "kill -9", "longest_silence_s"),
    ]


def values(rounds: Rounds, name: str, metric: Metric) -> list[float]:
    """The numbers of all rounds of a server; those that failed have none."""
    found = [one.get(metric.scenario, {}).get(metric.field) for one in rounds.get(name, ())]
    return [float(one) for one in found if one is not None]


def markdown(rounds: Rounds, rates: Sequence[int], also: Sequence[tuple[int, int]] = ()) -> str:
    """A table for all servers, then the ratios, then what failed."""
    names = [name for name in rounds if any(metric.scenario in one for one in rounds[name] for metric in metrics(rates, also))]
    lines = [f"Medians, with the least and the greatest number in brackets. Rounds: {max(map(len, rounds.values()), default=0)}.", ""]
    lines += ["| | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names)]
    for metric in metrics(rates, also):
        cells = [_cell(values(rounds, name, metric), metric) for name in names]
        lines.append(f"| {metric.title} | " + " | ".join(cells) + " |")
    lines += ["", f"| of this server, as a ratio | to {NODE} | to the best Python peer | to the limit |", "|---|---:|---:|---:|"]
    for metric in metrics(rates, also):
        if not (ours := values(rounds, OURS, metric)):
            continue
        others = {name: statistics.median(found) for name in names if name != OURS and (found := values(rounds, name, metric))}
        python = {name: found for name, found in others.items() if name not in {NODE, *FLOORS}}
        best = (max if metric.more else min)(python, key=lambda name: python[name]) if python else ""
        to_best = f"{_ratio(ours, python[best])} ({best})" if best else "–"
        lines.append(f"| {metric.title} | {_ratio(ours, others.get(NODE))} | {to_best} | {_ratio(ours, others.get(LIMIT))} |")
    failed = [
        f"- Round {number}, {name}: {one['failed']}" for name in rounds for number, one in enumerate(rounds[name], 1) if "failed" in one
    ]
    return "\n".join([*lines, *(["", "Not measured:", "", *failed] if failed else [])]) + "\n"


def _cell(found: Sequence[float], metric: Metric) -> str:
    if not found:
        return "–"
    median = f"{statistics.median(found):,.{metric.digits}f}"
    if len(found) == 1:
        return median
    return f"{median} ({min(found):,.{metric.digits}f}–{max(found):,.{metric.digits}f})"


def _ratio(ours: Sequence[float], other: float | None) -> str:
    return f"{statistics.median(ours) / other:.2f}" if other else "–"


def plots(rounds: Rounds, folder: Path) -> None:
    """Saturation and CPU, a bar for each server."""
    folder.mkdir(parents=True, exist_ok=True)
    for file, title, unit, metric in (
        ("saturation.svg", "Deliveries a second within p95 of 50 ms, two workers", "deliveries a second", metrics([])[0]),
        ("cpu.svg", "Server CPU at saturation", "seconds for 100,000 deliveries", metrics([])[1]),
    ):
        shown = {name: statistics.median(found) for name in rounds if (found := values(rounds, name, metric))}
        (folder / file).write_text(svg.bars(title, unit, shown, metric.digits), encoding="utf-8")
