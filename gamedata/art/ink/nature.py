"""What grows, and what used to: burnt trees, leaves, grass, ivy, ferns, reeds and palms."""

from math import cos, pi, sin

from ink.lines import Cut, Point, Points, sag
from ink.plate import Plate


def tree(
    plate: Plate,
    x: float,
    base: float,
    height: float,
    ink: str,
    *,
    lean: float = 0.0,
    forks: int = 5,
    wide: float = 0.09,
    spread: float = 0.55,
) -> list[Point]:
    """Print a bare burnt tree; give the tips of its twigs."""
    limbs: list[Points] = []
    tips: list[Point] = []

    def grow(x: float, y: float, angle: float, length: float, width: float, depth: int) -> None:
        bend = angle + plate.dice.uniform(-0.16, 0.16)
        x1, y1 = x + length * sin(bend), y - length * cos(bend)
        c, s = cos(angle), sin(angle)
        thin = width * 0.66
        limbs.append(
            [(x - c * width, y - s * width), (x1 - c * thin, y1 - s * thin), (x1 + c * thin, y1 + s * thin), (x + c * width, y + s * width)]
        )
        if depth == 0:
            tips.append((x1, y1))
            return
        for side in (-1, 1):
            if depth < forks - 1 and plate.dice.random() < 0.12:
                continue
            grow(
                x1, y1, bend + side * spread * plate.dice.uniform(0.5, 1.2), length * plate.dice.uniform(0.66, 0.86), thin * 0.82, depth - 1
            )

    grow(x, base, lean, height * 0.3, height * wide / 2, forks)
    plate.fills(limbs, ink, wobble=0.5, step=24)
    return tips


def leaves(plate: Plate, places: list[Point], ink: str, *, each: int = 4, reach: float = 12, size: float = 7, alpha: float = 1) -> None:
    """Scatter leaves around places."""
    dice = plate.dice
    cuts: list[Cut] = []
    for x, y in places:
        for _ in range(each):
            angle, away = dice.uniform(0, 2 * pi), reach * dice.uniform(0, 1)
            a, b = x + away * cos(angle), y + away * sin(angle)
            turn = dice.uniform(0, pi)
            long = size * dice.uniform(0.6, 1.2)
            cuts.append((a, b, a + long * cos(turn), b + long * sin(turn), long * 0.42))
    plate.cuts(cuts, ink, alpha=alpha)


def grass(
    plate: Plate,
    x0: float,
    x1: float,
    base: float,
    height: float,
    count: int,
    ink: str,
    *,
    lean: float = 0.0,
    wide: float = 1.6,
    slope: float = 0.0,
    alpha: float = 1,
) -> None:
    """Print blades of grass along a line that may slope."""
    dice = plate.dice
    cuts: list[Cut] = []
    for _ in range(count):
        t = dice.random()
        x, y = x0 + (x1 - x0) * t, base + slope * t
        high = height * dice.uniform(0.45, 1)
        cuts.append((x, y, x + (lean + dice.uniform(-0.3, 0.3)) * high, y - high, wide))
    plate.cuts(cuts, ink, alpha=alpha)


def wheat(
    plate: Plate,
    x0: float,
    x1: float,
    base: float,
    height: float,
    count: int,
    stalk: str,
    ear: str,
    *,
    lean: float = 0.08,
    size: float = 1.0,
) -> None:
    """Print standing corn: stalks with heavy ears."""
    dice = plate.dice
    stalks: list[Cut] = []
    ears: list[Cut] = []
    for _ in range(count):
        x, high = dice.uniform(x0, x1), height * dice.uniform(0.65, 1)
        tip = x + (lean + dice.uniform(-0.12, 0.12)) * high
        stalks.append((x, base, tip, base - high, 0.9 * size))
        ears.append((tip, base - high + 3, tip + dice.uniform(0, 6) * size, base - high - 13 * size, 3.4 * size))
    plate.cuts(stalks, stalk)
    plate.cuts(ears, ear)


