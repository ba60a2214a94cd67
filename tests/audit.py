"""Before the audit: whether this environment has the packages that `constraints.txt` pins. pip-audit asks about the pins, not about what is installed."""

import re
import sys
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path

CONSTRAINTS = Path(__file__).parents[1] / "constraints.txt"
OURS = "echoes-of-the-ashes"


def canonical(name: str) -> str:
    """A distribution's name as packaging compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(lines: Iterable[str]) -> dict[str, str]:
    """The version of each pin, by name."""
    pins = (line.split("#")[0].strip().partition("==") for line in lines)
    return {canonical(name): version for name, _, version in pins if version}


def differences(installed: Mapping[str, str], pins: Mapping[str, str]) -> list[str]:
    """One sentence for each installed distribution that the audit would say nothing about."""
    return [
        f"{name} {version} is installed, but constraints.txt pins {pins[name]}: the audit asks about {pins[name]} only."
        if name in pins
        else f"{name} {version} is installed, but constraints.txt does not pin it: the audit does not ask about it."
        for name, version in sorted(installed.items())
        if pins.get(name) != version
    ]


def main() -> int:
    """Exit code 0 when the audit is one of this environment."""
    installed = {canonical(one.name): one.version for one in metadata.distributions() if canonical(one.name) != OURS}
    found = differences(installed, pinned(CONSTRAINTS.read_text(encoding="utf-8").splitlines()))
    for sentence in found:
        sys.stderr.write(f"{sentence}\n")
    if found:
        sys.stderr.write("Renew the environment: make clean, then make audit.\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
