"""How do lives go by the rules alone? Many lives of one simple player (`lives.py`), as figures and plots.

    python bench/balance.py [--lives 1000] [--hours 4] [--seed 1] [--jobs 2] [--write]

The same seed and content give the same figures. `--write` renews the figures of docs/balance.md and its plots.
"""

import argparse
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from statistics import median, quantiles

import svg
from echoes.world import content
from lives import City, Count, Life

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "balance.md"
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"
UNTIL = 12
"""The level at which a life ends."""


def play(numbers: range, seed: int, hours: float) -> list[Count]:
    """Live these lives, one after another."""
    city = City(content.load(ROOT / "gamedata"))
    return [Life(city, f"{seed}:{number}", hours, UNTIL).live() for number in numbers]


def total(found: list[Count], what: str) -> Counter[str]:
    """Sum one of the counters over all lives."""
    summed: Counter[str] = Counter()
    for one in found:
        summed.update(getattr(one, what))
    return summed


def levels(found: list[Count]) -> dict[int, list[float]]:
    """Minutes of play at which each level was reached, by level."""
    reached = sorted({level for one in found for level in one.levels if level > 1})
    return {level: [one.levels[level] / 60 for one in found if level in one.levels] for level in reached}


def figures(found: list[Count], version: str, hours: float, seed: int) -> str:
    """Return the figures as Markdown."""
    played = total(found, "seconds")
    hours_played = sum(played.values()) / 3600
    deaths, fights = total(found, "deaths"), total(found, "fights")
    lines = [
        f"Content version `{version}`, {len(found)} lives of at most {hours:g} hours, seed {seed}.", "",
        "| level | lives that reach it | median minutes | fastest tenth | slowest tenth |", "|---:|---:|---:|---:|---:|",
    ]  # fmt: skip
    for level, at in levels(found).items():
        low, *_, high = quantiles(at, n=10) if len(at) > 1 else (at[0], at[0])
        lines.append(f"| {level} | {100 * len(at) / len(found):.0f} % | {median(at):.0f} | {low:.0f} | {high:.0f} |")
    lines += ["", "| district | hours | fights an hour | deaths an hour | deaths per 100 fights |", "|---|---:|---:|---:|---:|"]
    for district in sorted(played):
        time = max(played[district] / 3600, 1e-9)
        rate = 100 * deaths[district] / fights[district] if fights[district] else 0.0
        lines.append(f"| {district} | {time:.0f} | {fights[district] / time:.1f} | {deaths[district] / time:.2f} | {rate:.1f} |")
    income, outgo = total(found, "income"), total(found, "outgo")
    lines += ["", "| type of thing | scrap earned an hour | scrap spent an hour |", "|---|---:|---:|"]
    lines += [f"| {kind} | {income[kind] / hours_played:.1f} | {outgo[kind] / hours_played:.1f} |" for kind in sorted(income | outgo)]
    lines.append(f"| all | {sum(income.values()) / hours_played:.1f} | {sum(outgo.values()) / hours_played:.1f} |")
    dead = sum(deaths.values())
    lost = sum(one.first_fight_lost for one in found)
    slayers = ", ".join(f"{npc} {count}" for npc, count in total(found, "slayers").most_common(5))
    lines += [
        "",
        f"- First fights lost: {100 * lost / len(found):.1f} % of all lives.",
        f"- Deaths: {dead / hours_played:.2f} an hour; in {100 * sum(one.recovered for one in found) / max(dead, 1):.0f} % of them the remains are recovered.",
        f"- Deaths by the first enemy of the fight: {slayers or 'none'}.",
    ]
    return "\n".join(lines) + "\n"


def write(text: str, found: list[Count], hours: float) -> None:
    """Renew the figures in the page, and the plots beside it."""
    before, rest = PAGE.read_text("utf-8").split(BEGIN)
    PAGE.write_text(before + BEGIN + text + END + rest.split(END)[1], "utf-8", newline="\n")
    played = total(found, "seconds")
    hour = sum(played.values()) / 3600
    deaths = total(found, "deaths")
    by_level = {f"level {level}": at for level, at in levels(found).items()}
    rates = {district: deaths[district] / (played[district] / 3600) for district in sorted(played)}
    income, outgo = total(found, "income"), total(found, "outgo")
    scrap = {f"{kind}, sold": income[kind] / hour for kind in sorted(income)} | {
        f"{kind}, bought": -outgo[kind] / hour for kind in sorted(outgo)
    }
    plots = {
        "levels": svg.steps("Lives that have reached a level", "minutes of play", by_level, hours * 60),
        "deaths": svg.bars("Deaths by district", "deaths in an hour of play there", rates, 2),
        "scrap": svg.bars("Scrap earned and spent", "scrap in an hour of play; what is spent is grey", scrap, 1),
    }
    for name, plot in plots.items():
        (PAGE.parent / f"balance-{name}.svg").write_text(plot, "utf-8", newline="\n")


def main() -> None:
    """Live, print, and write if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lives", type=int, default=1000)
    parser.add_argument("--hours", type=float, default=4.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    parts = [range(first, min(first + 50, asked.lives)) for first in range(0, asked.lives, 50)]
    with ProcessPoolExecutor(asked.jobs) as pool:
        found = [one for part in pool.map(partial(play, seed=asked.seed, hours=asked.hours), parts) for one in part]
    text = figures(found, content.load(ROOT / "gamedata").version, asked.hours, asked.seed)
    print(text, end="")
    if asked.write:
        write(text, found, asked.hours)


if __name__ == "__main__":
    main()
