"""Cinder Market: the kiln, outside and in, and the square of charred stalls."""

from math import cos, pi, sin

from ink import city, sky, things
from ink.lines import Cut, Points, arch, oval, rect, sag
from ink.plate import Plate
from ink.tones import BONE, CHAR, EMBER, FLAME, tone
from ink.view import View


def kiln_yard(plate: Plate) -> None:
    """A bottle kiln against a pale sky; its door and the lanterns are all the warmth there is."""
    sky.sky(plate, 0.34, 0.72, 300)
    city.skyline(plate, 290, 70, 0.56, 0.66, ruin=0.6)
    city.skyline(plate, 306, 84, 0.4, 0.54, wide=52)
    sky.smoke(plate, 520, 34, 120, 60, 0.3, 16, 0.8)
    ground = plate.fade((0, tone(0.4)), (1, tone(0.1)), y0=300, y1=450)
    plate.fill([(0, 300), (800, 296), (800, 450), (0, 450)], ground)
    view = View(plate, 296, 470, haze=0.5)
    view.floor_cuts(-12, 12, 4, 30, 18, tone(0.62), alpha=0.5)
    wall = plate.brick(tone(0.2), tone(0.11), 26, 12)
    city.ruin(plate, -10, 330, 200, 150, wall, 0.35)
    city.openings(plate, (10, 220, 150, 90), 3, 1, CHAR)
    city.ruin(plate, 690, 330, 130, 190, wall, 0.3)
    city.openings(plate, (700, 180, 100, 120), 2, 2, CHAR, lit=[(0, 1)])
    body = [
        (388, 372),
        (394, 300),
        (412, 232),
        (446, 168),
        (474, 118),
        (486, 70),
        (484, 36),
        (478, 28),
        (566, 28),
        (560, 36),
        (558, 70),
        (570, 118),
        (600, 168),
        (634, 232),
        (650, 300),
        (656, 372),
    ]
    plate.fill(body, plate.brick(tone(0.17), tone(0.08), 22, 10), wobble=1.2)
    with plate.inside(body):
        plate.fill(
            [
                (540, 20),
                (566, 28),
                (558, 70),
                (570, 118),
                (600, 168),
                (634, 232),
                (650, 300),
                (660, 380),
                (590, 380),
                (580, 240),
                (545, 120),
            ],
            CHAR,
            alpha=0.55,
        )
        lit: list[Cut] = []
        for i in range(46):
            y = 44.0 + i * 7
            left = 486 - max(0, y - 60) * 0.3 + 3
            lit.append((left, y, left + plate.dice.uniform(14, 46), y + 1, 2))
        plate.cuts(lit, tone(0.56), alpha=0.8)
    plate.lines([[(396, 300), (440, 304), (600, 304), (648, 300)], [(440, 176), (604, 176)], [(474, 112), (572, 112)]], tone(0.08), 5)
    plate.glow(522, 350, 230, EMBER, 0.6, 0.72)
    plate.fill(arch(522, 376, 84, 104), tone(0.07))
    plate.fill(arch(522, 376, 62, 88), EMBER)
    plate.fill(arch(522, 378, 40, 62), FLAME)
    plate.fill(arch(522, 378, 18, 36), BONE)
    plate.rays(522, 338, 58, 150, 44, FLAME, 0.7, 1.8)
    line = sag(470, 92, 92, 262, 44, 12)
    plate.lines([line], CHAR, 1.6, wobble=0)
    for i, (x, y) in enumerate(line[1:-1]):
        things.lantern(plate, x, y, 13 + i * 0.5, glow=4.5, alpha=0.5)
    plate.fills(
        [
            rect(82, 300, 18, 90),
            rect(74, 292, 34, 10),
            [(98, 316), (128, 322), (130, 334), (124, 334), (122, 328), (98, 324)],
            [(84, 296), (52, 330), (56, 334), (90, 302)],
        ],
        CHAR,
    )
    for i, (x, base, size) in enumerate(
        (
            (210.0, 402.0, 44),
            (252, 408, 50),
            (232, 366, 36),
            (300, 416, 40),
            (700, 410, 54),
            (752, 414, 48),
            (724, 364, 42),
            (660, 420, 38),
            (768, 370, 34),
        )
    ):
        things.pot(plate, x, base, size, 0.14 + 0.03 * (i % 3))
    things.figure(plate, 404, 404, 64, CHAR, stoop=0.06)
    things.figure(plate, 620, 400, 60, CHAR, stoop=-0.05)
    things.figure(plate, 342, 392, 40, CHAR)
    view.floor_cuts(-1.6, 2.4, 4.2, 10, 9, EMBER, alpha=0.75)


