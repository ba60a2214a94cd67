"""The words for directions: short forms that players type, and how prose speaks of leaving and arriving."""

SHORT = {"n": "north", "ne": "northeast", "e": "east", "se": "southeast", "s": "south", "sw": "southwest", "w": "west", "nw": "northwest",
         "u": "up", "d": "down"}  # fmt: skip
_FROM = {"up": "from above", "down": "from below", "in": "from inside", "out": "from outside"}
_TOWARDS = {"up": "up", "down": "down", "in": "inside", "out": "outside"}


def towards(direction: str) -> str:
    """`north`, `inside`: completes “Mara leaves …”."""
    return _TOWARDS.get(direction, direction)


def coming_from(direction: str) -> str:
    """`from the north`, `from above`: completes “Mara arrives …”."""
    return _FROM.get(direction, f"from the {direction}")
