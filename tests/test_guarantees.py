"""What `docs/guarantees.md` names exists: the ten promises, each with a test, every law of the checker, every fault."""

import ast
import re
from pathlib import Path

import pytest
from chaos.faults import ALL
from chaos.laws import LAWS

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", PAGE)))


@pytest.mark.parametrize(("path", "name"), NAMED, ids=[name for _, name in NAMED])
def test_every_named_test_exists(path, name):
    """In the file that the page says."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_the_ten_promises_are_there_each_with_a_test():
    """A row each, numbered as everywhere."""
    rows = re.findall(r"^\| (\d+)\. (.*)$", PAGE, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 11))
    assert all("`tests/" in row for _, row in rows)


def test_every_law_is_explained():
    """As the checker has them, in its order."""
    assert re.findall(r"^\| `(\w+)` \|", _part("## Laws"), re.MULTILINE) == list(LAWS)


def test_every_fault_is_listed():
    """As the injector has them, in its order."""
    assert re.findall(r"^\| `(\w+)` \|", _part("## Faults"), re.MULTILINE) == list(ALL)


def _part(title):
    return PAGE.split(title)[1].split("\n## ")[0]
