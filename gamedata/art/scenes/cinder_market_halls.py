"""Cinder Market under its roofs: the arcade of clocks, and the exchange where wheat grows."""

from math import cos, pi, sin

from ink import city, indoor, nature, sky, things
from ink.lines import Point, Points, oval, rect
from ink.plate import Plate
from ink.tones import BONE, CHAR, EMBER, FLAME, SOOT, tone
from ink.view import View


def clock_arcade(plate: Plate) -> None:
    """A broken glass roof over walls of clocks that stopped one by one."""
    view = View(plate, 268, 420, eye=1.7, focal=430, haze=0.75, reach=40)
    plate.fill(rect(-5, -5, 810, 460), tone(0.14), wobble=0)
    half, spring, far = 3.2, 4.2, 30.0
    plate.fill(indoor.vault(view, half, spring, 2.2), plate.fade((0, tone(0.5)), (1, tone(0.86)), y0=-60, y1=230), wobble=0)
    plate.fill(view.side(-half, 2.2, far, 0, spring), tone(0.2), wobble=0)
    plate.fill(view.side(half, 2.2, far, 0, spring), tone(0.15), wobble=0)
    plate.fill(view.ground(-half, half, 2.2, far), tone(0.3), wobble=0)
    plate.fill(indoor.vault(view, half, spring, far), tone(0.9))
    depths = (2.6, 3.3, 4.2, 5.4, 7, 9.2, 12.5, 18, 26)
    ribs = [indoor.vault(view, half, spring, z)[1:-1] for z in depths]
    for z, rib in zip(depths, ribs, strict=True):
        plate.lines([rib], view.air(0.04, z), max(1.5, view.size(0.13, z)), wobble=0.8)
    bars = [[rib[i] for rib in ribs] for i in range(1, 14)]
    plate.lines(bars, tone(0.14), 2, wobble=0.3)
    panes: list[Points] = []
    for near, next_ in zip(ribs, ribs[1:], strict=False):
        for i in range(14):
            if plate.dice.random() < 0.34:
                panes.append(
                    [near[i], near[i + 1], (next_[i + 1][0] * 0.6 + near[i][0] * 0.4, next_[i + 1][1] * 0.6 + near[i][1] * 0.4), next_[i]]
                )
    plate.fills(panes, tone(0.3), wobble=0.6, alpha=0.75)
    for side in (-1, 1):
        for z0, z1 in ((2.4, 3.6), (3.8, 5.4), (5.7, 8), (8.4, 12), (12.6, 18), (19, 28)):
            plate.fill(view.side(side * half, z0, z1, 0.5, 3.2), view.air(0.04, z0), wobble=0.8)
            plate.fill(view.side(side * half, z0 - 0.05, z1 + 0.1, 3.3, 3.75), view.air(0.3, z0), wobble=0.8)
    plate.lines([[view.at(s * half, 4.1, 2.2), view.at(s * half, 4.1, far)] for s in (-1, 1)], tone(0.5), 4)
    view.floor_cuts(-3.2, 3.2, 3.4, 26, 22, tone(0.62), alpha=0.6)
    plate.fill(
        view.poly([(-0.55, 0, 2.2), (-0.35, 0, 7), (0.2, 0, 14), (0, 0, 27), (0.45, 0, 27), (0.75, 0, 14), (0.4, 0, 7), (0.6, 0, 2.2)]),
        tone(0.66),
        wobble=2,
        alpha=0.6,
    )
    hours = (
        (2.75, 2.6, 0.36, 10.2),
        (3.2, 1.6, 0.42, 4.6),
        (4.3, 2.3, 0.46, 7.1),
        (5, 1.1, 0.4, 1.6),
        (6.2, 2.4, 0.5, 3.3),
        (7.2, 1.3, 0.4, 9),
        (9, 2.2, 0.55, 5.2),
        (11, 1.6, 0.5, 11.8),
        (14, 2.2, 0.6, 2.5),
    )
    for z, y, r, hour in hours:
        for side in (-1, 1):
            if side == -1 and z < 4:
                continue
            x, cy = view.at(side * half * 0.99, y + side * 0.12, z + (side + 1) * 0.3)
            things.clock(plate, x, cy, view.size(r, z), hour + side * 2.3, hour * 17 % 60, face=view.air(0.84, z), squeeze=0.5, marks=z < 6)
    _moon_dial(plate, 128, 236, 96)
    lx, ly = view.at(-1.35, 1.9, 6.4)
    plate.lines([[(lx, ly), (lx, ly - 150)]], CHAR, 1.6)
    things.lantern(plate, lx, ly, 22, glow=7, alpha=0.75)
    view.box(-1.4, 0, 6.2, (1.7, 0.85, 0.8), 0.26)
    things.figure(plate, view.at(-1.5, 0, 7.2)[0] - 6, view.at(0, 0, 6.9)[1], 106, CHAR, stoop=0.07)
    view.box(-1.4, 0, 6.2, (1.7, 0.8, 0.7), 0.2)
    plate.cuts([(lx - 50, ly + 66, lx + 40, ly + 64, 2.4), (lx - 30, ly + 72, lx + 46, ly + 71, 2)], FLAME)


