"""The page's modules that need no browser, each by itself: `node --test`."""

import subprocess
from pathlib import Path

import prepare
import pytest

HERE = Path(__file__).parent
UNITS = sorted((HERE / "units").glob("*.test.js"))


@pytest.mark.usefixtures("tools")
@pytest.mark.parametrize("unit", UNITS, ids=[unit.name.removesuffix(".test.js") for unit in UNITS])
def test_units(unit):
    """Every test of one file passes."""
    done = subprocess.run([prepare.find("node"), "--test", unit], cwd=HERE, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
