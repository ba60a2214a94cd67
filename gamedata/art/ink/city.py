"""Stone and brick: skylines, ruined houses, walls, windows, arches, stairs, and the roads that stand on pillars."""

from collections.abc import Sequence

from ink.lines import Cut, Point, Points, arch, rect
from ink.plate import Plate
from ink.tones import EMBER, FLAME, tone
from ink.view import View


def skyline(
    plate: Plate,
    base: float,
    height: float,
    light: float,
    foot: float | None = None,
    x0: float = -10,
    x1: float = 810,
    wide: float = 40,
    ruin: float = 0.5,
) -> None:
    """Print a row of houses against the sky: gables, stacks, and walls that the fire has bitten; the foot fades to haze."""
    dice = plate.dice
    top: list[Point] = [(x0, base)]
    x = x0
    while x < x1:
        width = min(wide * dice.uniform(0.5, 1.4), x1 - x + 8)
        y = base - height * dice.uniform(0.35, 1)
        kind = dice.random()
        if kind < ruin:
            pieces = max(3, int(width / 7))
            top += [(x + width * i / pieces, y + height * dice.uniform(0, 0.45)) for i in range(pieces + 1)]
        elif kind < ruin + (1 - ruin) * 0.5:
            top += [(x, y), (x + width / 2, y - width * 0.4), (x + width, y)]
        elif kind < ruin + (1 - ruin) * 0.8:
            stack = x + width * dice.uniform(0.2, 0.7)
            top += [(x, y), (stack, y), (stack, y - 12), (stack + 6, y - 12), (stack + 6, y), (x + width, y)]
        else:
            top += [(x, y), (x + width * 0.35, y), (x + width / 2, y - height * 0.5), (x + width * 0.65, y), (x + width, y)]
        x += width
    top.append((x, base))
    ink = tone(light) if foot is None else plate.fade((0, tone(light)), (1, tone(foot)), y0=base - height, y1=base)
    plate.fill(top, ink, wobble=0.8, step=18)


def openings(
    plate: Plate,
    box: tuple[float, float, float, float],
    columns: int,
    rows: int,
    ink: str,
    *,
    lit: Sequence[tuple[int, int]] = (),
    fill: float = 0.5,
    missing: float = 0.0,
) -> None:
    """Print windows in a wall: box is left, top, width, height; `lit` names those with a lamp behind them."""
    left, top, width, height = box
    w, h = width / columns, height / rows
    dark: list[Points] = []
    bright: list[Points] = []
    for row in range(rows):
        for column in range(columns):
            if plate.dice.random() < missing:
                continue
            pane = rect(left + (column + 0.5 - fill / 2) * w, top + (row + 0.22) * h, w * fill, h * 0.6)
            (bright if (column, row) in lit else dark).append(pane)
    plate.fills(dark, ink, wobble=0.8, step=16)
    plate.fills(bright, FLAME, wobble=0.8, step=16)


def ruin(plate: Plate, x: float, base: float, width: float, height: float, ink: str, bite: float = 0.3, wobble: float = 1.2) -> list[Point]:
    """Print a house front whose top the fire has taken; give its outline."""
    pieces = max(4, int(width / 14))
    top = [(x + width * i / pieces, base - height * (1 - plate.dice.uniform(0, bite))) for i in range(pieces + 1)]
    outline = [(x, base), *top, (x + width, base)]
    plate.fill(outline, ink, wobble=wobble, step=16)
    return outline


def courses(
    plate: Plate, box: tuple[float, float, float, float], count: int, ink: str, wide: float = 1.4, alpha: float = 0.5, length: float = 26
) -> None:
    """Cut scattered short strokes into a wall, where stones catch light: box is left, top, width, height."""
    left, top, width, height = box
    dice = plate.dice
    cuts: list[Cut] = []
    for _ in range(count):
        long = length * dice.uniform(0.3, 1)
        x, y = left + dice.uniform(0, max(1, width - long)), top + dice.uniform(0, height)
        cuts.append((x, y, x + long, y + dice.uniform(-0.7, 0.7), wide))
    plate.cuts(cuts, ink, alpha=alpha)


def upright(
    plate: Plate, box: tuple[float, float, float, float], count: int, ink: str, wide: float = 1.5, alpha: float = 0.5, length: float = 60
) -> None:
    """Cut scattered upright strokes, as on bark, columns and wet walls: box is left, top, width, height."""
    left, top, width, height = box
    dice = plate.dice
    cuts: list[Cut] = []
    for _ in range(count):
        long = min(length * dice.uniform(0.3, 1), height)
        x, y = left + dice.uniform(0, width), top + dice.uniform(0, max(1, height - long))
        cuts.append((x, y, x + dice.uniform(-1, 1), y + long, wide))
    plate.cuts(cuts, ink, alpha=alpha)