def _moon_dial(plate: Plate, x: float, y: float, r: float) -> None:
    plate.fill(oval(x, y, r * 0.82, r * 1.14, 26), CHAR, wobble=1)
    plate.fill(oval(x, y, r * 0.74, r * 1.03, 26), tone(0.3), wobble=0.6)
    plate.fill(oval(x, y, r * 0.56, r * 0.8, 24), tone(0.1), wobble=0.6)
    moon = [*oval(x, y, r * 0.4, r * 0.56, 13, -pi / 2, pi), *oval(x + r * 0.02, y, r * 0.16, r * 0.56, 9, pi / 2, -pi)]
    plate.fill(moon, BONE, wobble=0.6)
    plate.cuts(
        [
            (x + r * 0.62 * sin(a), y - r * 0.86 * cos(a), x + r * 0.71 * sin(a), y - r * 0.99 * cos(a), 2.2)
            for a in (i * pi / 14 for i in range(28))
        ],
        BONE,
    )
    plate.cuts(
        [
            (x - r * 0.4, y + r * 0.1, x - r * 0.36, y + r * 0.16, 1.4),
            (x - r * 0.2, y - r * 0.5, x - r * 0.16, y - r * 0.44, 1.4),
            (x - r * 0.3, y - r * 0.2, x - r * 0.27, y - r * 0.15, 1.2),
        ],
        BONE,
    )
    plate.cuts([(x, y + 6, x + r * 0.3, y - r * 0.75, 3.4)], EMBER)


def corn_exchange(plate: Plate) -> None:
    """Columns without a roof around a small field."""
    sky.sky(plate, 0.56, 0.95, 270, mark=0.1, bow=8)
    sky.halo(plate, 400, 180, 260, 1, 0.5)
    view = View(plate, 232, 400, eye=2.2, focal=430, haze=0.86, reach=48)
    city.skyline(plate, 240, 46, 0.72, 0.85, 250, 550)
    plate.fill(view.ground(-12, 12, 3, 40), tone(0.36), wobble=0)
    end = view.front(-7, 7, 0, 7.5, 32)
    plate.fill(
        [
            end[0],
            end[1],
            (end[1][0] + 40, end[1][1] + 8),
            view.at(-2, 9.2, 32),
            view.at(0, 10.4, 32),
            view.at(1.4, 8.6, 32),
            (end[2][0] - 30, end[2][1] + 16),
            end[2],
            end[3],
        ],
        tone(0.6),
        wobble=1.6,
        step=14,
    )
    city.arcade(plate, end[0][0] + 6, end[3][0] - 6, view.at(0, 0.2, 32)[1], 22, 62, tone(0.84))
    board = view.front(-1.8, 1.8, 5, 7, 31.8)
    plate.fill(board, tone(0.2))
    bx, by = board[1]
    plate.lines([[(bx + 4, by + 5 + i * 5), (bx + 48 - (i % 3) * 7, by + 5 + i * 5)] for i in range(4)], BONE, 1.4)
    for z in (26, 20, 15.5, 12, 9.4, 7.4, 5.8):
        for side in (-1, 1):
            x, base = view.at(side * 6.4, 0, z)
            top = view.at(0, 7.2, z)[1]
            if z == 12 and side == 1:
                top = view.at(0, 3.4, z)[1]
            city.column(plate, x, top, base, view.size(1.05, z), view.air(0.16, z), view.air(0.75, z), 4)
        left, right = view.at(-6.4, 7.2, z), view.at(-6.4, 8.1, z * 1.28)
        if z not in (15.5, 7.4):
            plate.fill(
                [
                    (left[0] - view.size(0.8, z), left[1]),
                    (left[0] - view.size(0.8, z), left[1] - view.size(0.9, z)),
                    right,
                    view.at(-6.4, 7.2, z * 1.28),
                ],
                view.air(0.2, z),
                wobble=1.5,
                step=14,
            )
    cracks: list[Points] = [
        [view.at(x + plate.dice.uniform(-0.5, 0.5), 0, z) for z in (3.5, 4.4, 6, 8.5, 13, 20)] for x in (-4, -2, 0.5, 2.6, 4.4)
    ]
    plate.lines(cracks, CHAR, 2.2)
    for i, z in enumerate((22, 17, 13.5, 10.8, 8.6, 6.9, 5.5, 4.5)):
        base = view.at(0, 0, z)[1]
        half = view.size(5.2, z)
        count = 34 + i * 3
        nature.wheat(
            plate,
            400 - half,
            400 + half,
            base,
            view.size(0.95, z),
            count,
            view.air(0.5, z * 0.6),
            FLAME if i in (4, 6) else view.air(0.9, z * 0.3),
            size=0.4 + 0.16 * i,
        )
        if z in (17, 10.8, 6.9):
            for x in {17: (-3, 2.4), 10.8: (-2.6, 3), 6.9: (-3.3, 2.1)}[z]:
                _desk(view, x, z)
    sky.bird(plate, 556, 88, 22, tone(0.15), 2)
    plate.fill(rect(-5, 432, 810, 30), SOOT, alpha=0.5)


def _desk(view: View, x: float, z: float) -> None:
    view.box(x, 0, z, (1.5, 1.15, 0.8), 0.14)
    rail: list[Point] = [view.at(x - 0.75, 1.15, z), view.at(x - 0.75, 1.42, z), view.at(x + 0.75, 1.42, z), view.at(x + 0.75, 1.15, z)]
    view.plate.lines([rail], FLAME, max(1.4, view.size(0.05, z)), wobble=0.3)
