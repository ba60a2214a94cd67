"""The map in the package's docstring names every module once, and nothing that is not there."""

import ast
import re
from pathlib import Path

import echoes_redis

PACKAGE = Path(echoes_redis.__file__).parent
MAP = echoes_redis.__doc__


def test_the_map_lists_every_module_once():
    """A new module has a line of its own."""
    listed = re.findall(r"^    (\w+\.py) +\S", MAP, re.MULTILINE)
    assert sorted(listed) == sorted(path.name for path in PACKAGE.glob("*.py") if path.name != "__init__.py")


def test_every_method_in_the_map_exists():
    """The method that the map names after a class and a dot is found in that class."""
    classes = {
        node.name: ast.unparse(node)
        for path in PACKAGE.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    }
    named = re.findall(r"`([A-Z]\w+)\.(\w+)`", MAP)
    assert named
    assert [f"{owner}.{name}" for owner, name in named if not re.search(rf"\b{name}\b", classes.get(owner, ""))] == []
