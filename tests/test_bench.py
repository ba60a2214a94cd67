"""The benchmark of queries meets its targets, and the others measure: `make bench` begins with those that take long."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))
from pause_plugin import pauses
from scale.figures import markdown

BENCH = Path(__file__).parents[1] / "bench"


def run(*words):
    """Run a benchmark without the settings of this machine: a program of the folder, or `-m` and a package."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("ECHOES_", "REDIS_", "WORKERS"))}
    clean["PYTHONPATH"] = str(BENCH)
    command = [sys.executable, *words] if words[0] == "-m" else [sys.executable, str(BENCH / words[0]), *words[1:]]
    return subprocess.run(command, env=clean, capture_output=True, text=True, timeout=220, check=False)


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


def at_its_edges(out, *words):
    """The figures of `scale`, its Markdown, and its output."""
    if shutil.which("redis-server") is None:
        pytest.skip("no redis-server on PATH")
    done = run("-m", "scale", *words, "--out", str(out))
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    return json.loads(out.read_text(encoding="utf-8")), out.with_suffix(".md").read_text(encoding="utf-8"), done.stdout


@pytest.mark.bench
def test_the_server_is_measured_at_its_edges(tmp_path):
    """The short scenarios with a few clients: nothing is lost, one player gets the thing, and all come back."""
    few = ("--idle", "40", "--seconds", "2", "--returning", "40", "--contenders", "8", "--rounds", "3", "--reads", "30")
    names = ["idle", "returning", "contended", "start", "reads"]
    found, page, printed = at_its_edges(tmp_path / "scale.json", *few, "--scenarios", ",".join(names))
    assert list(found) == names
    assert [line for line in printed.splitlines() if line.startswith("scenario 5 of 5, reads: ")]
    assert (found["idle"]["connections"], found["idle"]["lost"]) == (40, 0)
    assert found["idle"]["longest pause, ms"] >= found["idle"]["delivery, p95, ms"] > 0
    assert {workers: one["recovered, %"] for workers, one in found["returning"].items()} == {"2 workers": 100, "1 worker": 100}
    assert found["contended"]["who got it, a round"] == 1
    assert 0 < found["start"]["start, median, s"] < 60
    assert found["start"]["worker replaced, median, s"] > 0
    assert found["reads"]["look, p95, ms"] >= found["reads"]["look, p50, ms"] > 0
    assert "| contended | who got it, a round | 1 |" in page
    assert "| returning | players |" in page


@pytest.mark.bench
def test_players_at_a_human_pace_are_measured(tmp_path):
    """A few of them: they read and hear each other over two workers, and the workers' pauses were written down."""
    few = ("--players", "24", "--playing", "8", "--pause", "0.4")
    found = at_its_edges(tmp_path / "scale.json", *few, "--scenarios", "players")[0]["players"]
    assert found["delivery to the other worker, longest, ms"] >= found["delivery to the other worker, p95, ms (target: 2)"] > 0
    assert found["cached read, p95, ms (target: 3)"] >= found["cached read, p50, ms"] > 0
    assert found["longest pause of a worker, at most, ms (target: 20)"] > 0
    assert found["longest run of the garbage collector, at most, ms"] >= 0
    assert found["a command: CPU of the server, ms"] > 0
    assert found["a command: Redis calls"] > 0


@pytest.mark.bench
def test_the_cost_of_a_command_is_measured_by_the_size_of_the_room(tmp_path):
    """A message is delivered to all others of the room; most commands succeed, and each kind has a row."""
    few = ("--actors", "20", "--sizes", "1,20", "--each", "2", "--rate", "40")
    found, page, _ = at_its_edges(tmp_path / "scale.json", *few, "--scenarios", "rooms")
    plot = (tmp_path / "plots" / "scale-rooms.svg").read_text(encoding="utf-8")
    assert all(f">{case}<" in plot for case in found["rooms"])
    rows = found["rooms"]
    assert len(rows) == 15, "gifts need two players"
    assert rows["say, room of 20"]["deliveries"] == pytest.approx(19, rel=0.05)
    assert rows["say, room of 1"]["deliveries"] < 0.5
    assert all(one["commands a second"] > 0 for one in rows.values())
    assert all(one["refused, %"] < 50 for one in rows.values()), rows
    assert "| rooms | commands a second |" in page


@pytest.mark.bench
def test_more_workers_are_measured(tmp_path):
    """The same deliveries and the same play on one and on four: nothing is lost, and costs have a ratio."""
    few = ("--deliveries", "2000", "--step", "0.5", "--bots", "6", "--bots-seconds", "4")
    found = at_its_edges(tmp_path / "scale.json", *few, "--scenarios", "workers")[0]["workers"]
    one, four, ratios = found.values()
    assert (one["lost"], four["lost"]) == (0, 0)
    for title, ratio in ratios.items():
        assert ratio == pytest.approx(four[title] / one[title])
    assert {title.partition(",")[0] for title in ratios} >= {"CPU of the workers", "a command of play: CPU of the server"}


@pytest.mark.bench
def test_the_fan_out_of_this_server_is_measured(tmp_path):
    """In two sizes. No message is missed or doubled, also when a worker is killed."""
    if shutil.which("redis-server") is None:
        pytest.skip("no redis-server on PATH")
    out = tmp_path / "fanout.json"
    few = ("--rounds", "1", "--clients", "8", "--size", "4", "--also", "12x4", "--seconds", "0.5", "--rates", "200")
    done = run("-m", "fanout", *few, "--peers", "echoes", "--out", str(out))
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    (found,) = json.loads(out.read_text(encoding="utf-8"))["echoes"]
    assert "failed" not in found
    assert (found["fan-out 200"]["lost"], found["fan-out 200"]["doubled"], found["fan-out 200"]["misplaced"]) == (0, 0, 0)
    assert (found["kill -9"]["missed_per_client"], found["kill -9"]["doubled_per_client"]) == (0, 0)
    assert found["kill -9"]["cut_off"] > 0
    assert {"saturation", "saturation 12x4", "ping", "memory"} <= set(found)
    assert (tmp_path / "plots" / "saturation.svg").exists()


def test_a_scenario_with_cases_has_a_table_of_its_own():
    """Numbers stand in one table for all scenarios; a case without a figure has a dash."""
    page = markdown({"reads": {"look, ms": 0.914}, "rooms": {"say": {"p95, ms": 2, "deliveries": 19}, "look": {"p95, ms": 1}}})
    assert "| reads | look, ms | 0.91 |" in page
    assert "| rooms | p95, ms | deliveries |\n|---|---:|---:|\n| say | 2 | 19 |\n| look | 1 | – |" in page


def test_pauses_of_all_workers_count_between_two_moments(tmp_path):
    """Those of the start and of the end do not count. Without a worker's file there is no figure."""
    with pytest.raises(SystemExit, match="no worker"):
        pauses(tmp_path, 0, 9)
    (tmp_path / "1.json").write_text("[[1.0, 0.5], [2.0, 0.02]]", encoding="utf-8")
    (tmp_path / "2.json").write_text("[[2.5, 0.03], [9.5, 0.7]]", encoding="utf-8")
    assert pauses(tmp_path, 1.5, 9.0) == [0.02, 0.03]


def test_make_bench_runs_all_of_it():
    """A look whether it measures, the peers, then the server at its edges."""
    recipe = (BENCH.parent / "Makefile").read_text(encoding="utf-8").partition("\nbench:")[2].partition("\n\n")[0]
    assert re.findall(r"python -m (\w+)", recipe) == ["pytest", "fanout", "scale"]
