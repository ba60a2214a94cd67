"""The tools that check the page, as `package.json` pins them: installed with npm on first use, and whenever that file has changed."""

import fcntl
import os
import subprocess
from pathlib import Path

import prepare
import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def tools():
    """The folder with the programs. Without npm the tests that ask are skipped, or fail under CI=true."""
    if prepare.find("npm") is None:
        return _missing("no npm (Debian: apt-get install nodejs npm)")
    modules = HERE / "node_modules"
    modules.mkdir(exist_ok=True)
    # Several processes run tests side by side; one of them installs.
    with (modules / ".echoes.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _installed(modules)


def _installed(modules):
    wanted = (HERE / "package.json").read_text(encoding="utf-8")
    installed = modules / ".echoes"
    if not installed.exists() or installed.read_text(encoding="utf-8") != wanted:
        made = subprocess.run(
            ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund"],
            cwd=HERE, capture_output=True, text=True, timeout=200, check=False,
        )  # fmt: skip
        if made.returncode:
            return _missing(f"npm cannot install tests/client/package.json:\n{made.stderr[-2000:]}")
        installed.write_text(wanted, encoding="utf-8")
    return modules / ".bin"


def _missing(why):
    if os.environ.get("CI") == "true":
        pytest.fail(f"{why}; under CI=true nothing is skipped")
    return pytest.skip(why)
