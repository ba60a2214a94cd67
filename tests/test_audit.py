"""`make audit` speaks of what is installed: pip and setuptools of the environment included."""

import re
from pathlib import Path

import pytest
from audit import differences, pinned

ROOT = Path(__file__).parents[1]
PINS = pinned((ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("tool", ["pip", "setuptools"])
def test_an_old_tool_of_the_environment_is_named(tool):
    """With its version and the pin."""
    (sentence,) = differences({**PINS, tool: "20.0"}, PINS)
    assert sentence.startswith(f"{tool} 20.0 is installed, but constraints.txt pins {PINS[tool]}")


def test_a_package_without_a_pin_is_named_and_a_pin_without_a_package_is_not():
    """Markers leave packages out on some versions of Python."""
    assert differences({"stray": "1.0"}, PINS) == [
        "stray 1.0 is installed, but constraints.txt does not pin it: the audit does not ask about it."
    ]
    assert differences(PINS, PINS) == []
    assert pinned(["# a comment", "A_b.c==1.0  # why", ""]) == {"a-b-c": "1.0"}


def test_the_audit_looks_at_the_environment_first():
    """Before it asks PyPI, which some places cannot reach."""
    recipe = re.search(r"^audit: .*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[1].splitlines()
    assert [line.split()[1 if "python" in line else 0] for line in recipe] == ["tests/audit.py", "$(BIN)/pip-audit"]
