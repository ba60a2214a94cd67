"""The benchmark of queries meets its targets, and that of timers measures."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[1] / "bench"


def run(program, *options):
    """Run a benchmark without the settings of this machine."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("ECHOES_", "REDIS_", "WORKERS"))}
    command = [sys.executable, str(BENCH / program), *options]
    return subprocess.run(command, env=clean, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.slow
def test_the_cache_saves_the_queries_that_it_should():
    """A small mix, played both ways: at least 80 % fewer queries, and the hit rates that are aimed at."""
    done = run("queries.py", "--bots", "5", "--commands", "80")
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert "every target is met" in done.stdout


@pytest.mark.slow
def test_timers_are_measured():
    """A few of them for a few seconds: they happen at their rate, and in time. The cost of an idle world depends on the machine."""
    if shutil.which("redis-server") is None:
        pytest.skip("no redis-server on PATH")
    done = run("timers.py", "--armed", "500", "--rate", "10", "--seconds", "5", "--settles", "3")
    assert "an idle world of" in done.stdout, done.stdout + done.stderr[-2000:]
    assert done.stdout.count("target: p95 under 1 s, 10 a second: met") == 2, done.stdout
