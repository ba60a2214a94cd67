"""Cinder Market: the kiln, the square, the arcade and the exchange."""

from math import cos, pi, sin

from ink import city, indoor, nature, sky, things
from ink.lines import Cut, Point, Points, arch, oval, rect, sag
from ink.plate import Plate
from ink.tones import BONE, CHAR, EMBER, FLAME, SOOT, tone
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
            y = 44 + i * 7
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
            (210, 402, 44),
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
