"""Files for contributors and for continuous integration name what exists."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_every_phony_target_has_a_recipe():
    """A listed target without a recipe fails only when it is called."""
    (names,) = re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
    assert set(names.split()) <= set(re.findall(r"^([\w.]+):", MAKEFILE, re.MULTILINE))


def test_pre_commit_runs_the_checks_of_make_lint():
    """No check is in one of them alone."""
    (recipe,) = re.findall(r"^lint:.*\n((?:\t.+\n)+)", MAKEFILE, re.MULTILINE)
    by_make = {line.strip().replace("$(BIN)", ".venv/bin").removesuffix(" .") for line in recipe.splitlines()}
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]
    assert {hook["entry"].removesuffix(" --force-exclude") for hook in hooks} == by_make


def test_the_workflow_covers_the_supported_pythons():
    """The oldest that the package allows is among them, and everything goes through `.ci/run`."""
    job = WORKFLOW["jobs"]["test"]
    pythons = {one["python"] for one in job["strategy"]["matrix"]["include"]}
    assert PROJECT["requires-python"].removeprefix(">=") == min(pythons, key=lambda version: int(version.split(".")[1]))
    assert job["steps"][-1]["run"] == "bash .ci/run"


@pytest.mark.parametrize("group", ["", *PROJECT["optional-dependencies"]])
def test_no_dependency_is_listed_twice(group):
    """Two ranges for one package would be two truths."""
    listed = PROJECT["optional-dependencies"][group] if group else PROJECT["dependencies"]
    names = [re.match(r"[\w.-]+", line)[0].lower() for line in listed]
    assert len(names) == len(set(names))


def test_the_table_of_where_to_change_the_code_fits_the_tree():
    """Each row names a path that exists; a name behind two colons is defined in that file."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (an? .+?) \| (.+) \|$", page, re.MULTILINE)
    assert len(rows) > 20
    for what, where in rows:
        named = re.findall(r"`([\w./-]*[./][\w./-]*)(?:::(\w+))?`", where)
        assert named, what
        for path, name in named:
            assert (ROOT / path).exists(), (what, path)
            assert not name or _defines(ROOT / path, name), (what, name)


def _defines(path, name):
    """Whether a file defines a function, a class or a constant."""
    return re.search(
        rf"^(?:(?:async )?def|class|create or replace function) {name}\b|^{name}\b.* = ", path.read_text(encoding="utf-8"), re.MULTILINE
    )
