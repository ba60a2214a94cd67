"""Small things: lamps, clocks, people, washing, wheels, boats."""

from math import cos, pi, sin

from ink.lines import Cut, Point, Points, oval, rect, turn
from ink.plate import Plate, disc
from ink.tones import BONE, CHAR, EMBER, FLAME, tone


def figure(plate: Plate, x: float, base: float, height: float, ink: str, *, stoop: float = 0.0) -> None:
    """Print somebody at a distance: a head and a long coat."""
    h = height
    body = [
        (-0.17, 0),
        (-0.14, -0.4),
        (-0.17, -0.66),
        (-0.12, -0.79),
        (-0.04, -0.84),
        (0.04, -0.84),
        (0.12, -0.79),
        (0.16, -0.66),
        (0.13, -0.4),
        (0.18, 0),
    ]
    plate.fill([(x + (a - stoop * b) * h, base + b * h) for a, b in body], ink, wobble=0.3)
    plate.fill(oval(x + stoop * h * 0.92, base - h * 0.9, h * 0.07, h * 0.09, 9), ink, wobble=0.2)


def flame(plate: Plate, x: float, y: float, size: float) -> None:
    """Print one candle flame with its foot at x, y."""
    plate.fill(
        [(x, y), (x - size * 0.3, y - size * 0.35), (x - size * 0.05, y - size * 1.1), (x + size * 0.3, y - size * 0.4)], FLAME, wobble=0.2
    )
    plate.fill([(x, y), (x - size * 0.12, y - size * 0.3), (x, y - size * 0.6), (x + size * 0.13, y - size * 0.3)], BONE, wobble=0)


def lantern(plate: Plate, x: float, y: float, size: float, *, glow: float = 6, alpha: float = 0.55) -> None:
    """Print a lit lantern that hangs from x, y."""
    plate.glow(x, y + size * 0.8, size * glow, EMBER, alpha)
    plate.fill(
        [
            (x - size * 0.38, y + size * 0.35),
            (x + size * 0.38, y + size * 0.35),
            (x + size * 0.3, y + size * 1.25),
            (x - size * 0.3, y + size * 1.25),
        ],
        FLAME,
        wobble=0.3,
    )
    plate.fill(oval(x, y + size * 0.8, size * 0.13, size * 0.28, 8), BONE, wobble=0)
    cap = [(x - size * 0.48, y + size * 0.38), (x, y), (x + size * 0.48, y + size * 0.38)]
    foot = rect(x - size * 0.4, y + size * 1.22, size * 0.8, size * 0.16)
    plate.fills([cap, foot], CHAR, wobble=0.3)


def fire(plate: Plate, x: float, base: float, size: float, *, glow: float = 5) -> None:
    """Print a cooking fire on the ground."""
    plate.glow(x, base - size * 0.4, size * glow, EMBER, 0.6, 0.7)
    tongues: list[Points] = []
    for i in range(5):
        a = x + (i - 2) * size * 0.26
        high = size * (1.2 - abs(i - 2) * 0.28) * plate.dice.uniform(0.8, 1.15)
        tongues.append(
            [
                (a - size * 0.24, base),
                (a - size * 0.12, base - high * 0.5),
                (a + size * plate.dice.uniform(-0.12, 0.12), base - high),
                (a + size * 0.2, base - high * 0.4),
                (a + size * 0.22, base),
            ]
        )
    plate.fills(tongues, EMBER, wobble=0.4)
    plate.fills([[(px + (x - px) * 0.4, base + (py - base) * 0.6) for px, py in tongue] for tongue in tongues[1:4]], FLAME, wobble=0.3)
    logs = [
        [(x - size * 0.7, base + 3), (x + size * 0.6, base - 3), (x + size * 0.65, base + 1), (x - size * 0.65, base + 7)],
        [(x + size * 0.7, base + 4), (x - size * 0.6, base - 3), (x - size * 0.65, base + 1), (x + size * 0.65, base + 8)],
    ]
    plate.fills(logs, CHAR, wobble=0.5)


