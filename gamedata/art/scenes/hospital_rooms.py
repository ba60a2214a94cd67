"""Hospital Hill, indoors: a hall that waits, a ward that is made up, and sheets nobody has taken in."""

from math import pi, sin

from ink import indoor, sky, things
from ink.lines import Points, oval, rect, sag, turn
from ink.plate import Plate
from ink.tones import BONE, CHAR, EMBER, FLAME, SOOT, tone
from ink.view import View


def outpatients_hall(plate: Plate) -> None:
    """Benches that all face one closed window, under a clock that says a quarter past three."""
    view = View(plate, 222, 400, eye=2.1, focal=420, haze=0.5, reach=40)
    indoor.room(view, 7, 6.6, 2, 17, (0.36, 0.5, 0.3, 0.24, 0.5))
    end = view.front(-7, 7, 0, 6.6, 17)
    plate.fill([(end[0][0], 188), (end[3][0], 188), end[3], end[0]], plate.tiles("#5f6650", "#454a3b", 9, 0.9), wobble=0.4)
    for side, ink in ((-1, "#737a62"), (1, "#474c3d")):
        plate.fill(view.side(side * 7, 2, 17, 0, 2.7), ink, wobble=0.5)
        z, runs = 2.2, []
        while z < 17:
            runs.append([view.at(side * 7, 0, z), view.at(side * 7, 2.7, z)])
            z *= 1.07
        runs += [[view.at(side * 7, y / 5, 2), view.at(side * 7, y / 5, 17)] for y in range(1, 14, 1)]
        plate.lines(runs, "#3b4033", 1, wobble=0.3, step=90, alpha=0.8)
        plate.lines([[view.at(side * 7, 2.75, 2), view.at(side * 7, 2.75, 17)]], BONE if side < 0 else tone(0.6), 3)
    rivers: list[Points] = []
    for start in (300.0, 350, 420, 470, 512):
        x, y, run = start, 190.0, []
        while y < 272:
            run.append((x, y))
            x += plate.dice.uniform(-12, 12)
            y += plate.dice.uniform(4, 11)
        rivers.append(run)
        rivers.append([run[2], (run[2][0] + 16, run[2][1] + 12), (run[2][0] + 22, run[2][1] + 24)])
    plate.lines(rivers, BONE, 1.3)
    plate.fill(rect(362, 196, 76, 54), CHAR)
    plate.lines([[(362, 250), (362, 196), (438, 196), (438, 250), (362, 250)]], tone(0.86), 4)
    plate.fill(rect(368, 202, 64, 40), plate.hatch(tone(0.4), tone(0.2), 0, 5, 1.2), wobble=0.4)
    plate.fill(rect(352, 248, 96, 7), tone(0.8))
    plate.fill(rect(378, 162, 44, 26), CHAR, wobble=0.5)
    for x in (391.0, 409):
        plate.lines([[*oval(x, 170, 4.2, 4, 9), (x + 4.2, 170)], [*oval(x, 179.5, 5, 4.6, 9), (x + 5, 179.5)]], FLAME, 2, wobble=0)
    plate.glow(400, 176, 62, EMBER, 0.4)
    things.clock(plate, 400, 104, 42, 3, 15)
    for z0 in (3.4, 5.6, 8.6, 12.6):
        plate.fill(view.side(-6.99, z0, z0 * 1.34, 3.2, 6.0), tone(1), wobble=0.6)
        middle = z0 * 1.16
        plate.lines(
            [[view.at(-6.98, 3.2, middle), view.at(-6.98, 6.0, middle)], [view.at(-6.98, 4.6, z0), view.at(-6.98, 4.6, z0 * 1.34)]],
            tone(0.2),
            2.4,
        )
        a, b = view.at(-6.9, 5.6, z0), view.at(-6.9, 5.6, z0 * 1.34)
        sky.shaft(plate, [a, b], [view.at(-0.4, 0, z0 * 0.94), view.at(1.2, 0, z0 * 1.26)][::1], 1, 0.3, a[1], 400)
    corridor = view.side(6.99, 9, 11.6, 0, 3.2)
    plate.fill(corridor, CHAR)
    view.floor_cuts(-6.6, 6.6, 3.6, 16, 16, tone(0.62), alpha=0.5)
    for z in (13.5, 11.4, 9.6, 8, 6.6, 5.4, 4.3, 3.4):
        for x in (-3.4, 3.4):
            for end_x in (x - 2.1, x + 2.1):
                plate.fill(view.front(end_x - 0.06, end_x + 0.06, 0, 1.05, z), view.air(0.04, z), wobble=0.4)
            plate.fill(
                view.poly([(x - 2.2, 0.5, z), (x + 2.2, 0.5, z), (x + 2.2, 0.5, z + 0.5), (x - 2.2, 0.5, z + 0.5)]),
                view.air(0.42, z),
                wobble=0.5,
            )
            plate.fill(view.front(x - 2.2, x + 2.2, 0.62, 1.08, z), view.air(0.16, z), wobble=0.7)
            a, b = view.at(x - 2.2, 1.08, z), view.at(x + 2.2, 1.08, z)
            plate.cuts([(a[0], a[1], b[0], b[1], max(1.6, view.size(0.06, z)))], view.air(0.86 if x < 0 else 0.62, z))
    plate.fill([(640, 370), (652, 362), (660, 372), (650, 380)], EMBER, wobble=0.8)


