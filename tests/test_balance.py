"""The simulation of lives gives the same figures for the same seed, and docs/balance.md names the content of its figures."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def lives(*options: str) -> str:
    """The figures of a few short lives."""
    command = [sys.executable, str(ROOT / "bench" / "balance.py"), "--lives", "4", "--hours", "1", "--jobs", "1", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


def test_the_same_seed_gives_the_same_lives_and_another_seed_gives_others():
    """Each table is there, and no life ends before its first level."""
    first = lives("--seed", "3")
    assert first == lives("--seed", "3")
    assert first != lives("--seed", "4")
    assert re.search(r"^\| 2 \| \d+ % ", first, re.MULTILINE)
    assert "Cinder Market" in first
    assert "First fights lost" in first


def test_the_page_names_the_content_and_the_lives_of_its_figures_and_has_its_plots():
    """A reader sees what the figures were made with, and how to make them again."""
    page = (ROOT / "docs" / "balance.md").read_text("utf-8")
    assert re.search(r"^Content version `[0-9a-f]{16}`, 1000 lives of at most 4 hours, seed 1\.$", page, re.MULTILINE)
    for plot in re.findall(r"\]\((balance-\w+\.svg)\)", page):
        assert (ROOT / "docs" / plot).read_text("utf-8").startswith("<svg")
