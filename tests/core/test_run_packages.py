"""A server that is installed to run has no packages for development: no command of `echoes` needs one."""

import subprocess
import sys

ABSENT = (
    "pytest",
    "_pytest",
    "pytest_asyncio",
    "hypothesis",
    "playwright",
    "fakeredis",
    "schemathesis",
    "jsonschema",
    "mypy",
)
"""Packages that the extras `dev` and `testing` bring."""
IMPORTED = f"""
import importlib, pkgutil, sys
sys.modules.update(dict.fromkeys({ABSENT!r}))
import echoes, echoes_memory, echoes_redis
for package in (echoes, echoes_memory, echoes_redis):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not module.name.endswith(("_contract", ".collector", ".__main__")):
            importlib.import_module(module.name)
"""


def test_each_module_but_the_contracts_is_imported_without_the_packages_for_tests():
    """`echoes bots` needed pytest, through the package of its client."""
    done = subprocess.run([sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_contracts_are_there_under_their_names():
    """They are imported when they are asked for, and an unknown name is an error."""
    wanted = "import echoes.testing as t; [getattr(t, name) for name in t.__all__]; assert not hasattr(t, 'Nothing')"
    done = subprocess.run([sys.executable, "-c", wanted], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
