"""Hospital Hill, outdoors: a white stair, ambulances in a row, and a garden planted like a body."""

from math import cos, pi, sin

from ink import city, nature, sky, things
from ink.lines import Cut, oval, rect
from ink.plate import Plate
from ink.tones import CHAR, EMBER, FLAME, LEAF, LICHEN, SOOT, tone
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
    for x, base, tall, bow in (
        (186, 352, 196, 1.15),
        (588, 348, 196, -1.15),
        (306, 252, 120, 1.1),
        (538, 250, 120, -1.1),
        (384, 182, 70, 1),
        (518, 182, 70, -1),
        (432, 134, 38, 1),
        (506, 132, 38, -1),
    ):
        things.lamp_post(plate, x, base, tall, CHAR, bow=bow, wide=max(1.4, tall * 0.024))
    for x, base, size in ((330, 347, 64), (460, 346, 58), (370, 251, 38), (474, 250, 40), (424, 181, 24), (472, 133, 15)):
        things.wheelchair(plate, x, base, size, CHAR)
    plate.fills([rect(346, 324, 26, 10)], EMBER, wobble=0.6)
    sky.flock(plate, 220, 90, 80, 5, 17, SOOT)


def ambulance_court(plate: Plate) -> None:
    """Nine ambulances, doors open at one angle, bramble for patients; the tenth bay is empty."""
    sky.sky(plate, 0.5, 0.8, 200)
    view = View(plate, 196, 560, eye=2.7, focal=430, haze=0.66, reach=46)
    plate.fill(view.front(-60, 8, 0, 9, 34), plate.brick(tone(0.44), tone(0.36), 16, 7))
    city.openings(plate, (20, 100, 480, 80), 13, 3, tone(0.16), missing=0.1)
    plate.fill(rect(-5, 226, 810, 230), plate.fade((0, tone(0.6)), (1, tone(0.26)), y0=226, y1=450), wobble=0)
    view.floor_cuts(-10, 14, 5.4, 32, 26, tone(0.24), alpha=0.5)
    plate.fill(view.front(-1.5, 30, 0, 12, 26), tone(0.3))
    city.openings(plate, (548, 44, 252, 130), 5, 3, tone(0.1), lit=[(1, 1)])
    plate.fill(view.poly([(5.6, 0, 4.6), (5.8, 0, 4.6), (-26, 0, 23), (-26.4, 0, 23)]), tone(0.8), wobble=0.6)
    for i in range(9, 0, -1):
        _ambulance(view, 1.2 - i * 2.95, 6.0 + i * 1.75, i)
    bay = view.ground(0.9, 3.3, 5.3, 7.6)
    plate.lines([bay, [bay[0], bay[3]]], tone(0.95), 2.4)
    x, y = view.at(2.1, 0, 6.3)
    plate.fill(oval(x, y, 66, 13, 20), CHAR, wobble=2, alpha=0.85)
    plate.cuts([(x - 30, y - 3, x + 10, y - 4, 2.4)], tone(0.5))
    for bx, base, steps in ((700, 450, 14), (770, 450, 17), (740, 450, 12)):
        nature.creeper(plate, bx, base, steps, SOOT, drift=(-4, -9), size=11, sway=9, each=3)
    nature.grass(plate, 560, 800, 450, 34, 60, SOOT, wide=2.4)
    board = rect(676, 210, 96, 66)
    plate.fill(rect(718, 270, 12, 130), CHAR)
    plate.fill(board, tone(0.1))
    plate.lines([[*board, board[0]]], tone(0.6), 2)
    pegs = [(692 + (i % 5) * 16, 228 + (i // 5) * 26) for i in range(10)]
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
    plate.fill([(250 + a * 26, 418 + b * 26) for a, b in dog], CHAR, wobble=0.4)


def _ambulance(view: View, x: float, z: float, number: int) -> None:
    """Print one ambulance with its back to us: box, open doors, dark inside, brambles in it."""
    plate = view.plate
    wide, high = 2.2, 2.6
    flank = x if x > 0 else x + wide
    plate.fill(view.side(flank, z, z + 4.2, 0.5, high), view.air(0.26, z), wobble=0.8)
    back = view.front(x, x + wide, 0.45, high, z)
    plate.fill(
        view.poly([(x, high, z), (x + wide, high, z), (x + wide, high + 0.05, z + 4.2), (x, high + 0.05, z + 4.2)]),
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
        tone(0.76),
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
        nature.grass(plate, left, right, base, high, 18, LICHEN, wide=3)
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
    plate.fill(top, view.air(0.52, z), wobble=2.4, step=18)
    plate.fill(view.front(x, x + wide, 0, high, z), view.air(0.16, z), wobble=1.8, step=20)
