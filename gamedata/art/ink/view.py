"""Perspective: a place in metres, seen from where somebody stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

from ink.lines import Cut, Point
from ink.plate import Plate
from ink.tones import tone

Spot = tuple[float, float, float]
"""Metres to the right of the eye, above the ground, and away from the eye."""


@dataclass
class View:
    """An eye: its height, where the horizon lies in the picture, and how the air greys what is far."""

    plate: Plate
    horizon: float = 225
    centre: float = 400
    eye: float = 1.7
    focal: float = 520
    haze: float = 0.5
    reach: float = 60

    def at(self, x: float, y: float, z: float) -> Point:
        """Give the place in the picture of a spot."""
        return (self.centre + self.focal * x / z, self.horizon + self.focal * (self.eye - y) / z)

    def size(self, metres: float, z: float) -> float:
        """Give how long a length looks at a distance."""
        return self.focal * metres / z

    def air(self, light: float, z: float) -> str:
        """Give a tone as it looks through so much haze."""
        return tone(light + (self.haze - light) * (1 - exp(-z / self.reach)))

    def poly(self, spots: Sequence[Spot]) -> list[Point]:
        """Give the outline of a flat thing."""
        return [self.at(*spot) for spot in spots]

    def face(self, spots: Sequence[Spot], ink: str, wobble: float = 0.8, alpha: float = 1) -> None:
        """Print a flat thing."""
        self.plate.fill(self.poly(spots), ink, wobble=wobble, alpha=alpha)

    def ground(self, x0: float, x1: float, z0: float, z1: float, y: float = 0.0) -> list[Point]:
        """Give the outline of a level area."""
        return self.poly([(x0, y, z0), (x1, y, z0), (x1, y, z1), (x0, y, z1)])

    def side(self, x: float, z0: float, z1: float, y0: float, y1: float) -> list[Point]:
        """Give the outline of a wall that leads away from the eye."""
        return self.poly([(x, y0, z0), (x, y1, z0), (x, y1, z1), (x, y0, z1)])

    def front(self, x0: float, x1: float, y0: float, y1: float, z: float) -> list[Point]:
        """Give the outline of a wall that faces the eye."""
        return self.poly([(x0, y0, z), (x0, y1, z), (x1, y1, z), (x1, y0, z)])

    def box(self, x: float, y: float, z: float, size: Spot, light: float = 0.2, wobble: float = 0.8) -> None:
        """Print a box: x of its middle, y of its foot, z of its near face; three sides in three tones."""
        wide, high, deep = size
        left, right, top, back = x - wide / 2, x + wide / 2, y + high, z + deep
        if top < self.eye:
            self.plate.fill(self.ground(left, right, z, back, top), self.air(light + 0.16, z), wobble=wobble)
        if left > 0:
            self.plate.fill(self.side(left, z, back, y, top), self.air(light - 0.09, z), wobble=wobble)
        if right < 0:
            self.plate.fill(self.side(right, z, back, y, top), self.air(light - 0.09, z), wobble=wobble)
        self.plate.fill(self.front(left, right, y, top, z), self.air(light, z), wobble=wobble)

    def floor_cuts(
        self, x0: float, x1: float, z0: float, z1: float, rows: int, ink: str, wide: float = 1.8, alpha: float = 0.6, y: float = 0
    ) -> None:
        """Print level gouge strokes on a floor, wider and further apart where they are near."""
        dice = self.plate.dice
        cuts: list[Cut] = []
        for row in range(rows):
            z = 1 / (1 / z1 + (1 / z0 - 1 / z1) * (row + dice.uniform(0, 0.7)) / rows)
            left, right = self.at(x0, y, z), self.at(x1, y, z)
            here, end = max(left[0], -20), min(right[0], 820)
            here += dice.uniform(0, 50)
            while here < end:
                length = dice.uniform(30, 170)
                cuts.append((here, left[1], min(here + length, end), left[1] + dice.uniform(-1, 1), wide * min(1.0, 0.35 + z0 / z)))
                here += length + dice.uniform(12, 120)
        self.plate.cuts(cuts, ink, alpha=alpha)

    def runs(self, xs: Sequence[float], z0: float, z1: float, ink: str, width: float, y: float = 0.0, alpha: float = 1) -> None:
        """Print bands that lead away from the eye, as rails and kerbs do; width in metres."""
        areas = [self.poly([(x - width / 2, y, z0), (x + width / 2, y, z0), (x + width / 2, y, z1), (x - width / 2, y, z1)]) for x in xs]
        self.plate.fills(areas, ink, wobble=0.4, step=60, alpha=alpha)