def long_ward(plate: Plate) -> None:
    """Small beds, hospital corners, a path in the dust, and a lamp that still does its round."""
    view = View(plate, 218, 430, eye=1.9, focal=440, haze=0.55, reach=34)
    indoor.room(view, 4.4, 5.4, 1.8, 30, (0.5, 0.58, 0.36, 0.3, 0.3))
    for z in (3, 4.6, 7, 10.4, 15.5, 23):
        plate.lines(
            [[view.at(-4.4, 4.6, z), view.at(-3.6, 5.4, z), view.at(3.6, 5.4, z), view.at(4.4, 4.6, z)]],
            view.air(0.05, z),
            max(2, view.size(0.16, z)),
        )
    for z0, z1 in ((2.5, 3.2), (3.9, 5.0), (6.0, 7.6), (9.2, 11.6), (14, 17.6), (21, 26)):
        plate.fill(view.side(-4.39, z0, z1, 1.7, 4.9), tone(1), wobble=0.6)
        bars: list[Points] = [[view.at(-4.38, y, z0), view.at(-4.38, y, z1)] for y in (2.5, 3.3, 4.1)]
        bars.append([view.at(-4.38, 1.7, (z0 + z1) / 2), view.at(-4.38, 4.9, (z0 + z1) / 2)])
        plate.lines(bars, tone(0.3), 2, wobble=0.4)
        top = [view.at(-4.3, 4.8, z0), view.at(-4.3, 4.8, z1)]
        sky.shaft(plate, top, [view.at(0.2, 0, z0 * 1.0), view.at(1.8, 0, z1 * 1.0)], 1, 0.26, 20, 420)
    plate.fill(view.side(4.39, 1.8, 30, 1.55, 1.68), tone(0.7), wobble=0.4)
    for kind, z in enumerate((3.1, 4.3, 6.0, 8.2, 11.5, 16)):
        _painted(view, z, kind)
    dust = view.ground(-4.3, 4.3, 2.2, 29)
    plate.fill(dust, tone(0.66), wobble=0, alpha=0.35)
    path = view.poly([(-0.75, 0, 2.2), (-0.5, 0, 5), (-0.8, 0, 9), (-0.4, 0, 29), (0.5, 0, 29), (0.3, 0, 9), (0.6, 0, 5), (0.35, 0, 2.2)])
    plate.fill(path, tone(0.06), wobble=2, step=14)
    spurs = [
        view.poly([(0, 0, z), (side * 1.7, 0, z + 0.12), (side * 1.7, 0, z + 0.4), (0, 0, z + 0.5)])
        for z in (3.0, 4.2, 5.6, 7.6, 10.4)
        for side in (-1, 1)
    ]
    plate.fills(spurs, tone(0.06), wobble=1.2)
    lx, ly = view.at(0.1, 1.0, 15.5)
    door = view.front(-1.2, 1.2, 0, 2.6, 30)
    plate.fill(door, CHAR)
    chute = view.side(4.38, 5.0, 5.5, 0.4, 1.3)
    plate.glow(lx, ly, 150, EMBER, 0.6)
    plate.rays(lx, ly, 12, 60, 26, FLAME, 0.7, 1.3)
    things.figure(plate, lx - 14, view.at(0, 0, 15.5)[1], view.size(1.85, 15.5), CHAR)
    things.lantern(plate, lx + 2, ly - 5, 10, glow=4)
    for z in (24, 19, 15.2, 12.2, 9.8, 7.8, 6.1, 4.7, 3.5):
        for side in (-1, 1):
            _cot(view, side, z)
    plate.fill(chute, CHAR)
    plate.lines([[*chute, chute[0]]], tone(0.8), 3)


