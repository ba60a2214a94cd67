"""The benchmark of queries meets its targets, and the others measure: `make bench` begins with those that take long."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[1] / "bench"


def run(*words):
    """Run a benchmark without the settings of this machine: a program of the folder, or `-m` and a package."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("ECHOES_", "REDIS_", "WORKERS"))}
    clean["PYTHONPATH"] = str(BENCH)
    command = [sys.executable, *words] if words[0] == "-m" else [sys.executable, str(BENCH / words[0]), *words[1:]]
    return subprocess.run(command, env=clean, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.slow
def test_the_cache_saves_the_queries_that_it_should():
    """A small mix, played both ways: at least 80 % fewer queries, and the hit rates that are aimed at."""
    done = run("queries.py", "--bots", "5", "--commands", "80")
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert "every target is met" in done.stdout


@pytest.mark.bench
def test_timers_are_measured():
    """A few of them for a few seconds: they happen at their rate, and in time. The cost of an idle world depends on the machine."""
    if shutil.which("redis-server") is None:
        pytest.skip("no redis-server on PATH")
    done = run("timers.py", "--armed", "500", "--rate", "10", "--seconds", "5", "--settles", "3")
    assert "an idle world of" in done.stdout, done.stdout + done.stderr[-2000:]
    assert done.stdout.count("target: p95 under 1 s, 10 a second: met") == 2, done.stdout


def table(page, head):
    """The rows of the Markdown table whose head begins so, by their first cell."""
    lines = page.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith(f"| {head}"))
    found = {}
    for line in lines[first + 2 :]:
        if not line.startswith("|"):
            break
        name, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        found[name.strip("`")] = [float(cell.replace(",", "")) if re.match(r"[\d.,]+$", cell) else cell for cell in cells]
    return found


@pytest.mark.bench
def test_growth_is_measured():
    """A few bots for some seconds: rows have sizes, play adds rows, more players add more, and retention bounds what stays."""
    if shutil.which("redis-server") is None:
        pytest.skip("no redis-server on PATH")
    done = run(
        "growth.py",
        "--bots",
        "8",
        "--seconds",
        "12",
        "--settles",
        "8",
        "--idle",
        "4",
        "--pause",
        "0.2",
        "--enough",
        "5",
        "--players",
        "100,1000",
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    rows, months, keys = (table(done.stdout, head) for head in ("table", "MiB of", "Redis key"))
    assert {"commands", "facts", "transfers", "visits", "audit", "notes", "reports"} <= set(rows)
    assert all(100 < rows[name][0] < 1_000 for name in ("audit", "notes", "reports", "visits")), "they have thousands of rows"
    assert rows["facts"][2] > 0
    assert rows["characters"][1] == 1
    assert (rows["facts"][-1], rows["notes"][-1]) == (7, "–")
    few, _, many, kept = months["facts"]
    assert 5 < many / few < 12, "an idle world adds some as well"
    assert kept < many, "a week of a month stays"
    assert months["together"][2] > months["facts"][2]
    assert keys["{world}:player:{id}:session"][0] == 8
    assert all(cells[1] > 0 for cells in keys.values())


@pytest.mark.bench
def test_the_server_is_measured_at_its_edges(tmp_path):
    """Every scenario with a few clients: nothing is lost, one player gets the thing, and all come back."""
    if shutil.which("redis-server") is None:
        pytest.skip("no redis-server on PATH")
    out = tmp_path / "scale.json"
    few = ("--idle", "40", "--seconds", "2", "--returning", "40", "--contenders", "8", "--rounds", "3", "--reads", "30")
    done = run("-m", "scale", *few, "--out", str(out))
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    found = json.loads(out.read_text(encoding="utf-8"))
    assert list(found) == ["idle", "returning", "contended", "start", "reads"]
    assert [line for line in done.stdout.splitlines() if line.startswith("scenario 5 of 5, reads: ")]
    assert (found["idle"]["connections"], found["idle"]["lost"]) == (40, 0)
    assert found["idle"]["longest pause, ms"] >= found["idle"]["delivery, p95, ms"] > 0
    assert found["returning"]["recovered, %"] == 100
    assert found["contended"]["who got it, a round"] == 1
    assert 0 < found["start"]["start, median, s"] < 60
    assert found["start"]["worker replaced, median, s"] > 0
    assert found["reads"]["look, p95, ms"] >= found["reads"]["look, p50, ms"] > 0
    assert "| contended | who got it, a round | 1 |" in out.with_suffix(".md").read_text(encoding="utf-8")


def test_make_bench_runs_all_of_it():
    """A look whether it measures, the peers, then the server at its edges."""
    recipe = (BENCH.parent / "Makefile").read_text(encoding="utf-8").partition("\nbench:")[2].partition("\n\n")[0]
    assert re.findall(r"python -m (\w+)", recipe) == ["pytest", "fanout", "scale"]
