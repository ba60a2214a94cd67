"""Riverside, by the water: stairs of slate, charcoal cranes, a red lamp, a green barge."""

from math import pi, sin

from ink import city, nature, sky, things
from ink.lines import Cut, Points, oval, rect, sag, turn
from ink.plate import Plate
from ink.tones import BONE, CHAR, EMBER, FLAME, LEAF, LICHEN, SOOT, tone
from ink.view import View
from ink.water import mirror, ripples


def _river(plate: Plate, top: float, low: float, light: float, dark: float) -> None:
    """Fill a band with river."""
    plate.fill(rect(-5, top, 810, low - top), plate.fade((0, tone(light)), (1, tone(dark)), y0=top, y1=low), wobble=0)
    ripples(plate, (0, top + 2, 800, low - top - 6), 22, tone(light + 0.14), alpha=0.6)
    ripples(plate, (0, top + 4, 800, low - top - 8), 12, tone(dark - 0.16), alpha=0.5)


def fish_steps(plate: Plate) -> None:
    """Worn steps go down between slate tables to the water, and gulls walk on them."""
    sky.sky(plate, 0.56, 0.95, 130, mark=0.08, bow=8)
    city.skyline(plate, 118, 26, 0.72, 0.82, wide=24)
    _river(plate, 114, 262, 0.76, 0.5)
    for x, y, s in ((140.0, 150.0, 1), (610, 142, 0.8)):
        plate.fill(
            [(x - 40 * s, y), (x - 34 * s, y + 10 * s), (x + 34 * s, y + 10 * s), (x + 44 * s, y - 2 * s), (x, y + 2 * s)], SOOT, wobble=0.6
        )
        things.figure(plate, x + 10 * s, y + 3 * s, 28 * s, SOOT)
        mirror(plate, x, y + 14, 60 * s, 20, tone(0.26), rows=5)
    steps = 17
    rows: list[tuple[float, float, float]] = []
    for i in range(steps + 1):
        t = (i / steps) ** 1.55
        rows.append((246 + 220 * t, 300 - 320 * t, 500 + 320 * t))
    for i, ((y0, l0, r0), (y1, l1, r1)) in enumerate(zip(rows, rows[1:], strict=False)):
        dip = (y1 - y0) * 0.22
        lip = y0 + (y1 - y0) * 0.62
        light = 0.5 + 0.02 * i
        plate.fill(
            [(l0, y0), ((l0 + r0) / 2, y0 + dip), (r0, y0), (r1, lip), ((l1 + r1) / 2, lip + dip), (l1, lip)],
            tone(light + 0.12),
            wobble=0.8,
            step=70,
        )
        plate.fill(
            [(l1, lip), ((l1 + r1) / 2, lip + dip), (r1, lip), (r1, y1), ((l1 + r1) / 2, y1 + dip), (l1, y1)],
            tone(0.38 - 0.007 * i),
            wobble=0.8,
            step=70,
        )
    cuts: list[Cut] = []
    for y, left, right in rows[3:]:
        for _ in range(4):
            x = plate.dice.uniform(max(10, left), min(700, right - 60))
            cuts.append((x, y + 6, x + plate.dice.uniform(20, 80), y + 6, 1.8))
    plate.cuts(cuts, tone(0.44), alpha=0.7)
    for side in (-1, 1):
        for i in (4, 7, 10, 13, 16):
            y, left, right = rows[i]
            _table(plate, left if side < 0 else right, y, 34 + (y - 246) * 0.62, side)
    post = rect(384, 206, 9, 62)
    plate.fill(post, CHAR)
    plate.cuts([(383, 214 + i * 11, 394, 214 + i * 11, 2.4) for i in range(5)], EMBER)
    for x, y, s, face in (
        (330, 292, 20, 1),
        (450, 318, 26, -1),
        (362, 356, 34, 1),
        (520, 398, 44, -1),
        (250, 404, 42, 1),
        (420, 276, 16, 1),
    ):
        things.gull(plate, x, y, s, 1, face)
    sky.flock(plate, 420, 60, 150, 7, 24, tone(1))
    sky.flock(plate, 300, 170, 120, 4, 20, tone(1))
    plate.lines([[(612 + k * 7, 300), (612 + k * 7, 314)] for k in range(4)] + [[(608, 312), (638, 302)]], BONE, 2)
    things.figure(plate, 612, 270, 60, CHAR, stoop=-0.1)
    sky.smoke(plate, 690, 116, 90, -50, 0.5, 9, 0.7)