def _cot(view: View, side: int, z: float) -> None:
    """Print one small iron bed with its head to the wall."""
    plate = view.plate
    head, foot = side * 4.1, side * 1.9
    deep = 0.85
    plate.fill(view.poly([(foot, 0, z), (head, 0, z), (head, 0, z + deep), (foot, 0, z + deep)]), view.air(0.1, z), alpha=0.7)
    plate.fill(view.poly([(foot, 0.62, z), (head, 0.62, z), (head, 0.62, z + deep), (foot, 0.62, z + deep)]), view.air(0.98, z), wobble=0.6)
    turned = head - side * 0.75
    plate.fill(
        view.poly([(turned, 0.63, z), (turned - side * 0.22, 0.63, z), (turned - side * 0.22, 0.63, z + deep), (turned, 0.63, z + deep)]),
        view.air(0.66, z),
        wobble=0.5,
    )
    plate.fill(view.poly([(foot, 0.3, z), (foot, 0.62, z), (head, 0.62, z), (head, 0.3, z)]), view.air(0.76, z), wobble=0.6)
    plate.fill(
        view.poly(
            [
                (head - side * 0.1, 0.66, z + 0.1),
                (head - side * 0.6, 0.66, z + 0.1),
                (head - side * 0.6, 0.8, z + 0.45),
                (head - side * 0.1, 0.8, z + 0.45),
            ]
        ),
        view.air(0.9, z),
        wobble=0.6,
    )
    width = max(1.5, view.size(0.05, z))
    ends = [[view.at(x, 0, a), view.at(x, high, a)] for x, high in ((foot, 0.95), (head, 1.25)) for a in (z, z + deep)]
    ends += [[view.at(x, high, z), view.at(x, high, z + deep)] for x, high in ((foot, 0.95), (head, 1.25), (foot, 0.7))]
    plate.lines(ends, view.air(0.02, z), width, wobble=0.3)


def _painted(view: View, z: float, kind: int) -> None:
    """Print a painted animal on the right-hand wall: giraffe, elephant, hen, fish by turns."""
    shapes: tuple[list[tuple[float, float]], ...] = (
        [
            (0, 0),
            (0.05, 0.8),
            (0.3, 1.0),
            (0.5, 2.0),
            (0.4, 2.2),
            (0.55, 2.35),
            (0.85, 2.15),
            (0.7, 2.05),
            (0.62, 1.0),
            (0.95, 0.85),
            (1.0, 0),
            (0.85, 0),
            (0.8, 0.5),
            (0.25, 0.5),
            (0.15, 0),
        ],
        [
            (0, 0),
            (0, 0.8),
            (0.3, 1.2),
            (0.9, 1.2),
            (1.1, 1.3),
            (1.4, 1.1),
            (1.5, 0.6),
            (1.45, 0.2),
            (1.35, 0.2),
            (1.32, 0.7),
            (1.15, 0.6),
            (1.1, 0),
            (0.85, 0),
            (0.8, 0.4),
            (0.35, 0.4),
            (0.3, 0),
        ],
        [(0, 0.7), (0.3, 0.3), (0.7, 0.3), (1.0, 0.8), (1.15, 0.75), (1.0, 1.05), (0.85, 0.95), (0.7, 0.7), (0.3, 0.7), (0.1, 1.1)],
    )
    scale = z / 4.4
    spots = [(4.38, 1.75 + b * 1.05, z + a * 0.95 * scale) for a, b in shapes[kind % 3]]
    view.plate.fill(view.poly(spots), view.air(0.8 if kind else 0.74, z), wobble=0.5)
    if kind == 0:
        view.plate.fill(view.poly([(4.37, y + 0.5, a + 0.14) for _, y, a in spots]), CHAR, wobble=1, alpha=0.35)


