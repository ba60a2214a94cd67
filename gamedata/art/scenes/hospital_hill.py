"""Hospital Hill: a white stair, ambulances in a row, a hall that waits, a ward that is made up, herbs, and sheets."""

from math import cos, pi, sin

from ink import city, indoor, nature, sky, things
from ink.lines import Cut, Points, oval, rect, sag, turn
from ink.plate import Plate
from ink.tones import BONE, CHAR, EMBER, FLAME, LEAF, LICHEN, SOOT, tone
from ink.view import View


def hill_steps(plate: Plate) -> None:
    """A white stair up a dark hill; the lamps bow over it like nurses."""
    sky.sky(plate, 0.5, 0.86, 220, bow=10)
    sky.halo(plate, 470, 80, 200, 1, 0.5)
    hill = [(-5, 330), (80, 270), (180, 214), (290, 150), (390, 108), (480, 92), (600, 104), (690, 150), (805, 214), (805, 455), (-5, 455)]
    ward = [
        (384, 112),
        (384, 62),
        (420, 62),
        (420, 44),
        (452, 44),
        (452, 30),
        (470, 18),
        (488, 30),
        (488, 44),
        (520, 44),
        (520, 58),
        (566, 58),
        (566, 112),
    ]
    plate.fill(ward, tone(0.46))
    city.openings(plate, (388, 66, 174, 42), 11, 2, tone(0.16), lit=[(6, 1)])
    plate.fill(hill, plate.fade((0, tone(0.36)), (1, tone(0.1)), y0=90, y1=440), wobble=3)
    cuts: list[Cut] = []
    for _ in range(70):
        x, y = plate.dice.uniform(0, 800), plate.dice.uniform(180, 450)
        long = plate.dice.uniform(20, 70)
        cuts.append((x, y, x + long, y - long * (0.4 if x < 400 else -0.4), 1.8))
    with plate.inside(hill):
        plate.cuts(cuts, tone(0.45), alpha=0.55)
    flights = (
        ((120, 660, 462), (214, 562, 346)),
        ((222, 556, 340), (318, 520, 252)),
        ((324, 516, 247), (392, 506, 182)),
        ((396, 504, 178), (436, 498, 134)),
        ((438, 497, 131), (456, 490, 106)),
    )
    for i, (low, high) in enumerate(flights):
        edges = city.stair(plate, low, high, 9 - i, 0.95 - 0.04 * i, 0.52 - 0.01 * i)
        plate.cuts([(left + 2, y + 1, right - 2, y + 1, 1.6) for left, right, y in edges[1:-1]], tone(0.2), alpha=0.6)
        plate.fill([(high[0] - 10, high[2]), (high[1] + 8, high[2]), (high[1], high[2] - 6), (high[0] + 4, high[2] - 6)], tone(1))
        for side in (0, 1):
            a, b = low[side], high[side]
            out = (-1, 1)[side] * (26 - 5 * i)
            plate.fill(
                [(a, low[2]), (b, high[2]), (b + out * 0.7, high[2] - 12 + 2 * i), (a + out, low[2] - 14 + 2 * i)],
                tone(0.74 if side == 0 else 0.24),
                wobble=1,
            )
    for x, base, high, bow in (
        (186, 352, 196, 1.15),
        (588, 348, 196, -1.15),
        (306, 252, 120, 1.1),
        (538, 250, 120, -1.1),
        (384, 182, 70, 1),
        (518, 182, 70, -1),
        (432, 134, 38, 1),
        (506, 132, 38, -1),
    ):
        things.lamp_post(plate, x, base, high, CHAR, bow=bow, wide=max(1.4, high * 0.024))
    for x, base, size in ((330, 347, 64), (460, 346, 58), (370, 251, 38), (474, 250, 40), (424, 181, 24), (472, 133, 15)):
        things.wheelchair(plate, x, base, size, CHAR)
    plate.fills([rect(346, 324, 26, 10)], EMBER, wobble=0.6)
    sky.flock(plate, 220, 90, 80, 5, 17, SOOT)


