"""The parts that `docs/guarantees.md` names exist: the ten promises, each with a test, every law of the checker, every fault."""

import ast
import re
from pathlib import Path

import pytest
from chaos.faults import ALL
from chaos.laws import LAWS
from chaos.test_soak import GUILTY

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", PAGE)))


@pytest.mark.parametrize(("path", "name"), NAMED, ids=[name for _, name in NAMED])
def test_every_named_test_exists(path, name):
    """In the file that the page says."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize(("path", "name"), NAMED, ids=[name for _, name in NAMED])
def test_every_named_test_runs_in_make_test_or_the_page_says_otherwise(path, name):
    """Wherever the page names it."""
    says = re.findall(rf"`{re.escape(path)}::{name}`( \(in `make soak`\))?", PAGE)
    assert {bool(one) for one in says} == {_runs_in_soak_alone(path, name)}


def _runs_in_soak_alone(path, name):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    marks = [ast.unparse(node.value) for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"]
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            marks += [ast.unparse(one) for one in node.decorator_list]
    return any("pytest.mark.soak" in mark for mark in marks)


def test_every_broken_server_is_listed():
    """As the tests play them."""
    listed = re.findall(r"^\| `(\w+)` \| [^|]+ \| `(\w+)` \|$", _part("That the checker would notice"), re.MULTILINE)
    assert listed == [(broken, law) for broken, _, law in GUILTY]


def test_the_ten_promises_are_there_each_with_a_test():
    """A section each, numbered as everywhere."""
    sections = re.findall(r"^### (\d+)\. (.*?)(?=^##)", PAGE, re.MULTILINE | re.DOTALL)
    assert [int(number) for number, _ in sections] == list(range(1, 11))
    assert all("`tests/" in text for _, text in sections)


def test_every_law_is_explained():
    """As the checker has them, in its order."""
    assert re.findall(r"^\| `(\w+)` \|", _part("## Laws"), re.MULTILINE) == list(LAWS)


def test_every_fault_is_listed():
    """As the injector has them, in its order."""
    assert re.findall(r"^\| `(\w+)` \|", _part("## Faults"), re.MULTILINE) == list(ALL)


def _part(title):
    return PAGE.split(title)[1].split("\n## ")[0]