def clock(
    plate: Plate,
    x: float,
    y: float,
    radius: float,
    hour: float,
    minute: float,
    *,
    face: str = BONE,
    rim: str = CHAR,
    marks: bool = True,
    squeeze: float = 1.0,
) -> None:
    """Print a clock that shows a time; `squeeze` narrows it when seen from the side."""
    plate.fill(oval(x, y, radius * 1.16 * squeeze, radius * 1.16, 20), rim, wobble=0.6)
    plate.fill(oval(x, y, radius * squeeze, radius, 20), face, wobble=0.4)
    hands: list[Cut] = []
    for angle, long, wide in (((hour + minute / 60) * pi / 6, 0.55, 0.09), (minute * pi / 30, 0.86, 0.06)):
        dx, dy = sin(angle) * radius * squeeze, -cos(angle) * radius
        hands.append((x - dx * 0.14, y - dy * 0.14, x + dx * long, y + dy * long, radius * wide * 1.6 + 0.6))
    plate.cuts(hands, CHAR)
    if marks:
        ticks = [
            (
                x + sin(a) * radius * 0.78 * squeeze,
                y - cos(a) * radius * 0.78,
                x + sin(a) * radius * 0.96 * squeeze,
                y - cos(a) * radius * 0.96,
                max(0.7, radius * 0.04),
            )
            for a in (i * pi / 6 for i in range(12))
        ]
        plate.cuts(ticks, CHAR)


def sheet(
    plate: Plate, x: float, y: float, width: float, height: float, ink: str, fold: str, *, sway: float = 0.0, wave: float = 3.0
) -> None:
    """Print a sheet that hangs from a line by its upper edge, folds in it."""
    dice = plate.dice
    foot = [(x + width * (1 - i / 5) + sway + dice.uniform(-2, 2), y + height + wave * (-1) ** i * dice.uniform(0.4, 1)) for i in range(6)]
    plate.fill([(x, y), (x + width / 2, y + 2), (x + width, y), *foot], ink, wobble=0.8)
    folds: list[Cut] = []
    for i in range(3):
        a = x + width * (0.2 + 0.3 * i + dice.uniform(-0.06, 0.06))
        folds.append((a, y + 3, a + sway * 0.9 + dice.uniform(-2, 2), y + height * dice.uniform(0.6, 0.95), width * 0.035))
    plate.cuts(folds, fold, alpha=0.8)


def shirt(plate: Plate, x: float, y: float, size: float, ink: str) -> None:
    """Print a shirt pegged by its hem-end shoulders on a line."""
    shape = [
        (-0.3, 0),
        (-0.12, 0.06),
        (0.12, 0.06),
        (0.3, 0),
        (0.58, 0.42),
        (0.42, 0.52),
        (0.3, 0.32),
        (0.32, 1),
        (-0.3, 0.97),
        (-0.3, 0.32),
        (-0.44, 0.52),
        (-0.58, 0.42),
    ]
    plate.fill([(x + a * size, y + b * size) for a, b in shape], ink, wobble=0.6)


def coat(plate: Plate, x: float, y: float, size: float, ink: str) -> None:
    """Print a coat on a hook at x, y."""
    shape = [
        (-0.06, 0),
        (0.06, 0),
        (0.26, 0.12),
        (0.36, 0.62),
        (0.24, 0.66),
        (0.21, 0.4),
        (0.29, 1),
        (0.02, 1.02),
        (-0.28, 0.99),
        (-0.21, 0.4),
        (-0.25, 0.66),
        (-0.37, 0.62),
        (-0.26, 0.12),
    ]
    plate.fill([(x + a * size, y + b * size) for a, b in shape], ink, wobble=0.5)


