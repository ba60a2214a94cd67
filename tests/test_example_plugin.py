"""The example for plugin authors works as its README says: installed for itself, proved by the shipped suite, in a process of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import echoes
import echoes_memory
import pytest
from distributions import BACKENDS, EXAMPLE, Site, install_example
from echoes.plugins import known_backends


@pytest.fixture
def installed(tmp_path) -> Path:
    """The files that an installer would leave behind, in a folder of its own."""
    Site(tmp_path).install("echoes-of-the-ashes", {BACKENDS: {"memory": "echoes_memory.plugin"}})
    install_example(tmp_path)
    shutil.copy(EXAMPLE / "prove.py", tmp_path)
    shutil.copy(EXAMPLE / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_example_proves_itself(installed):
    """Every law of the lock manager holds for it, and the server loads it."""
    packages = [str(installed), *(str(Path(package.__file__).parents[1]) for package in (echoes, echoes_memory))]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "prove.py"],
        cwd=installed,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(packages)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " skipped" not in done.stdout


def test_the_example_does_not_leak_into_our_own_discovery():
    """The server does not know it without an installation."""
    assert "sqlite" not in known_backends()
    assert "echoes_example" not in sys.modules