def _table(plate: Plate, x: float, y: float, size: float, side: int) -> None:
    """Print one slate fish table at the edge of the steps, a knife groove in it."""
    a, b = x, x + side * size * 2.3
    top = y - size * 0.55
    plate.fills([rect(min(a, b) + size * (0.25 + 1.5 * k), top, size * 0.26, size * 0.85) for k in (0, 1)], tone(0.08))
    plate.fill(
        [(a, top), (b, top), (b - side * size * 0.1, top - size * 0.42), (a + side * size * 0.28, top - size * 0.42)],
        plate.fade((0, tone(0.62)), (1, tone(0.4)), y0=top - size * 0.4, y1=top),
        wobble=0.8,
    )
    plate.fill([(a, top), (b, top), (b, top + size * 0.17), (a, top + size * 0.17)], tone(0.14), wobble=0.8)
    plate.cuts([(a + side * size * 0.5, top - size * 0.12, a + side * size * 1.5, top - size * 0.26, size * 0.06)], CHAR)
    plate.cuts([(a + side * size * 0.4, top - size * 0.36, a + side * size * 1.9, top - size * 0.38, size * 0.04)], BONE)
    if size > 60:
        eel = [(a + side * size * (0.6 + k * 0.13), top - size * 0.2 + size * 0.06 * sin(k * 1.5)) for k in range(9)]
        plate.lines([eel], SOOT, size * 0.07, wobble=0, round_ends=True)


def lower_quay(plate: Plate) -> None:
    """Half a mile of cobbles under cranes that are charcoal, complete to the pulleys."""
    sky.sky(plate, 0.5, 0.97, 230, bow=9)
    sky.halo(plate, 250, 210, 220, 1, 0.5)
    city.skyline(plate, 232, 22, 0.72, 0.84, 0, 420, 20)
    _river(plate, 230, 452, 0.8, 0.4)
    sky.embers(plate, 232, 230, 150, 0.4, 0.3)
    mirror(plate, 232, 236, 50, 120, FLAME, rows=14, alpha=0.5, wide=2)
    city.skyline(plate, 240, 66, 0.5, 0.66, 470, 810, 46)
    quay = [(430, 236), (805, 236), (805, 455), (90, 455), (116, 420)]
    plate.fill(quay, plate.fade((0, tone(0.66)), (1, tone(0.3)), y0=236, y1=450), wobble=1)
    plate.fill([(430, 236), (116, 420), (90, 455), (40, 455), (64, 420), (418, 238)], tone(0.14), wobble=1)
    view = View(plate, 226, 440, eye=1.9, focal=440, haze=0.74, reach=46)
    cobbles: list[Cut] = []
    with plate.inside(quay):
        z = 3.8
        while z < 40:
            x = -3.2
            while x < 7:
                if plate.dice.random() < min(0.7, 4 / z):
                    a, b = view.at(x, 0, z), view.at(x + 0.34, 0, z)
                    cobbles.append((a[0], a[1], b[0], b[1], max(1.4, view.size(0.05, z))))
                x += 0.62 + z * 0.02
            z *= 1.1
        plate.cuts(cobbles, tone(0.84), alpha=0.7)
        x, y = view.at(3.4, 0, 9)
        plate.fill(oval(x, y, 130, 23, 26), tone(0.5), wobble=2.4)
        plate.fill(oval(x, y + 3, 116, 18, 26), CHAR, wobble=2.4)
        plate.cuts([(x - 60, y + 12, x + 40, y + 13, 2), (x - 20, y + 8, x + 60, y + 9, 1.6)], "#8a4a2a")
    for x, base, size in ((452, 250, 66), (414, 262, 104), (356, 290, 168), (236, 350, 300)):
        _crane(plate, x + size * 0.42, base, size)
    for x, y, s in ((140, 424, 40), (222, 372, 27), (286, 334, 19), (334, 304, 13), (370, 282, 9)):
        bollard = [(-0.4, 0), (-0.3, -0.6), (-0.5, -0.8), (-0.36, -1.05), (0.36, -1.05), (0.5, -0.8), (0.3, -0.6), (0.42, 0)]
        plate.fill([(x + a * s, y + b * s) for a, b in bollard], CHAR, wobble=0.5)
        plate.cuts([(x - s * 0.16, y - s * 0.9, x - s * 0.14, y - s * 0.2, s * 0.1)], tone(0.7))
    plate.lines([sag(140, 398, 222, 354, 20, 7)], SOOT, 3)
    for x, y, w in ((640, 424, 66), (706, 432, 54), (672, 376, 52)):
        plate.fill(turn(rect(x - w / 2, y - w * 0.7, w, w * 0.7), x, y, plate.dice.uniform(-6, 6)), SOOT, wobble=1.6, step=12)
        plate.cuts(
            [(x - w * 0.4, y - w * 0.5, x + w * 0.4, y - w * 0.52, 2), (x - w * 0.4, y - w * 0.26, x + w * 0.4, y - w * 0.24, 2)], tone(0.5)
        )
    things.figure(plate, 560, 316, 52, CHAR, stoop=0.06)
    sky.flock(plate, 130, 90, 90, 6, 18, SOOT)