def wheel(
    plate: Plate,
    x: float,
    y: float,
    radius: float,
    ink: str,
    *,
    spokes: int = 8,
    rim: float = 0.14,
    squeeze: float = 1.0,
    turned: float = 0.2,
) -> None:
    """Print a hand wheel or a cart wheel: a rim, a hub and spokes."""
    width = radius * rim
    ring: list[Point] = oval(x, y, (radius - width / 2) * squeeze, radius - width / 2, 22)
    plate.lines([[*ring, ring[0]]], ink, width, wobble=0.5)
    arms = []
    for i in range(spokes):
        angle = turned + 2 * pi * i / spokes
        arms.append([(x, y), (x + cos(angle) * radius * 0.92 * squeeze, y + sin(angle) * radius * 0.92)])
    plate.lines(arms, ink, max(1, width * 0.6), wobble=0.4)
    plate.fill(oval(x, y, radius * 0.2 * squeeze, radius * 0.2, 10), ink, wobble=0.3)


def lamp_post(plate: Plate, x: float, base: float, height: float, ink: str, *, bow: float = 0.0, wide: float = 3.0) -> Point:
    """Print an iron lamp-post, bowed over by heat if `bow` says so; give the place of its lamp."""
    run: list[Point] = []
    for i in range(10):
        t = i / 9
        angle = bow * max(0, t - 0.3) ** 2 * 4
        run.append((x + sin(angle) * height * 0.4 * t, base - height * t * (0.55 + 0.45 * cos(angle))))
    plate.lines([run], ink, wide, wobble=0.3, round_ends=True)
    plate.fill(
        [(x - wide * 1.6, base), (x - wide * 0.7, base - height * 0.14), (x + wide * 0.7, base - height * 0.14), (x + wide * 1.6, base)],
        ink,
        wobble=0.3,
    )
    tip = run[-1]
    degrees = bow * 100
    lamp = [
        (tip[0] - wide * 1.4, tip[1] - wide * 3.4),
        (tip[0] + wide * 1.4, tip[1] - wide * 3.4),
        (tip[0] + wide * 0.8, tip[1]),
        (tip[0] - wide * 0.8, tip[1]),
    ]
    roof = [(tip[0] - wide * 1.9, tip[1] - wide * 3.3), (tip[0], tip[1] - wide * 5.2), (tip[0] + wide * 1.9, tip[1] - wide * 3.3)]
    plate.fills([turn(lamp, tip[0], tip[1], degrees), turn(roof, tip[0], tip[1], degrees)], ink, wobble=0.3)
    return tip


def wheelchair(plate: Plate, x: float, base: float, size: float, ink: str) -> None:
    """Print an empty wheelchair from the side."""
    wheel(plate, x, base - size * 0.3, size * 0.3, ink, spokes=6, rim=0.16)
    wheel(plate, x + size * 0.42, base - size * 0.1, size * 0.1, ink, spokes=3, rim=0.3)
    frame = [
        [
            (x - size * 0.36, base - size * 0.98),
            (x - size * 0.2, base - size * 0.95),
            (x - size * 0.16, base - size * 0.42),
            (x + size * 0.32, base - size * 0.42),
            (x + size * 0.44, base - size * 0.08),
        ],
        [(x - size * 0.19, base - size * 0.66), (x + size * 0.26, base - size * 0.66), (x + size * 0.28, base - size * 0.42)],
    ]
    plate.lines(frame, ink, max(1.4, size * 0.06), wobble=0.3)
    plate.fills(
        [
            rect(x - size * 0.2, base - size * 0.9, size * 0.06, size * 0.42),
            rect(x - size * 0.18, base - size * 0.46, size * 0.5, size * 0.08),
        ],
        ink,
        wobble=0.3,
    )


def pot(plate: Plate, x: float, base: float, size: float, light: float) -> None:
    """Print one thrown pot with a gleam on its left."""
    shape = [
        (-0.26, 0),
        (-0.44, -0.35),
        (-0.4, -0.66),
        (-0.22, -0.84),
        (-0.28, -0.95),
        (0.28, -0.95),
        (0.22, -0.84),
        (0.4, -0.66),
        (0.44, -0.35),
        (0.26, 0),
    ]
    plate.fill([(x + a * size, base + b * size) for a, b in shape], tone(light), wobble=0.4)
    plate.cuts([(x - size * 0.3, base - size * 0.7, x - size * 0.28, base - size * 0.2, size * 0.07)], tone(light + 0.25))


