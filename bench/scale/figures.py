"""Numbers of a scenario, percentiles, and the tables of all."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import svg

COST = "CPU of the server, ms"
"""The figure that a plot shows: what a command costs, case by case."""
Numbers = dict[str, float]
"""Figures by their titles, which end with the unit."""
Found = Mapping[str, float | Numbers]
"""Figures of a scenario: numbers, or a row of numbers for each case. A row may lack figures of another."""


def share(values: Sequence[float], percent: float) -> float:
    """A percentile; 0 of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0


def markdown(found: Mapping[str, Found]) -> str:
    """A table with a row for each figure of each scenario, and one of its own for a scenario with cases."""
    rows = [
        f"| {name} | {title} | {_cell(value)} |"
        for name, some in found.items()
        for title, value in some.items()
        if not isinstance(value, dict)
    ]
    parts = ["\n".join(["| scenario | figure | value |", "|---|---|---:|", *rows])] if rows else []
    for name, some in found.items():
        if cases := {case: numbers for case, numbers in some.items() if isinstance(numbers, dict)}:
            titles = list(dict.fromkeys(title for numbers in cases.values() for title in numbers))
            lines = [f"| {name} | {' | '.join(titles)} |", f"|---|{'---:|' * len(titles)}"]
            lines += [f"| {case} | {' | '.join(_cell(numbers.get(title)) for title in titles)} |" for case, numbers in cases.items()]
            parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def plots(found: Mapping[str, Found], folder: Path) -> None:
    """For each scenario that has the cost of a command in several cases, a bar for each case: `scale-<scenario>.svg`."""
    for name, some in found.items():
        costs = {case: numbers[COST] for case, numbers in some.items() if isinstance(numbers, dict) and COST in numbers}
        if costs:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"scale-{name}.svg").write_text(svg.bars("Server CPU for a command", "milliseconds", costs, 2), encoding="utf-8")


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{round(value, 2):,g}"