def ambulance_court(plate: Plate) -> None:
    """Nine ambulances, doors open at one angle, bramble for patients; the tenth bay is empty."""
    sky.sky(plate, 0.5, 0.8, 200)
    view = View(plate, 196, 250, eye=2.5, focal=470, haze=0.66, reach=46)
    plate.fill(view.front(-16, 30, 0, 9, 34), plate.brick(tone(0.44), tone(0.36), 16, 7))
    city.openings(plate, (40, 82, 560, 100), 16, 3, tone(0.16), missing=0.1)
    plate.fill(rect(-5, 226, 810, 230), plate.fade((0, tone(0.6)), (1, tone(0.26)), y0=226, y1=450), wobble=0)
    view.floor_cuts(-10, 14, 5.4, 32, 26, tone(0.24), alpha=0.5)
    plate.fill(view.front(9.5, 30, 0, 11, 26), tone(0.3))
    city.openings(plate, (440, 20, 360, 170), 7, 3, tone(0.1), lit=[(4, 1)])
    view.runs((-4.6, -4.5), 5.4, 32, tone(0.9), 0.07)
    for i in range(9, 0, -1):
        _ambulance(view, 1.2, 6.4 + i * 2.9, i)
    bay = view.ground(1.2, 6.2, 6.3, 8.6)
    plate.lines([bay, [bay[0], bay[3]]], tone(0.95), 2.4)
    x, y = view.at(2.8, 0, 7.3)
    plate.fill(oval(x, y, 66, 13, 20), CHAR, wobble=2, alpha=0.85)
    plate.cuts([(x - 30, y - 3, x + 10, y - 4, 2.4)], tone(0.5))
    for bx, base, steps in ((700, 450, 14), (770, 450, 17), (740, 450, 12)):
        nature.creeper(plate, bx, base, steps, SOOT, drift=(-4, -9), size=11, sway=9, each=3)
    nature.grass(plate, 560, 800, 450, 34, 60, SOOT, wide=2.4)
    board = rect(66, 236, 90, 62)
    plate.fill(rect(104, 290, 12, 100), CHAR)
    plate.fill(board, tone(0.1))
    plate.lines([[*board, board[0]]], tone(0.6), 2)
    pegs = [(80 + (i % 5) * 15.5, 252 + (i // 5) * 24) for i in range(10)]
    plate.lines([[(a, b), (a, b + 9)] for a, b in pegs[:-1]], tone(0.56), 3)
    plate.lines([[pegs[-1], (pegs[-1][0], pegs[-1][1] + 7)]], FLAME, 3.4)
    dog = [
        (-1.1, -0.7),
        (-0.8, -0.95),
        (0.5, -0.95),
        (0.75, -1.3),
        (0.85, -1.1),
        (1.2, -1.0),
        (1.15, -0.85),
        (0.85, -0.75),
        (0.7, -0.4),
        (0.7, 0),
        (0.58, 0),
        (0.5, -0.4),
        (-0.6, -0.45),
        (-0.7, 0),
        (-0.84, 0),
        (-0.9, -0.5),
        (-1.3, -0.2),
    ]
    plate.fill([(356 + a * 22, 408 + b * 22) for a, b in dog], CHAR, wobble=0.4)


def _ambulance(view: View, x: float, z: float, number: int) -> None:
    """Print one ambulance with its back to us: box, open doors, dark inside, brambles in it."""
    plate = view.plate
    wide, high = 2.2, 2.6
    plate.fill(view.side(x, z, z + 2.4, 0.5, high), view.air(0.3, z), wobble=0.8)
    back = view.front(x, x + wide, 0.45, high, z)
    plate.fill(
        view.poly([(x, high, z), (x + wide, high, z), (x + wide, high + 0.12, z + 2.4), (x, high + 0.12, z + 2.4)]),
        view.air(0.75, z),
        wobble=0.6,
    )
    plate.fill(back, view.air(0.46, z), wobble=0.8)
    plate.fill(view.front(x + 0.2, x + wide - 0.2, 0.75, high - 0.3, z), view.air(0.0, z), wobble=0.6)
    for foot in (x + 0.35, x + wide - 0.35):
        a, b = view.at(foot, 0.32, z)
        plate.fill(oval(a, b, view.size(0.2, z), view.size(0.36, z), 12), view.air(0.0, z), wobble=0.3)
    leaf = view.poly(
        [
            (x + wide - 0.2, 0.7, z),
            (x + wide - 0.2, high - 0.25, z),
            (x + wide + 0.5, high - 0.25, z - 0.75),
            (x + wide + 0.5, 0.7, z - 0.75),
        ]
    )
    near = view.poly([(x + 0.2, 0.7, z), (x + 0.2, high - 0.25, z), (x - 0.5, high - 0.25, z - 0.75), (x - 0.5, 0.7, z - 0.75)])
    plate.fills([leaf, near], view.air(0.62, z), wobble=0.6)
    plate.fills(
        [
            [(p[0] * 0.72 + q[0] * 0.28, p[1] * 0.72 + q[1] * 0.28) for p, q in zip(door, [*door[2:], *door[:2]], strict=True)]
            for door in ()
        ],
        CHAR,
    )
    for door in (leaf, near):
        cx, cy = sum(p[0] for p in door) / 4, sum(p[1] for p in door) / 4
        s, w = view.size(0.3, z), abs(door[2][0] - door[0][0]) * 0.28
        plate.fills(
            [rect(cx - w, cy - s * 0.9, w * 2, s * 0.6), rect(cx - w * 0.32, cy - s * 1.5, w * 0.64, s * 1.8)],
            EMBER if number < 5 else "#8f5a41",
            wobble=0.3,
            alpha=0.9,
        )
    if number < 6:
        stretcher = view.front(x + 0.45, x + wide - 0.45, 0.95, 1.2, z)
        plate.fill(stretcher, view.air(0.7, z), wobble=0.5)
        a, b = view.at(x + 0.7, 0.8, z)
        nature.creeper(plate, a, b + 8, 7, LICHEN, drift=(view.size(0.12, z), -view.size(0.18, z)), size=view.size(0.16, z), sway=4, each=2)


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
    for start in (300, 350, 420, 470, 512):
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
    for x in (391, 409):
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


def hospital_garden(plate: Plate) -> None:
    """A garden planted like a body, its heart a stone chest of bees."""
    sky.sky(plate, 0.62, 0.94, 150, mark=0.08)
    city.skyline(plate, 96, 40, 0.66, 0.78, wide=60, ruin=0.3)
    plate.fill(rect(-5, 76, 810, 150), tone(0.56))
    plate.fill([(0, 92), (800, 92), (800, 70), (0, 74)], plate.hatch(tone(0.24), tone(0.4), 84, 9), wobble=1.5)
    city.arcade(plate, 14, 786, 212, 50, 98, tone(0.14))
    city.arcade(plate, 14, 786, 212, 34, 84, tone(0.26))
    city.upright(plate, (0, 110, 800, 90), 50, tone(0.85), 2, 0.8, 50)
    plate.fill(rect(-5, 208, 810, 12), tone(0.8))
    view = View(plate, 150, 400, eye=4.2, focal=420, haze=0.7, reach=60)
    plate.fill(rect(-5, 218, 810, 240), plate.fade((0, tone(0.56)), (1, tone(0.26)), y0=218, y1=450), wobble=0)
    plate.fill(
        view.poly([(-0.8, 0, 5), (-0.6, 0, 11), (-1.2, 0, 14), (-0.7, 0, 26), (0.7, 0, 26), (1.2, 0, 14), (0.6, 0, 11), (0.8, 0, 5)]),
        tone(0.94),
        wobble=2,
        step=14,
    )
    beds = ((-6.6, 16.8), (1.6, 16.8), (-8.4, 11.4), (2, 11.4), (-6.2, 7.0), (1.5, 7.0))
    for x, z in beds:
        wide, deep = (5, 4) if z > 12 else (6.2, 3.4) if z > 9 else (4.6, 3)
        for part in ((x, z + deep - 0.5, wide, 0.5), (x, z, 0.6, deep), (x + wide - 0.6, z, 0.6, deep), (x, z, wide, 0.5)):
            _hedge(view, *part)
        base = view.at(0, 0.2, z + 0.9)[1]
        left, right = view.at(x + 0.8, 0, z + 1)[0], view.at(x + wide - 0.8, 0, z + 1)[0]
        high = view.size(1.3, z)
        nature.grass(plate, left, right, base, high, 26, LICHEN, wide=2.4)
        nature.leaves(
            plate,
            [(plate.dice.uniform(left, right), base - plate.dice.uniform(0.3, 1) * high) for _ in range(9)],
            LEAF if z > 9 else tone(0.95),
            each=3,
            reach=9,
            size=7,
        )
        _hedge(view, x, z, wide, 0.4)
    x, y = view.at(0, 0, 14.2)
    plate.glow(x, y - 30, 120, FLAME, 0.35)
    view.box(0, 0, 13.6, (2.0, 1.25, 1.2), 0.74)
    plate.fill(view.poly([(-1.2, 1.25, 13.5), (1.2, 1.25, 13.5), (1.1, 1.55, 14.2), (-1.1, 1.55, 14.2)]), tone(0.95))
    plate.cuts([(x - 22 + i * 9, y - 24, x - 20 + i * 9, y - 6, 2) for i in range(6)], tone(0.36))
    plate.fill(rect(x - 7, y - 2, 14, 8), CHAR)
    bees: list[Cut] = []
    for i in range(46):
        a, r = plate.dice.uniform(0, 2 * pi), 12 + i * 1.6
        bx, by = x + r * cos(a), y - 34 + r * 0.5 * sin(a)
        bees.append((bx, by, bx + 4, by - plate.dice.uniform(-2, 2), 2.4))
    plate.cuts(bees, CHAR)
    plate.cuts(bees[::4], EMBER)
    things.dish(plate, 648, 352, 74, 19, 30, plate.hatch(tone(0.76), tone(0.56), 84, 9), tone(0.16))
    plate.fill([(622, 380), (674, 380), (684, 428), (612, 428)], tone(0.6))
    plate.cuts([(600, 352, 660, 350, 2.4), (640, 357, 690, 356, 2)], tone(0.95))
    nature.fern(plate, 96, 450, 120, 9, SOOT)
    nature.fern(plate, 760, 456, 110, 8, SOOT)
    nature.grass(plate, 0, 300, 452, 70, 40, SOOT, wide=3)


def _hedge(view: View, x: float, z: float, wide: float, deep: float) -> None:
    """Print one run of low box hedge, clipped once and rough since."""
    plate, high = view.plate, 0.55
    top = view.ground(x, x + wide, z, z + deep, high)
    plate.fill(top, view.air(0.52, z), wobble=2.4, step=9)
    plate.fill(view.front(x, x + wide, 0, high, z), view.air(0.16, z), wobble=1.8, step=11)


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
            x, y = 36 + row * 15 + k * 31, 346 - row * 26
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
