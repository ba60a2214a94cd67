"""Plain geometry: points, hand-drawn edges, and the shortest path data that says the same."""

from collections.abc import Iterable, Sequence
from math import cos, hypot, pi, sin
from random import Random

Point = tuple[float, float]
Points = Sequence[Point]
Cut = tuple[float, float, float, float, float]
"""A stroke of the gouge: from x, y to x, y, and how wide it is at its middle."""


def rough(points: Points, dice: Random, wobble: float, step: float, *, closed: bool = True) -> list[Point]:
    """Redraw straight edges as a hand would: in pieces of about `step`, each a little beside the line."""
    if wobble <= 0:
        return list(points)
    drawn: list[Point] = []
    ends = [*points[1:], points[0]] if closed else points[1:]
    for (x0, y0), (x1, y1) in zip(points, ends, strict=False):
        length = hypot(x1 - x0, y1 - y0)
        pieces = max(1, min(40, round(length / step)))
        across = ((y0 - y1) / length, (x1 - x0) / length) if length else (0.0, 0.0)
        drawn.append((x0 + dice.uniform(-wobble, wobble) / 2, y0 + dice.uniform(-wobble, wobble) / 2))
        for piece in range(1, pieces):
            part = (piece + dice.uniform(-0.3, 0.3)) / pieces
            off = dice.uniform(-wobble, wobble)
            drawn.append((x0 + (x1 - x0) * part + across[0] * off, y0 + (y1 - y0) * part + across[1] * off))
    if not closed:
        drawn.append(points[-1])
    return drawn


def numbers(*halves: int) -> str:
    """Write half pixels as the shortest decimals: 3 is 1.5, and a minus sign parts as well as a space."""
    text = ""
    for half in halves:
        whole, rest = divmod(abs(half), 2)
        digits = (str(whole) if whole or not rest else "") + (".5" if rest else "")
        text += ("-" if half < 0 else " " if text else "") + digits
    return text


def trace(points: Points, *, closed: bool = True) -> str:
    """Give path data through the points in relative steps: of a pixel for a large shape, of half of one for a small."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    fine = max(xs) - min(xs) < 56 and max(ys) - min(ys) < 56
    grid = [(round(x * 2), round(y * 2)) if fine else (round(x) * 2, round(y) * 2) for x, y in points]
    text = "M" + numbers(*grid[0])
    mark = "l"
    for (x0, y0), (x1, y1) in zip(grid, grid[1:], strict=False):
        if (x0, y0) != (x1, y1):
            step = numbers(x1 - x0, y1 - y0)
            text += (mark or ("" if step[0] == "-" else " ")) + step
            mark = ""
    return text + ("z" if closed else "")


def lens(cut: Cut, bow: float = 0.0) -> str:
    """
    Give the path of one stroke of the gouge. A short one is a leaf, thin at both ends; a long one is a wedge, as where
    the tool went in and was lifted out, and level ones point either way; `bow` bends it.
    """
    x0, y0, x1, y1, wide = cut
    if not bow and abs(y1 - y0) < abs(x1 - x0) * 0.3 and round(x0) % 2:
        x0, y0, x1, y1 = x1, y1, x0, y0
    dx, dy = x1 - x0, y1 - y0
    length = hypot(dx, dy) or 1.0
    across = (-dy / length, dx / length)
    start = "M" + numbers(round(x0) * 2, round(y0) * 2)
    if bow:
        there = (
            round((dx / 2 + across[0] * (bow + wide)) * 2),
            round((dy / 2 + across[1] * (bow + wide)) * 2),
            round(dx) * 2,
            round(dy) * 2,
        )
        back = (
            round((-dx / 2 + across[0] * (bow - wide)) * 2),
            round((-dy / 2 + across[1] * (bow - wide)) * 2),
            -round(dx) * 2,
            -round(dy) * 2,
        )
        return start + "q" + numbers(*there) + numbers_after(*back) + "z"
    if length > 7 * wide:
        thick = (round(across[0] * wide * 2), round(across[1] * wide * 2))
        tip = (round(dx) * 2, round(dy) * 2)
        return start + "l" + numbers(*tip, thick[0] - tip[0], thick[1] - tip[1]) + "z"
    half = (across[0] * wide / 2, across[1] * wide / 2)
    run = [(0.0, 0.0), (dx * 0.4 + half[0], dy * 0.4 + half[1]), (dx, dy), (dx * 0.4 - half[0], dy * 0.4 - half[1])]
    grid = [(round(x * 2), round(y * 2)) for x, y in run]
    steps = (c for (ax, ay), (bx, by) in zip(grid, grid[1:], strict=False) for c in (bx - ax, by - ay))
    return start + "l" + numbers(*steps) + "z"


def numbers_after(*halves: int) -> str:
    """Write numbers that follow others."""
    text = numbers(*halves)
    return text if text[0] == "-" else " " + text


def oval(x: float, y: float, rx: float, ry: float, count: int = 24, start: float = 0.0, sweep: float = 2 * pi) -> list[Point]:
    """Give points along an ellipse, clockwise from the right; a whole turn leaves out the repeated last point."""
    steps = count if abs(sweep - 2 * pi) < 1e-9 else count - 1
    return [(x + rx * cos(start + sweep * i / steps), y + ry * sin(start + sweep * i / steps)) for i in range(count)]


def arch(x: float, base: float, width: float, height: float, count: int = 9) -> list[Point]:
    """Give the outline of a round-headed opening: centre, foot, width, and height to the crown."""
    half = width / 2
    return [(x - half, base), *oval(x, base - height + half, half, half, count, pi, pi), (x + half, base)]


def rect(x: float, y: float, width: float, height: float) -> list[Point]:
    """Give the corners of a rectangle from its upper left."""
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]


def turn(points: Iterable[Point], x: float, y: float, degrees: float) -> list[Point]:
    """Turn points about one of them, clockwise as the eye sees it."""
    c, s = cos(degrees * pi / 180), sin(degrees * pi / 180)
    return [(x + (a - x) * c - (b - y) * s, y + (a - x) * s + (b - y) * c) for a, b in points]


def sag(x0: float, y0: float, x1: float, y1: float, drop: float, count: int = 9) -> list[Point]:
    """Give points along a slack line that hangs `drop` below the straight one at its middle."""
    return [(x0 + (x1 - x0) * t, y0 + (y1 - y0) * t + drop * 4 * t * (1 - t)) for t in (i / (count - 1) for i in range(count))]