def gull(plate: Plate, x: float, base: float, size: float, light: float = 0.95, face: int = 1) -> None:
    """Print a gull that walks about with its hands behind its back."""
    shape = [
        (-0.62, -0.42),
        (-0.2, -0.62),
        (0.2, -0.68),
        (0.3, -0.86),
        (0.44, -0.88),
        (0.5, -0.8),
        (0.66, -0.74),
        (0.48, -0.72),
        (0.4, -0.5),
        (0.2, -0.36),
        (-0.1, -0.34),
    ]
    plate.fill([(x + face * a * size, base + b * size) for a, b in shape], tone(light), wobble=0.3)
    plate.lines(
        [
            [(x + face * 0.05 * size, base - size * 0.36), (x + face * 0.05 * size, base)],
            [(x + face * 0.16 * size, base - size * 0.36), (x + face * 0.18 * size, base)],
        ],
        tone(0.15),
        max(1, size * 0.05),
        wobble=0,
    )
    plate.cuts([(x - face * 0.66 * size, base - size * 0.44, x + face * 0.1 * size, base - size * 0.54, size * 0.08)], tone(light - 0.45))


def chain(plate: Plate, run: Points, ink: str, size: float = 5) -> None:
    """Print a chain along a run of points: links seen flat and on edge by turns."""
    links: list[Points] = []
    for i, ((x0, y0), (x1, y1)) in enumerate(zip(run, run[1:], strict=False)):
        dx, dy = (x1 - x0) * 0.2, (y1 - y0) * 0.2
        half = size * (0.5 if i % 2 else 0.22)
        length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5 or 1
        nx, ny = (y0 - y1) / length * half, (x1 - x0) / length * half
        links.append(
            [(x0 - dx, y0 - dy), (x0 + nx, y0 + ny), (x1 + nx, y1 + ny), (x1 + dx, y1 + dy), (x1 - nx, y1 - ny), (x0 - nx, y0 - ny)]
        )
    plate.fills(links, ink, wobble=0.2)


def tent(plate: Plate, x: float, base: float, width: float, height: float, light: float, *, lean: float = 0.0, lit: bool = False) -> None:
    """Print a ridge tent, one slope in shade, with its flap open."""
    top = (x + lean, base - height)
    plate.fill([(x - width / 2, base), top, (x + width * 0.12, base)], tone(light), wobble=1)
    plate.fill(
        [(x + width * 0.12, base), top, (x + lean + width * 0.2, base - height * 0.96), (x + width / 2, base)],
        plate.hatch(tone(light - 0.12), tone(light - 0.2), 70, 6),
        wobble=1,
    )
    plate.fill(
        [(x - width * 0.2, base), (x + lean * 0.8 - width * 0.02, base - height * 0.72), (x + width * 0.04, base)],
        EMBER if lit else tone(0.05),
        wobble=0.8,
    )
    plate.cuts([(top[0], top[1], x - width * 0.36 + i * width * 0.11, base - 2, 1.2) for i in range(3)], tone(light - 0.16))


def dish(plate: Plate, x: float, y: float, rx: float, ry: float, depth: float, side: str, inner: str) -> None:
    """Print a round vat, basin or tub: its mouth is an ellipse at x, y."""
    plate.fill([*oval(x, y, rx, ry, 10, 0, pi)[::-1], *oval(x, y + depth, rx * 0.86, ry * 0.86, 10, 0, pi)], side, wobble=0.7, step=40)
    plate.fill(oval(x, y, rx, ry, 20), side, wobble=0.5)
    plate.fill(oval(x, y + ry * 0.12, rx * 0.92, ry * 0.8, 20), inner, wobble=0.5)


__all__ = [
    "chain", "clock", "coat", "disc", "dish", "figure", "fire", "flame", "gull", "lamp_post", "lantern", "pot", "sheet", "shirt", "tent", "wheel", "wheelchair",
]  # fmt: skip
