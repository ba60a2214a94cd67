"""The way between two places over known ones."""

from collections import deque
from collections.abc import Collection

from .model import World


def route(world: World, known: Collection[str], origin: str, goal: str) -> list[str]:
    """The directions of a way with the fewest steps from `origin` to `goal` through locations of `known` only; empty when there is none."""
    allowed = {*known} & world.locations.keys()
    came: dict[str, tuple[str, str]] = {origin: ("", "")}
    waiting = deque([origin])
    while waiting and goal not in came:
        here = waiting.popleft()
        for direction, way in world.locations[here].exits.items():
            if way.to in allowed and way.to not in came:
                came[way.to] = here, direction
                waiting.append(way.to)
    steps: list[str] = []
    at = goal if goal in came else origin
    while at != origin:
        at, step = came[at]
        steps.append(step)
    return steps[::-1]
