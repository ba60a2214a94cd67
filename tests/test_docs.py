"""The statements of `docs/plugins.md` are true: every hook is described, used by a real plugin, and the code shown is the example's."""

import ast
import re
from pathlib import Path

import echoes.testing
import pytest
from echoes import hookspecs

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
HOOKS = [name for name in vars(hookspecs) if name.startswith("echoes_")]
PLUGINS = [*ROOT.glob("plugins/*/*/**/*.py"), *ROOT.glob("tests/example_plugin/echoes_example/*.py")]
EXCERPTS = re.findall(r"```python\n# (\S+)\n(.*?)```", PAGE, re.DOTALL)


def test_the_page_lists_the_hooks_as_they_are():
    """The table has each hook once, in the catalogue's order."""
    assert re.findall(r"^\| `(echoes_\w+)` \|", PAGE, re.MULTILINE) == HOOKS


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_promise_and_a_real_plugin(hook):
    """No hook without a docstring, none without an implementation in this repository."""
    assert getattr(hookspecs, hook).__doc__
    implemented = {
        node.name
        for path in PLUGINS
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and any("hookimpl" in ast.unparse(mark) for mark in node.decorator_list)
    }
    assert hook in implemented


def test_the_page_names_every_contract():
    """Each suite that ships is in the table of suites."""
    contracts = [name for name in echoes.testing.__all__ if name.endswith("Contract")]
    assert sorted(re.findall(r"^\| `(\w+Contract)` \|", PAGE, re.MULTILINE)) == sorted(contracts)


@pytest.mark.parametrize(("path", "code"), EXCERPTS, ids=[f"{path}-{number}" for number, (path, _) in enumerate(EXCERPTS)])
def test_code_on_the_page_is_real(path, code):
    """Each excerpt stands in the file that it names, which is tested."""
    assert code in (ROOT / path).read_text(encoding="utf-8")


def test_no_code_on_the_page_is_unchecked():
    """Every Python block names its file; the entry points are the example's."""
    assert PAGE.count("```python") == len(EXCERPTS) > 0
    (toml,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert toml in (ROOT / "tests" / "example_plugin" / "pyproject.toml").read_text(encoding="utf-8")


def test_the_seam_version_on_the_page_is_current():
    """A new seam is a new page."""
    assert f"(now {hookspecs.SEAM_VERSION})" in PAGE
