"""A fault in the game data, described for its author with file, line and what to change."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from msgspec import Struct

Severity = Literal["error", "warning"]

Trail = tuple[str | int, ...]
"""How to get to a value from its file's root: keys and list indexes, `("exits", "north", "to")`."""

LONGEST_QUOTE = 60


class SourcePosition(NamedTuple):
    """Where a value starts in its file; both count from 1, the column in characters."""

    line: int
    column: int


class Problem(Struct, frozen=True, order=True):
    """One fault. Sorts by file, line and column; prints as one line that editors and terminals can jump to."""

    file: str
    """Relative to the content folder, with forward slashes; of an extension's content behind `extension <name>: `."""
    line: int
    column: int
    path: str
    """The value's path inside the file, `exits.north.to`; empty for the file as a whole."""
    message: str
    severity: Severity = "error"
    """An error keeps the server from starting with this content; a warning never does."""

    def __str__(self) -> str:
        """Say it as `file:line:column path: message`."""
        warning = "warning: " if self.severity == "warning" else ""
        path = f"{self.path}: " if self.path else ""
        return f"{self.file}:{self.line}:{self.column} {warning}{path}{self.message}"


class ContentError(Exception):
    """The game data cannot be used. Carries every problem found, warnings too, sorted by file and line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))


def quoted(text: str) -> str:
    """Put text in quotes for a message: on one line, printable, shortened when long."""
    return repr(text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 1] + "…")


def dotted(trail: Trail) -> str:
    """Spell a trail as people write it: `interactables.car.aliases[0]`."""
    path = ""
    for step in trail:
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            plain = step.isprintable() and 0 < len(step) <= LONGEST_QUOTE
            path += ("." if path else "") + (step if plain else quoted(step))
    return path