def kiln_chamber(plate: Plate) -> None:
    """Under the dome: courses of brick lean in to one coin of sky."""
    plate.fill(rect(-5, -5, 810, 460), tone(0.13), wobble=0)
    x, y = 400, 118
    for i in range(13):
        t = 1 - i / 13
        rx, ry = 74 + 470 * t**1.25, 42 + 390 * t**1.5
        plate.fill(oval(x, y + 150 * t, rx, ry, 30), tone(0.1 + 0.28 * (1 - t) ** 1.3), wobble=1.5, step=60)
    cuts: list[Cut] = []
    joints: list[Cut] = []
    for i in range(26):
        t = 1 - (i + 0.5) / 26
        rx, ry = 74 + 470 * t**1.25, 42 + 390 * t**1.5
        for _ in range(12):
            a = plate.dice.uniform(0, 2 * pi)
            b = a + plate.dice.uniform(0.05, 0.14)
            cy = y + 150 * t
            (cuts if plate.dice.random() < 0.6 else joints).append(
                (x + rx * cos(a), cy + ry * sin(a), x + rx * cos(b), cy + ry * sin(b), 1 + 1.5 * t)
            )
    plate.cuts(cuts, tone(0.55), alpha=0.65)
    plate.cuts(joints, CHAR, alpha=0.8)
    plate.glow(x, y, 150, tone(0.9), 0.5, 0.7)
    plate.fill(oval(x, y, 62, 34, 22), tone(0.93), wobble=1.5)
    plate.cuts([(356, 112, 420, 108, 2), (390, 128, 446, 124, 2)], tone(0.72))
    sky.shaft(plate, [(350, 128), (452, 128)], [(250, 380), (520, 380)], 0.95, 0.34, 110, 390)
    plate.fill([(-5, 318), *oval(400, 318, 410, 46, 14, pi, pi), (805, 318), (805, 455), (-5, 455)], tone(0.1), wobble=0.8)
    floor = [*oval(400, 372, 380, 88, 26)]
    plate.fill(floor, plate.hatch(tone(0.24), tone(0.34), 3, 8, 1.4), wobble=1.5)
    plate.fill(oval(384, 372, 150, 36, 22), tone(0.42), alpha=0.5)
    for i in range(15):
        angle = pi + pi * (i + 0.5) / 15
        bx, by = 400 + 352 * cos(angle), 372 + 74 * sin(angle)
        s = 0.75 + 0.5 * (1 + sin(angle)) + 0.18 * abs(cos(angle))
        w = (22 + 12 * abs(sin(angle))) * s
        for level in (0, 1):
            top = by - 26 * s - level * 27 * s
            plate.fill(rect(bx - w / 2, top, w, 9 * s), tone(0.62 if level else 0.5), wobble=0.8)
            plate.fill(rect(bx - w / 2, top + 9 * s, w, 7 * s), tone(0.16), wobble=0.6)
        plate.lines([[(bx - w / 2, by), (bx - w / 2, by - 62 * s)], [(bx + w / 2, by), (bx + w / 2, by - 62 * s)]], CHAR, 2.6 * s)
    plate.glow(400, 356, 150, EMBER, 0.6, 0.6)
    plate.fills([rect(374, 318, 52, 62), rect(392, 240, 15, 80), rect(368, 376, 64, 8), rect(368, 312, 64, 8)], CHAR)
    plate.fill(arch(400, 366, 28, 30), FLAME)
    plate.cuts([(388, 345, 414, 345, 1.5), (388, 355, 414, 355, 1.5)], EMBER)
    things.figure(plate, 318, 402, 74, CHAR, stoop=0.05)
    things.figure(plate, 474, 394, 58, CHAR)
    plate.fill([(560, 424), (566, 408), (574, 404), (578, 396), (583, 403), (590, 396), (592, 408), (604, 412), (612, 424)], tone(0.55))
    view = View(plate, 250, 400)
    view.floor_cuts(-4, 4, 3.9, 8, 8, EMBER, alpha=0.35)


