"""Rooms: floors, walls and vaults in perspective."""

from math import pi

from ink.lines import Cut, Point, Points, oval
from ink.tones import tone
from ink.view import View


def room(view: View, half: float, height: float, near: float, far: float, tones: tuple[float, float, float, float, float]) -> None:
    """Print an empty hall: tones of floor, left wall, right wall, ceiling and end wall."""
    floor, left, right, ceiling, end = (tone(light) for light in tones)
    view.face(view_corners(half, height, near, far, "floor"), floor, 0)
    view.face(view_corners(half, height, near, far, "left"), left, 0)
    view.face(view_corners(half, height, near, far, "right"), right, 0)
    view.face(view_corners(half, height, near, far, "ceiling"), ceiling, 0)
    view.plate.fill(view.front(-half, half, 0, height, far), end, wobble=0.6)


def view_corners(half: float, height: float, near: float, far: float, part: str) -> list[tuple[float, float, float]]:
    """Give the corners of one side of a hall."""
    corners = {
        "floor": ((-half, 0), (half, 0)),
        "ceiling": ((-half, height), (half, height)),
        "left": ((-half, 0), (-half, height)),
        "right": ((half, 0), (half, height)),
    }[part]
    (x0, y0), (x1, y1) = corners
    return [(x0, y0, near), (x1, y1, near), (x1, y1, far), (x0, y0, far)]


def wall_cuts(
    view: View, x: float, y0: float, y1: float, z0: float, z1: float, count: int, ink: str, wide: float = 1.5, alpha: float = 0.5
) -> None:
    """Cut strokes into a side wall that all run to the vanishing point."""
    dice = view.plate.dice
    cuts: list[Cut] = []
    for i in range(count):
        y = y0 + (y1 - y0) * (i + dice.random()) / count
        a = 1 / (1 / z1 + (1 / z0 - 1 / z1) * dice.uniform(0.15, 1))
        b = a * dice.uniform(1.15, 1.9)
        start, end = view.at(x, y, a), view.at(x, y, min(b, z1))
        cuts.append((*start, *end, wide * min(1, z0 / a * 1.5 + 0.2)))
    view.plate.cuts(cuts, ink, alpha=alpha)


def grid(
    view: View, x0: float, x1: float, z0: float, z1: float, step: float, ink: str, width: float = 1, y: float = 0.0, alpha: float = 0.6
) -> None:
    """Draw square flagstones on a floor."""
    runs: list[Points] = []
    count = int((x1 - x0) / step)
    runs += [[view.at(x0 + step * i, y, z0), view.at(x0 + step * i, y, z1)] for i in range(count + 1)]
    z = z0
    while z < z1:
        runs.append([view.at(x0, y, z), view.at(x1, y, z)])
        z += step * (1 if z < z0 + 6 * step else 2)
    view.plate.lines(runs, ink, width, wobble=0.6, step=80, alpha=alpha)


def vault(view: View, half: float, spring: float, z: float, count: int = 15, rise: float | None = None, floor: float = 0.0) -> list[Point]:
    """Give the outline of a vaulted cross-section at a distance: straight walls, and a round or flatter head."""
    crown = half if rise is None else rise
    left, foot = view.at(-half, floor, z), view.at(half, floor, z)
    middle = view.at(0, spring, z)
    return [left, *oval(middle[0], middle[1], view.size(half, z), view.size(crown, z), count, pi, pi), foot]


def tunnel(view: View, half: float, spring: float, rings: list[float], lights: list[float], *, rise: float | None = None) -> None:
    """Print a vault as nested rings, the nearest first; tones of the stretch behind each ring."""
    for z, light in zip(rings, lights, strict=True):
        view.plate.fill(vault(view, half, spring, z, rise=rise), tone(light), wobble=0.8, step=40)


def ring_cuts(
    view: View,
    half: float,
    spring: float,
    z0: float,
    z1: float,
    rows: int,
    ink: str,
    *,
    wide: float = 1.4,
    alpha: float = 0.5,
    rise: float | None = None,
) -> None:
    """Cut short strokes along the vault's brick rings."""
    dice = view.plate.dice
    cuts: list[Cut] = []
    for i in range(rows):
        z = 1 / (1 / z1 + (1 / z0 - 1 / z1) * (i + dice.random()) / rows)
        outline = vault(view, half, spring, z, 27, rise)[1:-1]
        at = dice.randrange(3)
        while at < len(outline) - 2:
            (ax, ay), (bx, by) = outline[at], outline[at + 1]
            cuts.append((ax, ay, bx, by, wide * min(1, z0 / z + 0.25)))
            at += dice.randrange(1, 5)
    view.plate.cuts(cuts, ink, alpha=alpha)