def _crane(plate: Plate, x: float, base: float, size: float) -> None:
    """Print a burnt quay crane: a post, a jib over the river, a wheel, a rope and its hook."""
    s = size
    light = max(0.0, 0.42 - s / 620)
    ink = tone(light)
    beams: list[Points] = [
        [(x - 0.07 * s, base), (x - 0.05 * s, base - 0.9 * s), (x + 0.05 * s, base - 0.9 * s), (x + 0.08 * s, base)],
        [(x + 0.16 * s, base - 0.5 * s), (x - 0.9 * s, base - 1.02 * s), (x - 0.9 * s, base - 0.96 * s), (x + 0.16 * s, base - 0.4 * s)],
        [(x + 0.04 * s, base - 0.9 * s), (x + 0.04 * s, base - 0.85 * s), (x - 0.86 * s, base - 1.0 * s), (x - 0.86 * s, base - 1.02 * s)],
        [(x - 0.02 * s, base - 0.1 * s), (x - 0.5 * s, base - 0.74 * s), (x - 0.46 * s, base - 0.78 * s), (x + 0.02 * s, base - 0.2 * s)],
        [(x - 0.14 * s, base), (x - 0.1 * s, base - 0.12 * s), (x + 0.3 * s, base - 0.12 * s), (x + 0.34 * s, base)],
    ]
    plate.fills(beams, ink, wobble=max(0.6, s * 0.008), step=12)
    things.wheel(plate, x - 0.88 * s, base - 0.99 * s, 0.06 * s, ink, spokes=4, rim=0.3)
    things.wheel(plate, x + 0.15 * s, base - 0.24 * s, 0.15 * s, ink, spokes=8, rim=0.16)
    plate.lines([[(x - 0.94 * s, base - 0.99 * s), (x - 0.94 * s, base - 0.5 * s)]], ink, max(1, s * 0.008))
    plate.lines(
        [
            [
                (x - 0.94 * s, base - 0.5 * s),
                (x - 0.9 * s, base - 0.46 * s),
                (x - 0.93 * s, base - 0.42 * s),
                (x - 0.97 * s, base - 0.45 * s),
            ]
        ],
        ink,
        max(1.4, s * 0.016),
        round_ends=True,
    )
    gleams: list[Cut] = []
    for _ in range(int(s / 14)):
        y = base - s * plate.dice.uniform(0.1, 0.86)
        gleams.append((x - 0.04 * s, y, x + 0.03 * s, y - 2, max(1, s * 0.008)))
    plate.cuts(gleams, tone(light + 0.4))


