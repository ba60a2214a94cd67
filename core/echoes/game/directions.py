"""The words for directions: what players type for them, and how prose speaks of leaving and arriving."""

SHORT = {"n": "north", "ne": "northeast", "e": "east", "se": "southeast", "s": "south", "sw": "southwest", "w": "west", "nw": "northwest",
         "u": "up", "d": "down", "inside": "in", "outside": "out", "indoors": "in", "outdoors": "out", "upstairs": "up", "downstairs": "down",
         "upwards": "up", "downwards": "down", "northwards": "north", "eastwards": "east", "southwards": "south", "westwards": "west"}  # fmt: skip
"""Short forms and other words, to the direction."""
THROUGH = {"enter": "in", "go through": "in", "exit": "out", "leave": "out", "go back out": "out"}
"""Lines that are a direction without naming one."""
_FROM = {"up": "from above", "down": "from below", "in": "from inside", "out": "from outside"}
_TOWARDS = {"up": "up", "down": "down", "in": "inside", "out": "outside"}


def towards(direction: str) -> str:
    """`north`, `inside`: completes “Mara leaves …”."""
    return _TOWARDS.get(direction, direction)


def coming_from(direction: str) -> str:
    """`from the north`, `from above`: completes “Mara arrives …”."""
    return _FROM.get(direction, f"from the {direction}")