def rubble(plate: Plate, x0: float, x1: float, base: float, height: float, light: float, count: int = 16) -> None:
    """Heap broken stones along a line, dark below and lighter above."""
    dice = plate.dice
    heap = [(x0, base), *((x0 + (x1 - x0) * i / 14, base - height * dice.uniform(0.2, 0.8)) for i in range(1, 14)), (x1, base)]
    plate.fill(heap, tone(light), wobble=2, step=10)
    stones: list[Points] = []
    for _ in range(count):
        x, y, s = dice.uniform(x0, x1), base - height * dice.uniform(0, 0.5), dice.uniform(4, 10)
        stones.append([(x - s, y), (x - s * 0.5, y - s * 0.8), (x + s * 0.7, y - s * 0.7), (x + s, y + s * 0.1)])
    plate.fills(stones, tone(light + 0.14), wobble=0.8)


def lit_window(plate: Plate, x: float, y: float, width: float, height: float, glow: float = 60, alpha: float = 0.5) -> None:
    """Print a window with a lamp behind it."""
    plate.glow(x + width / 2, y + height / 2, glow, EMBER, alpha)
    plate.fill(rect(x, y, width, height), FLAME, wobble=0.7)


def column(plate: Plate, x: float, top: float, base: float, width: float, ink: str, light: str, flutes: int = 4) -> None:
    """Print a round column with a capital, a foot and fluting that catches light from the left."""
    half, cap = width / 2, width * 0.3
    plate.fill(
        [
            (x - half * 1.35, base), (x - half * 1.35, base - cap), (x - half, base - cap * 1.4), (x - half * 0.86, top + cap * 1.4), (x - half * 1.4, top + cap * 0.6),
            (x - half * 1.4, top), (x + half * 1.4, top), (x + half * 1.4, top + cap * 0.6), (x + half * 0.86, top + cap * 1.4), (x + half, base - cap * 1.4),
            (x + half * 1.35, base - cap), (x + half * 1.35, base),
        ],
        ink, wobble=0.8,
    )  # fmt: skip
    reach = base - top - cap * 3.4
    cuts: list[Cut] = []
    for i in range(flutes):
        at = x - half * 0.7 + half * 0.9 * i / max(1, flutes - 1)
        cuts.append((at, top + cap * 1.8, at, top + cap * 1.8 + reach * plate.dice.uniform(0.7, 1), width * 0.055 * (1.2 - i / flutes)))
    plate.cuts(cuts, light, alpha=0.7)


def arcade(plate: Plate, x0: float, x1: float, base: float, width: float, height: float, ink: str) -> None:
    """Print a row of round-headed openings between two points."""
    count = max(1, round((x1 - x0) / (width * 1.45)))
    pitch = (x1 - x0) / count
    plate.fills([arch(x0 + pitch * (i + 0.5), base, width, height) for i in range(count)], ink, wobble=0.6, step=24)


def stair(
    plate: Plate,
    low: tuple[float, float, float],
    high: tuple[float, float, float],
    steps: int,
    tread: float,
    riser: float,
    gather: float = 1.0,
) -> list[tuple[float, float, float]]:
    """Print a stair seen from its foot; low and high are left, right and y. Give left, right, y of each step's front edge."""
    edges: list[tuple[float, float, float]] = []
    for i in range(steps + 1):
        t = 1 - (1 - i / steps) ** gather
        edges.append((low[0] + (high[0] - low[0]) * t, low[1] + (high[1] - low[1]) * t, low[2] + (high[2] - low[2]) * t))
    risers: list[Points] = []
    for (l0, r0, y0), (l1, r1, y1) in zip(edges, edges[1:], strict=False):
        lip = y0 + (y1 - y0) * 0.6
        risers.append([(l0, y0), (l0 + (l1 - l0) * 0.2, lip), (r0 + (r1 - r0) * 0.2, lip), (r0, y0)])
    plate.fill([(low[0], low[2]), (high[0], high[2]), (high[1], high[2]), (low[1], low[2])], tone(tread), wobble=0.6)
    plate.fills(risers, tone(riser), wobble=0.6, step=60)
    return edges


def lane_wall(
    view: View,
    x: float,
    z0: float,
    z1: float,
    height: float,
    ink: str,
    bays: int,
    floors: int,
    pane: str,
    *,
    base: float = 0.0,
    lit: Sequence[tuple[int, int]] = (),
) -> list[list[Point]]:
    """Print a wall along a street with windows in it; give the outlines of the lit ones."""
    view.plate.fill(view.side(x, z0, z1, base, base + height), ink, wobble=0.6, step=40)
    dark: list[Points] = []
    bright: list[list[Point]] = []
    storey = height / floors
    for bay in range(bays):
        a = z0 + (z1 - z0) * (bay + 0.28) / bays
        b = z0 + (z1 - z0) * (bay + 0.72) / bays
        for floor in range(floors):
            foot = base + storey * (floor + 0.3)
            shape = view.side(x, a, b, foot, foot + storey * 0.48)
            if (bay, floor) in lit:
                bright.append(shape)
            else:
                dark.append(shape)
    view.plate.fills(dark, pane, wobble=0.6, step=40)
    return bright