def ferry_landing(plate: Plate) -> None:
    """A red lamp over the water, turned so as to be seen from a long way down."""
    sky.sky(plate, 0.56, 0.9, 210, mark=0.07, bow=6)
    plate.fill(
        [(-5, 206), *((i * 50, 200 - 7 * sin(i * 0.9) - plate.dice.uniform(0, 5)) for i in range(17)), (805, 206)], tone(0.72), wobble=1
    )
    _river(plate, 204, 452, 0.88, 0.46)
    plate.cuts(
        [(plate.dice.uniform(-60, 500), 186 + i * 5, plate.dice.uniform(400, 860), 187 + i * 5, 3) for i in range(7)],
        tone(0.94),
        bow=3,
        alpha=0.7,
    )
    boat = [(96, 274), (104, 292), (356, 294), (368, 274)]
    mirror(plate, 232, 296, 250, 44, tone(0.16), rows=11, alpha=0.8)
    plate.fill(boat, CHAR, wobble=0.8)
    plate.fill([(96, 274), (368, 274), (352, 264), (112, 264)], tone(0.5))
    plate.lines(
        [[(112, 264), (112, 240), (352, 240), (352, 264)], [(172, 264), (172, 240)], [(232, 264), (232, 240)], [(292, 264), (292, 240)]],
        SOOT,
        3,
    )
    things.figure(plate, 306, 272, 62, CHAR, stoop=0.14)
    things.chain(plate, [(560 - i * 14.5, 262 + 10 * sin(i * 0.25)) for i in range(14)], CHAR, 7)
    things.chain(plate, [(104 - i * 12, 272 + i * i * 0.5) for i in range(9)], CHAR, 7)
    plate.lines([[(328, 240), (340, 266)]], CHAR, 5)
    posts = [(470, 250, 336), (520, 244, 352), (596, 236, 384), (700, 214, 430)]
    deck = [(430, 290), (500, 288), (812, 372), (812, 455), (640, 455)]
    plate.fill([(432, 298), (640, 470), (812, 470), (812, 420), (500, 300)], CHAR)
    plate.fill(deck, plate.fade((0, tone(0.62)), (1, tone(0.34)), y0=288, y1=450), wobble=1)
    seams: list[Points] = []
    for i in range(11):
        t = (i / 11) ** 1.4
        seams.append([(430 + 210 * t, 290 + 165 * t), (500 + 312 * t, 288 + 84 * t + 6 * t)])
    plate.lines(seams, CHAR, 2.4)
    plate.cuts(
        [
            (a[0] * 0.7 + b[0] * 0.3, a[1] * 0.7 + b[1] * 0.3 + 6, a[0] * 0.2 + b[0] * 0.8, a[1] * 0.2 + b[1] * 0.8 + 5, 1.6)
            for a, b in seams[2:]
        ],
        tone(0.86),
    )
    for x, top, foot in posts:
        w = (foot - 220) * 0.07
        plate.fill(rect(x - w / 2 + 8, top + 20, w, foot - top), SOOT, wobble=0.8)
        plate.fill(oval(x + 8, top + 20, w / 2, w * 0.2, 9), tone(0.66), wobble=0.3)
    for x, y, s in ((600, 330, 1.0), (724, 372, 1.5)):
        pew = [(0, 0), (0, -44), (7, -52), (13, -44), (13, -22), (34, -20), (36, 0), (30, 0), (29, -12), (13, -13), (12, 0)]
        plate.fill([(x + a * s, y + b * s) for a, b in pew], CHAR, wobble=0.6)
        plate.fill(
            [(x + 13 * s, y - 40 * s), (x + 74 * s, y - 22 * s), (x + 74 * s, y - 8 * s), (x + 13 * s, y - 22 * s)], tone(0.2), wobble=0.8
        )
    plate.fill([(452, 300), (455, 66), (462, 66), (466, 300)], CHAR, wobble=0.6)
    plate.lines([[(458, 78), (404, 78)], [(458, 108), (424, 78)]], CHAR, 5)
    plate.glow(410, 108, 150, EMBER, 0.75)
    plate.rays(410, 108, 24, 84, 36, EMBER, 0.8, 1.8)
    plate.fill([(396, 96), (424, 96), (420, 124), (400, 124)], "#d1451f", wobble=0.4)
    plate.fill(oval(410, 110, 6, 9, 10), FLAME, wobble=0.2)
    plate.fills([[(392, 97), (410, 82), (428, 97)], rect(397, 123, 26, 6)], CHAR)
    mirror(plate, 408, 306, 26, 140, EMBER, rows=24, alpha=0.85, wide=3)
    nature.reeds(plate, -5, 150, 456, 150, 46, SOOT, heads=8)
    nature.reeds(plate, 150, 300, 460, 84, 24, CHAR, heads=4)
    pots = [oval(560 + i * 22, 428 + i * 6, 20, 13, 14) for i in range(2)]
    plate.fills(pots, plate.hatch(tone(0.2), tone(0.6), 50, 5), wobble=0.8)