def fern(
    plate: Plate, x: float, y: float, reach: float, fronds: int, ink: str, *, low: float = -1.3, high: float = 1.3, droop: float = 0.35
) -> None:
    """Print a fern: fronds from one root, each with leaflets on both sides. Angles are from straight up."""
    dice = plate.dice
    cuts: list[Cut] = []
    for i in range(fronds):
        angle = low + (high - low) * (i + dice.uniform(0.2, 0.8)) / fronds
        long = reach * dice.uniform(0.7, 1)
        tip = (x + long * sin(angle), y - long * cos(angle))
        spine = sag(x, y, tip[0], tip[1] + long * droop * abs(sin(angle)), -long * 0.16, 8)
        for j, ((ax, ay), (bx, by)) in enumerate(zip(spine, spine[1:], strict=False)):
            cuts.append((ax, ay, bx, by, 0.9))
            leaf = long * 0.2 * (1 - j / 9)
            along = ((bx - ax) * 0.6, (by - ay) * 0.6)
            cuts.append((ax, ay, ax + along[0] - along[1] / 6 * leaf * 0.5, ay + along[1] + leaf * 0.75, leaf * 0.2))
            cuts.append((ax, ay, ax + along[0] + along[1] / 6 * leaf * 0.5, ay + along[1] - leaf * 0.75, leaf * 0.2))
    plate.cuts(cuts, ink)


def creeper(
    plate: Plate,
    x: float,
    y: float,
    steps: int,
    ink: str,
    *,
    drift: tuple[float, float] = (0, -9),
    size: float = 7,
    sway: float = 8,
    each: int = 2,
) -> None:
    """Print ivy or bramble that climbs from a place, with leaves along it."""
    run: list[Point] = [(x, y)]
    for _ in range(steps):
        x, y = x + drift[0] + plate.dice.uniform(-sway, sway), y + drift[1] + plate.dice.uniform(-2, 2)
        run.append((x, y))
    plate.lines([run], ink, 1.3, wobble=0)
    leaves(plate, run, ink, each=each, reach=size, size=size)


def reeds(plate: Plate, x0: float, x1: float, base: float, height: float, count: int, ink: str, *, heads: int = 5) -> None:
    """Print reeds with a few brown heads."""
    grass(plate, x0, x1, base, height, count, ink, lean=0.05, wide=2)
    dice = plate.dice
    cuts: list[Cut] = []
    for _ in range(heads):
        x, high = dice.uniform(x0, x1), height * dice.uniform(0.75, 1.1)
        cuts.append((x, base, x + 3, base - high, 0.9))
        cuts.append((x + 2.8, base - high + 2, x + 3.4, base - high - 15, 3.2))
    plate.cuts(cuts, ink)


def crown(plate: Plate, x: float, y: float, reach: float, fronds: int, ink: str, *, low: float = -2.0, high: float = 2.0) -> None:
    """Print the head of a palm: arched fronds with hanging fingers."""
    dice = plate.dice
    cuts: list[Cut] = []
    spines: list[Points] = []
    for i in range(fronds):
        angle = low + (high - low) * (i + dice.uniform(0.3, 0.7)) / fronds
        long = reach * dice.uniform(0.8, 1.05)
        tip = (x + long * sin(angle), y - long * cos(angle) * 0.75 + long * 0.2)
        spine = sag(x, y, tip[0], tip[1], -long * 0.2, 9)
        spines.append(spine)
        for j, (ax, ay) in enumerate(spine[2:]):
            fall = reach * 0.26 * (1 - j / 11)
            side = 1 if tip[0] > x else -1
            cuts.append((ax, ay, ax + side * fall * 0.55, ay + fall * dice.uniform(0.6, 1), 2.4))
            cuts.append((ax, ay, ax + side * fall * 0.75, ay - fall * dice.uniform(0.2, 0.5), 2.2))
    plate.lines(spines, ink, 2.4, wobble=0)
    plate.cuts(cuts, ink)
