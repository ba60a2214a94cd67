"""Numbers of a scenario, percentiles, and the table of all."""

from collections.abc import Sequence

Numbers = dict[str, float]
"""Figures by their titles, which end with the unit."""


def share(values: Sequence[float], percent: float) -> float:
    """A percentile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def markdown(found: dict[str, Numbers]) -> str:
    """A table with a row for each figure of each scenario."""
    rows = [f"| {name} | {title} | {round(value, 2):,g} |" for name, numbers in found.items() for title, value in numbers.items()]
    return "\n".join(["| scenario | figure | value |", "|---|---|---:|", *rows]) + "\n"