def grain_barge(plate: Plate) -> None:
    """The Patience on her mud, askew, with barley for a mane."""
    sky.sky(plate, 0.44, 0.88, 230, bow=9)
    sky.halo(plate, 420, 210, 300, 1, 0.35)
    city.skyline(plate, 232, 26, 0.64, 0.78, wide=24)
    _river(plate, 230, 290, 0.8, 0.6)
    plate.fill(
        [(-5, 286), (120, 276), (330, 288), (560, 278), (805, 290), (805, 455), (-5, 455)],
        plate.fade((0, tone(0.5)), (1, tone(0.16)), y0=280, y1=450),
        wobble=2,
    )
    ripples(plate, (0, 300, 800, 146), 20, tone(0.74), alpha=0.5, density=0.28)
    ripples(plate, (0, 300, 800, 146), 14, CHAR, alpha=0.6, density=0.3)
    tilt, px, py = -9, 400, 350
    hull = [(84, 262), (120, 350), (170, 392), (600, 392), (680, 356), (726, 250), (700, 262), (640, 272), (200, 276), (130, 270)]
    plate.fill(oval(390, 404, 330, 26, 26), CHAR, wobble=2, alpha=0.8)
    plate.fill(turn(hull, px, py, tilt), plate.hatch(tone(0.14), tone(0.26), tilt, 11, 1.6, 70), wobble=1.2)
    planks = [turn([(104 + i * 12, 296 + i * 24), (712 - i * 18, 290 + i * 25)], px, py, tilt) for i in range(4)]
    plate.lines(planks, CHAR, 3)
    plate.lines([turn([(84, 262), (130, 270), (200, 276), (640, 272), (700, 262), (726, 250)], px, py, tilt)], tone(0.72), 5)
    hold = turn([(206, 274), (226, 250), (520, 246), (544, 270)], px, py, tilt)
    plate.fill(hold, CHAR)
    plate.glow(372, 250, 230, LEAF, 0.45, 0.5)
    for row, (ink, high) in enumerate((("#4f5a34", 92), (LICHEN, 82), (LEAF, 66), ("#aab06f", 44))):
        cuts: list[Cut] = []
        for _ in range(64):
            t = plate.dice.random()
            (x, y), (x1, y1) = hold[0], hold[3]
            a, b = x + (x1 - x) * t, y + (y1 - y) * t - (3 - row) * 7
            long = high * plate.dice.uniform(0.6, 1) * (0.7 + 0.5 * sin(pi * t))
            lean = plate.dice.uniform(-0.1, 0.36)
            cuts.append((a, b, a + lean * long, b - long, 3))
        plate.cuts(cuts, ink, bow=7)
    cabin = [(566, 272), (568, 206), (664, 202), (668, 266)]
    plate.fill(turn(cabin, px, py, tilt), tone(0.36))
    plate.fill(turn([(558, 208), (564, 198), (670, 193), (676, 202)], px, py, tilt), CHAR)
    window = turn([(590, 250), (590, 222), (640, 220), (640, 248)], px, py, tilt)
    plate.fill(window, tone(0.06))
    x, y = window[0]
    nature.leaves(plate, [(x + 8, y - 14), (x + 18, y - 18), (x + 32, y - 18), (x + 42, y - 22)], LEAF, each=6, reach=8, size=8)
    plate.fills([oval(x + d, y - h, 4.4, 4, 8) for d, h in ((6, 22), (14, 27), (21, 20), (31, 28), (38, 23), (45, 30))], EMBER, wobble=0.5)
    plate.fills([[(x + d, y - 12), (x + d + 16, y - 14), (x + d + 13, y - 2), (x + d + 3, y)] for d in (4, 28)], "#8f4526")
    mast = turn([(160, 270), (156, 96), (164, 96), (172, 270)], px, py, tilt)
    plate.fill(mast, CHAR)
    plate.lines([[mast[1], turn([(92, 262)], px, py, tilt)[0]], [mast[1], turn([(250, 272)], px, py, tilt)[0]]], CHAR, 1.8)
    plate.fill(
        [
            (mast[1][0], mast[1][1]),
            (mast[1][0] - 40, mast[1][1] + 10),
            (mast[1][0] - 30, mast[1][1] + 20),
            (mast[1][0] + 2, mast[1][1] + 16),
        ],
        tone(0.6),
        wobble=1.4,
    )
    board = rect(724, 300, 34, 120)
    plate.fill(board, tone(0.7))
    plate.cuts([(724, 312 + i * 12, 740 if i % 3 else 752, 312 + i * 12, 2.4) for i in range(9)], CHAR)
    things.figure(plate, 96, 408, 58, CHAR, stoop=0.3)
    for gx, gy, s, f in ((240, 428, 17, 1), (300, 438, 20, -1), (560, 430, 18, -1)):
        things.gull(plate, gx, gy, s, 1, f)