def market_square(plate: Plate) -> None:
    """Charred posts in rows like a wood in winter, and one awning that the fire forgot."""
    sky.sky(plate, 0.42, 0.82, 230, bow=9)
    city.skyline(plate, 226, 62, 0.66, 0.76, ruin=0.7)
    city.skyline(plate, 236, 74, 0.5, 0.66, wide=46)
    view = View(plate, 214, 400, eye=3.2, focal=560, haze=0.7, reach=42)
    plate.fill([(0, 230), (800, 230), (800, 450), (0, 450)], plate.fade((0, tone(0.62)), (1, tone(0.26)), y0=230, y1=450))
    view.floor_cuts(-30, 30, 6.5, 40, 34, tone(0.2), alpha=0.5, wide=1.7)
    veins: list[Points] = []
    for x in (-5.5, -2.6, -0.8, 1.4, 3.4, 6):
        z, run = 6.6, [view.at(x, 0, 6.6)]
        while z < 18:
            z *= plate.dice.uniform(1.06, 1.2)
            x += plate.dice.uniform(-0.6, 0.6)
            run.append(view.at(x, 0, z))
        veins.append(run)
    plate.lines(veins, tone(1), 2, alpha=0.8)
    for z in (34, 27, 22, 18, 14.5, 11.5, 9):
        for side in (-1, 1):
            for k in range(4):
                x = side * (3.4 + 3.3 * k)
                if side == 1 and k == 0 and z in (11.5, 9):
                    continue
                _stall(view, x, z)
    _fountain(view, 0.0, 15.5)
    _awning(view, 4.4, 10.4)
    sky.flock(plate, 250, 80, 90, 7, 16, tone(0.2))


def _stall(view: View, x: float, z: float) -> None:
    plate, dice = view.plate, view.plate.dice
    ink = view.air(0.03, z)
    posts: list[Points] = []
    tops: list[float] = []
    for dx in (0, 1.9):
        high = dice.uniform(1.5, 3.4)
        tops.append(high)
        a, b = view.at(x + dx, 0, z), view.at(x + dx + dice.uniform(-0.2, 0.2), high, z)
        w = view.size(0.09, z)
        posts.append([(a[0] - w, a[1]), (b[0] - w * 0.6, b[1]), (b[0] + w * 0.2, b[1] - w * 2), (a[0] + w, a[1])])
    if dice.random() < 0.6:
        level = min(tops) * dice.uniform(0.75, 0.95)
        a, b = view.at(x - 0.2, level, z), view.at(x + 1.9 * dice.uniform(0.6, 1.1), level + dice.uniform(-0.5, 0.2), z)
        w = view.size(0.06, z)
        posts.append([(a[0], a[1] - w), (b[0], b[1] - w), (b[0], b[1] + w), (a[0], a[1] + w)])
    plate.fills(posts, ink, wobble=0.5)


def _fountain(view: View, x: float, z: float) -> None:
    plate = view.plate
    cx, cy = view.at(x, 0, z)
    m = view.size(1, z)
    things.dish(plate, cx, cy - m * 0.7, m * 2.6, m * 0.62, m * 0.7, plate.hatch(tone(0.5), tone(0.7), 2, 6), tone(0.2))
    plate.fill(
        [(cx - m * 0.6, cy - m * 0.6), (cx - m * 0.35, cy - m * 1.7), (cx + m * 0.35, cy - m * 1.7), (cx + m * 0.6, cy - m * 0.6)],
        tone(0.34),
    )
    fish = [
        (-0.3, -1.6),
        (-0.75, -2.1),
        (-0.7, -2.8),
        (-0.3, -3.4),
        (0.15, -3.75),
        (-0.1, -4.2),
        (0.55, -4.0),
        (1.1, -4.3),
        (0.75, -3.7),
        (0.7, -3.2),
        (0.95, -2.7),
        (0.6, -2.6),
        (0.7, -2.2),
        (1.15, -1.9),
        (0.7, -1.75),
        (0.3, -1.6),
    ]
    plate.fill([(cx + a * m, cy + b * m) for a, b in fish], tone(0.16))
    plate.cuts(
        [(cx - m * 0.55, cy - m * (1.95 + i * 0.26), cx + m * 0.2, cy - m * (2.1 + i * 0.28), 2) for i in range(6)], tone(0.55), bow=3
    )
    plate.fill(oval(cx + m * 0.42, cy - m * 2.3, 3, 3, 8), tone(0.8))


def _awning(view: View, x: float, z: float) -> None:
    plate = view.plate
    for dx in (0, 2.8):
        for back in (0, 1.6):
            plate.lines([[view.at(x + dx, 0, z + back), view.at(x + dx, 2.3 if not back else 2.9, z + back)]], tone(0.08), 4)
    view.box(x + 1.4, 0, z + 0.2, (2.7, 0.9, 1.0), 0.22)
    stripes = 9
    for i in range(stripes):
        a, b = x - 0.2 + 3.2 * i / stripes, x - 0.2 + 3.2 * (i + 1) / stripes
        ink = EMBER if i % 2 == 0 else BONE
        fringe = [(a, 2.3, z), ((a + b) / 2, 1.95, z), (b, 2.3, z)]
        view.face([(a, 2.3, z), (a, 3.05, z + 1.7), (b, 3.05, z + 1.7), (b, 2.3, z)], ink, 0.4)
        view.face([*fringe[:1], (a, 2.08, z), fringe[1], (b, 2.08, z), fringe[2]], ink, 0.3)
