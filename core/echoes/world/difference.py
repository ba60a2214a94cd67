"""The differences between two contents, for an operator who checks them before a push."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import msgspec

from .model import World
from .parts import taken_apart
from .problem import quoted

SIGN = {"added": "+", "removed": "-", "changed": "~"}


class Difference(NamedTuple):
    """One thing that was added, removed or changed, and which of its fields."""

    kind: str
    id: str
    change: Literal["added", "removed", "changed"]
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Say it in one line: `~ location overpass: exits.north.stamina 5 → 8, description`."""
        line = f"{SIGN[self.change]} {self.kind} {self.id}"
        return f"{line}: {', '.join(self.fields)}" if self.fields else line


def differences(before: World | None, after: World) -> list[Difference]:
    """All of them, sorted by kind and id; before the first content everything is added."""
    old = {} if before is None else taken_apart(before)
    new = taken_apart(after)
    found: list[Difference] = []
    for part in sorted(old.keys() | new.keys()):
        if part not in old:
            found.append(Difference(*part, "added"))
        elif part not in new:
            found.append(Difference(*part, "removed"))
        elif old[part] != new[part]:
            fields = _fields("", msgspec.to_builtins(old[part]), msgspec.to_builtins(new[part]))
            found.append(Difference(*part, "changed", tuple(fields)))
    return found


def _fields(path: str, old: object, new: object) -> Iterator[str]:
    """The paths at which two values differ; short ones with both values."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            if old.get(key) != new.get(key):
                yield from _fields(f"{path}.{key}" if path else str(key), old.get(key), new.get(key))
    elif _is_short(old) and _is_short(new):
        yield f"{path} {_said(old)} → {_said(new)}"
    else:
        yield path


def _is_short(value: object) -> bool:
    return value is None or isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= 40)


def _said(value: object) -> str:
    if value is None:
        return "nothing"
    return quoted(value) if isinstance(value, str) else str(value)
