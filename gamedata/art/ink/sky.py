"""Air: skies, smoke, rain and birds."""

from math import cos, pi, sin

from ink.lines import Cut, Point, oval
from ink.plate import HEIGHT, WIDTH, Plate, spread
from ink.tones import EMBER, FLAME, tone


def sky(plate: Plate, top: float, low: float, horizon: float = HEIGHT, *, mark: float = 0.12, rows: int = 15, bow: float = 5) -> None:
    """Fill the picture with haze from one tone to another and cut long level clouds into it."""
    ground = plate.fade((0, tone(top)), (1, tone(low)), y1=horizon)
    plate.put(f'<path fill="{ground}" d="M0 0h{WIDTH}v{HEIGHT}H0z"/>')
    dice = plate.dice
    light: list[Cut] = []
    dark: list[Cut] = []
    for row in range(rows):
        y = 8 + (horizon - 14) * row / rows
        x = dice.uniform(-90, 60)
        while x < WIDTH:
            length = dice.uniform(50, 250)
            rise = dice.uniform(-3, 3)
            (light if dice.random() < 0.62 else dark).append((x, y + rise, x + length, y - rise, dice.uniform(0.8, 3.4)))
            x += length + dice.uniform(10, 130)
    middle = (top + low) / 2
    plate.cuts(light, tone(middle + mark), bow=bow, alpha=0.55)
    plate.cuts(dark, tone(middle - mark), bow=bow, alpha=0.5)


def burst(
    plate: Plate, x: float, y: float, near: float, far: float, count: int, light: float, alpha: float = 0.35, wide: float = 3
) -> None:
    """Cut strokes into the sky that leave a bright place in all directions."""
    plate.rays(x, y, near, far, count, tone(light), alpha, wide)


def embers(plate: Plate, x: float, y: float, radius: float, alpha: float = 0.5, squash: float = 0.45) -> None:
    """Lay the glow of a far fire on the horizon."""
    plate.glow(x, y, radius, EMBER, alpha, squash)
    plate.glow(x, y, radius * 0.45, FLAME, alpha * 0.8, squash)


def smoke(plate: Plate, x: float, y: float, height: float, drift: float, light: float, wide: float = 10, alpha: float = 0.75) -> None:
    """Let one thread of smoke rise, widen and lean with the wind."""
    left: list[Point] = []
    right: list[Point] = []
    turns = plate.dice.uniform(0, pi)
    for i in range(15):
        t = i / 14
        middle = x + drift * t**1.6 + sin(turns + t * 9) * wide * 0.7 * t
        half = wide * (0.12 + t * (0.9 + 0.5 * sin(t * 15 + turns)))
        left.append((middle - half, y - height * t))
        right.append((middle + half, y - height * t))
    ink = plate.fade((0, tone(light)), (1, "none"), y0=y, y1=y - height)
    plate.fill([*left, *right[::-1]], ink, wobble=0.6, alpha=alpha)


def rain(
    plate: Plate, count: int, light: float = 0.85, slant: float = -14, alpha: float = 0.35, top: float = 0, low: float = HEIGHT
) -> None:
    """Cut thin slanting rain."""
    dice = plate.dice
    cuts: list[Cut] = []
    for _ in range(count):
        x, y, length = dice.uniform(0, WIDTH + 40), dice.uniform(top, low), dice.uniform(18, 52)
        cuts.append((x, y, x + slant * length / 40, y + length, 0.7))
    plate.cuts(cuts, tone(light), alpha=alpha)


def bird(plate: Plate, x: float, y: float, span: float, ink: str, tilt: float = 0.0) -> None:
    """Print a bird on the wing."""
    half, sweep = span / 2, span * 0.22
    points = [
        (x - half, y - sweep + tilt),
        (x - half * 0.45, y - sweep * 0.9),
        (x, y),
        (x + half * 0.45, y - sweep * 1.1),
        (x + half, y - sweep - tilt),
        (x + half * 0.42, y - sweep * 0.35),
        (x, y + span * 0.09),
        (x - half * 0.42, y - sweep * 0.2),
    ]
    plate.fill(points, ink, wobble=0.3)


def flock(plate: Plate, x: float, y: float, reach: float, count: int, span: float, ink: str) -> None:
    """Print scattered birds around a place."""
    for angle in spread(plate.dice, count, 0, 2 * pi):
        away = reach * plate.dice.uniform(0.2, 1)
        size = span * plate.dice.uniform(0.6, 1.2)
        bird(plate, x + away * cos(angle), y + away * 0.5 * sin(angle), size, ink, plate.dice.uniform(-0.2, 0.2) * span)


def shaft(
    plate: Plate, top: list[Point], low: list[Point], light: float = 0.9, alpha: float = 0.4, y0: float = 0, y1: float = HEIGHT
) -> None:
    """Let daylight fall from one edge to another, fading as it goes; both edges run from left to right."""
    ink = plate.fade((0, tone(light)), (1, "none"), y0=y0, y1=y1)
    plate.fill([*top, *low[::-1]], ink, wobble=0.5, alpha=alpha)


def halo(plate: Plate, x: float, y: float, radius: float, light: float = 0.9, alpha: float = 0.5) -> None:
    """Lay pale light around a sun or an opening."""
    plate.glow(x, y, radius, tone(light), alpha)


def cloud(plate: Plate, x: float, y: float, wide: float, high: float, light: float, alpha: float = 0.6) -> None:
    """Print a bank of ash cloud, flat below and heaped above."""
    heap = [(px, min(py, y) + plate.dice.uniform(-high, high) * 0.14) for px, py in oval(x, y, wide / 2, high, 18, pi, pi)]
    plate.fill(heap, tone(light), wobble=3, step=18, alpha=alpha)


def flakes(plate: Plate, box: tuple[float, float, float, float], count: int, light: float = 1.0, size: float = 5) -> None:
    """Let flakes of ash or motes of dust hang in the air: box is left, top, width, height."""
    left, top, width, height = box
    cuts: list[Cut] = []
    for _ in range(count):
        x, y, long = left + plate.dice.uniform(0, width), top + plate.dice.uniform(0, height), size * plate.dice.uniform(0.4, 1)
        cuts.append((x, y, x + long * plate.dice.uniform(-0.6, 1), y + long, long * 0.55))
    plate.cuts(cuts, tone(light), alpha=0.8)