def hospital_laundry(plate: Plate) -> None:
    """Copper vats under a low vault, and sheets that sway towards the open shaft."""
    plate.fill(rect(-5, -5, 810, 460), tone(0.12), wobble=0)
    view = View(plate, 222, 380, eye=1.8, focal=400, haze=0.36, reach=40)
    indoor.tunnel(view, 5.6, 2.2, [2.0, 3.2, 5, 8, 13], [0.26, 0.32, 0.38, 0.44, 0.5], rise=2.4)
    indoor.ring_cuts(view, 5.6, 2.2, 2.2, 12, 26, tone(0.62), rise=2.4, alpha=0.6)
    for z in (3.2, 5, 8):
        plate.lines([indoor.vault(view, 5.6, 2.2, z, rise=2.4)[1:-1]], tone(0.1), view.size(0.22, z))
    plate.fill(view.ground(-5.6, 5.6, 2, 13), plate.fade((0, tone(0.5)), (1, tone(0.2)), y0=270, y1=450), wobble=0)
    indoor.grid(view, -5.6, 5.6, 2.6, 13, 1.4, tone(0.16), 1.4)
    shaft = rect(600, 116, 116, 256)
    plate.fill(shaft, CHAR)
    sky.shaft(plate, [(620, 116), (690, 116)], [(604, 366), (712, 366)], 1, 0.55, 100, 380)
    plate.fill(rect(612, 296, 92, 76), tone(0.1))
    plate.lines(
        [[(616 + i * 12, 300), (616 + i * 12, 370)] for i in range(8)] + [[(656, 116), (656, 296)], [(662, 116), (662, 296)]], tone(0.5), 2
    )
    plate.lines([[(600, 372), (600, 116), (716, 116), (716, 372)]], tone(0.6), 5)
    lattice = [[(728 + i * 9, 122), (736 + i * 9, 372)] for i in range(6)] + [[(736 + i * 9, 122), (728 + i * 9, 372)] for i in range(6)]
    plate.lines(lattice, tone(0.46), 1.8)
    plate.fill(rect(62, 96, 84, 76), CHAR)
    plate.lines([[(62, 172), (62, 96), (146, 96), (146, 172)]], tone(0.72), 5)
    plate.fill([(66, 168), (142, 168), (158, 210), (58, 210)], tone(0.5))
    plate.cuts([(76 + i * 15, 172, 72 + i * 17, 206, 2.4) for i in range(5)], tone(0.8))
    pillows: list[Points] = []
    for row, count in enumerate((6, 5, 4, 2)):
        for k in range(count):
            x, y = 36.0 + row * 15 + k * 31, 346.0 - row * 26
            pillows.append(
                turn(
                    [(x - 20, y - 9), (x, y - 14), (x + 20, y - 9), (x + 22, y + 8), (x, y + 13), (x - 22, y + 8)],
                    x,
                    y,
                    plate.dice.uniform(-14, 14),
                )
            )
    plate.fill([(10, 362), (30, 296), (90, 250), (150, 268), (200, 320), (216, 364)], tone(0.3))
    for pillow in pillows:
        plate.fill(pillow, tone(plate.dice.uniform(0.8, 0.98)), wobble=1)
        (ax, ay), (bx, by) = pillow[0], pillow[3]
        plate.cuts([(ax + 4, by - 2, bx - 4, by, 2)], tone(0.42))
        del ay
    for y, z in ((3.5, 9), (3.2, 6.6)):
        a, b = view.at(-4.4, y, z), view.at(3.9, y, z)
        run = sag(*a, *b, 14, 12)
        plate.lines([run], CHAR, 1.6)
        for i in range(1, 10, 2 if z > 8 else 3):
            x, top = run[i]
            wide, high = view.size(1.25, z), view.size(1.7, z)
            things.sheet(plate, x, top, wide, high, view.air(1, z * 0.6), tone(0.62), sway=wide * 0.2, wave=5)
    for x, y, rx in ((250, 350, 86), (452, 362, 108), (352, 300, 54)):
        _vat(plate, x, y, rx)
    plate.glow(452, 420, 150, EMBER, 0.4, 0.4)
    things.lantern(plate, 560, 176, 17, glow=7, alpha=0.6)
    plate.lines([[(560, 176), (560, 100)]], CHAR, 1.6)
    plate.cuts([(500 + i * 13, 392 + (i % 3) * 12, 560 + i * 13, 391 + (i % 3) * 12, 2) for i in range(7)], FLAME, alpha=0.7)


def _vat(plate: Plate, x: float, y: float, rx: float) -> None:
    """Print a copper vat: warm where the lamp finds it, black where it does not."""
    copper = plate.fade((0, "#5a3524"), (0.3, "#b0683c"), (0.55, "#6b3f2a"), (1, SOOT), x0=x - rx, x1=x + rx, y0=0, y1=0)
    things.dish(plate, x, y, rx, rx * 0.27, rx * 0.72, copper, tone(0.06))
    plate.lines([oval(x, y, rx, rx * 0.27, 24, 0.1, pi - 0.2)], "#d08a55", 2.6, wobble=0.4)
    plate.cuts([(x - rx * 0.56 + sin(i) * 3, y + rx * 0.34, x - rx * 0.52, y + rx * 0.78, rx * 0.045) for i in range(1)], FLAME)
    plate.lines(
        [[(x - rx * 0.9, y + rx * 0.4), (x - rx * 0.4, y + rx * 0.6), (x + rx * 0.4, y + rx * 0.6), (x + rx * 0.9, y + rx * 0.4)]], SOOT, 2
    )
