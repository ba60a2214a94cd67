"""Riverside: stairs of slate, charcoal cranes, a red lamp, a flooded hall, a green barge, a great beam, a dry dock."""

from math import pi, sin

from ink import city, indoor, nature, sky, things
from ink.lines import Cut, Point, Points, arch, oval, rect, sag, turn
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
    for x, y, s in ((140, 150, 1), (610, 142, 0.8)):
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
            tone(light + 0.24),
            wobble=0.8,
            step=70,
        )
        plate.fill(
            [(l1, lip), ((l1 + r1) / 2, lip + dip), (r1, lip), (r1, y1), ((l1 + r1) / 2, y1 + dip), (l1, y1)],
            tone(0.22),
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
    plate.fill([(0, 330), (30, 240), (94, 236), (116, 320), (112, 450), (0, 450)], tone(0.12), alpha=0)
    post = rect(384, 206, 9, 62)
    plate.fill(post, CHAR)
    plate.cuts([(383, 214 + i * 11, 394, 214 + i * 11, 2.4) for i in range(5)], EMBER if plate else BONE)
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
    x, y, size = 660, 330, 1
    plate.lines([[(612 + k * 7, 300), (612 + k * 7, 314)] for k in range(4)] + [[(608, 312), (638, 302)]], BONE, 2 * size)
    del x, y
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


def customs_house(plate: Plate) -> None:
    """Clear water over marble, ledgers roosting on the rails, and half past two."""
    view = View(plate, 214, 400, eye=2.2, focal=420, haze=0.6, reach=36)
    indoor.room(view, 6.6, 8.2, 2, 20, (0.4, 0.44, 0.3, 0.24, 0.56))
    plate.fill(view.poly([(-3, 8.2, 5), (3, 8.2, 5), (3, 8.2, 18), (-3, 8.2, 18)]), tone(0.97), wobble=0.8)
    plate.lines(
        [[view.at(x, 8.19, 5), view.at(x, 8.19, 18)] for x in (-1.5, 0, 1.5)]
        + [[view.at(-3, 8.19, z), view.at(3, 8.19, z)] for z in (6.5, 9, 13)],
        SOOT,
        2.4,
    )
    end = view.at(0, 0, 20)
    plate.fills([arch(x, end[1] - 18, 40, 88) for x in (296, 348, 452, 504)], tone(0.94), wobble=0.8)
    things.clock(plate, 400, 132, 28, 2, 30)
    plate.glow(400, 132, 60, tone(1), 0.3)
    plate.fill(
        view.ground(-6.6, 6.6, 2, 20, 0.12), plate.fade((0, tone(0.76)), (0.4, tone(0.5)), (1, tone(0.26)), y0=250, y1=450), wobble=0
    )
    _mosaic(view)
    counter = view.front(-4.6, 4.6, 0.1, 1.25, 17.5)
    plate.fill(counter, tone(0.16))
    plate.fill(view.front(-4.8, 4.8, 1.25, 1.4, 17.5), tone(0.86))
    for z in (17, 12.6, 9.4, 7, 5.2, 3.9):
        for side in (-1, 1):
            x, base = view.at(side * 4.5, 0.1, z)
            city.column(
                plate, x, view.at(0, 4.3, z)[1], base, view.size(0.8, z), view.air(0.3 if side < 0 else 0.2, z), view.air(0.95, z), 3
            )
            mirror(plate, x, base + 2, view.size(0.8, z), view.size(1.5, z), view.air(0.14, z), rows=8, alpha=0.55, wide=3)
    for side in (-1, 1):
        plate.fill(view.side(side * 4.2, 2.2, 20, 4.3, 4.8), tone(0.6 if side < 0 else 0.4), wobble=0.6)
        plate.fill(
            view.poly([(side * 4.2, 4.3, 2.2), (side * 6.6, 4.3, 2.2), (side * 6.6, 4.3, 20), (side * 4.2, 4.3, 20)]),
            tone(0.12),
            wobble=0.4,
        )
        plate.lines([[view.at(side * 4.2, 5.6, 2.2), view.at(side * 4.2, 5.6, 20)]], CHAR, 4)
        bars: list[Points] = []
        z = 2.6
        while z < 19:
            bars.append([view.at(side * 4.2, 4.8, z), view.at(side * 4.2, 5.6, z)])
            z *= 1.09
        plate.lines(bars, CHAR, 1.8)
        z = 3.0
        while z < 17:
            _ledger(view, side * 4.2, 5.6, z)
            z *= 1.17
    ripples(plate, (60, 264, 680, 180), 20, tone(0.98), wide=2, alpha=0.6, density=0.25)
    _scales(plate, 210, 420, 120)
    mirror(plate, 400, 286, 60, 90, tone(0.98), rows=12, alpha=0.4, wide=2.4)
    x, y = view.at(1.6, 0.1, 11)
    things.figure(plate, x, y, view.size(1.75, 11), CHAR, stoop=0.05)
    things.lantern(plate, x + 14, y - 42, 11, glow=6, alpha=0.7)
    mirror(plate, x + 14, y + 4, 10, 60, FLAME, rows=10, alpha=0.7, wide=2)


def _mosaic(view: View) -> None:
    """Print the drowned mosaic: a round field of stones with a figure in it, half lost."""
    plate = view.plate
    x, y = view.at(0, 0, 7)
    for r, ink in ((1.0, tone(0.72)), (0.9, tone(0.36)), (0.84, tone(0.6))):
        plate.fill(oval(x, y, 200 * r, 48 * r, 34), ink, wobble=1.6, alpha=0.8)
    stones: list[Cut] = []
    for i in range(70):
        r = 0.3 + 0.5 * ((i * 7) % 11) / 11
        a = i * 0.71
        (px, py) = oval(x, y, 200 * r, 48 * r, 2, a, 0.001)[0]
        stones.append((px, py, px + 12, py, 3))
    plate.cuts(stones, tone(0.86), alpha=0.7)
    body = [
        (-0.5, 0.1),
        (-0.3, -0.3),
        (-0.05, -0.4),
        (0.06, -0.62),
        (0.2, -0.4),
        (0.5, -0.2),
        (0.7, -0.34),
        (0.46, 0.04),
        (0.24, 0.5),
        (-0.3, 0.56),
    ]
    plate.fill([(x + a * 120, y + b * 44) for a, b in body], "#7d5a44", wobble=1.4, alpha=0.9)


def _ledger(view: View, x: float, y: float, z: float) -> None:
    """Print one ledger opened over a rail, like a bird come to roost."""
    a, b = view.at(x, y, z)
    s = view.size(0.36, z)
    view.plate.fill(
        [
            (a - s, b + s * 0.7),
            (a - s * 0.8, b - s * 0.1),
            (a, b - s * 0.35),
            (a + s * 0.8, b - s * 0.1),
            (a + s, b + s * 0.7),
            (a, b + s * 0.3),
        ],
        view.air(0.98, z),
        wobble=0.6,
    )
    view.plate.cuts(
        [(a - s * 0.8, b + s * 0.2, a - s * 0.1, b, s * 0.1), (a + s * 0.8, b + s * 0.2, a + s * 0.1, b, s * 0.1)], view.air(0.3, z)
    )


def _scales(plate: Plate, x: float, base: float, size: float) -> None:
    """Print a great pair of scales that stands in the water, one pan down."""
    plate.fill(
        [
            (x - size * 0.34, base),
            (x - size * 0.1, base - size * 0.14),
            (x - size * 0.05, base - size * 1.3),
            (x + size * 0.05, base - size * 1.3),
            (x + size * 0.1, base - size * 0.14),
            (x + size * 0.34, base),
        ],
        CHAR,
        wobble=0.6,
    )
    left, right = (x - size * 0.72, base - size * 1.06), (x + size * 0.72, base - size * 1.36)
    plate.lines([[left, (x, base - size * 1.25), right]], CHAR, 7)
    for (a, b), drop in ((left, 0.7), (right, 0.62)):
        foot = b + size * drop
        plate.lines([[(a - size * 0.26, foot), (a, b), (a + size * 0.26, foot)]], CHAR, 2)
        plate.fill(
            [
                (a - size * 0.32, foot),
                (a + size * 0.32, foot),
                (a + size * 0.18, foot + size * 0.12),
                (a - size * 0.18, foot + size * 0.12),
            ],
            CHAR,
            wobble=0.4,
        )
        plate.cuts([(a - size * 0.28, foot + 2, a + size * 0.1, foot + 2, 3)], FLAME)
    plate.fill(oval(x, base - size * 1.32, size * 0.08, size * 0.1, 10), CHAR, wobble=0.3)
    plate.cuts([(x - size * 0.03, base - size * 1.2, x - size * 0.06, base - size * 0.2, 3)], tone(0.7))
    mirror(plate, x, base + 2, size * 0.6, 26, CHAR, rows=6, alpha=0.8)


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


def pumping_station(plate: Plate) -> None:
    """The beam rests overhead like a whale hung in a church; one wheel is red, and locked."""
    view = View(plate, 240, 400, eye=1.9, focal=430, haze=0.56, reach=34)
    indoor.room(view, 8, 9, 2, 22, (0.4, 0.34, 0.26, 0.2, 0.46))
    wall_y = view.at(0, 0, 22)[1]
    plate.fills([arch(x, wall_y - 22, 44, 128) for x in (282, 341, 400, 459, 518)], tone(0.98), wobble=0.6)
    plate.lines(
        [[(x, wall_y - 22), (x, wall_y - 148)] for x in (282, 341, 400, 459, 518)] + [[(256, y), (544, y)] for y in (180, 214)], SOOT, 2.2
    )
    sky.shaft(plate, [(260, 110), (540, 110)], [(140, 440), (660, 440)], 1, 0.28, 90, 440)
    indoor.grid(view, -8, 8, 2.6, 22, 1.6, tone(0.2), 1.4)
    for z in (17, 12, 8.6, 6.2):
        for side in (-1, 1):
            _bulrush(view, side * 5.6, z)
    beam = [
        (70, 116),
        (110, 96),
        (230, 68),
        (400, 54),
        (570, 68),
        (690, 96),
        (730, 116),
        (690, 130),
        (570, 146),
        (400, 158),
        (230, 146),
        (110, 130),
    ]
    plate.fill(beam, CHAR, wobble=1)
    plate.fills(
        [[(150, 112), (250, 86), (372, 76), (372, 136), (250, 128)], [(650, 112), (550, 86), (428, 76), (428, 136), (550, 128)]],
        tone(0.26),
        wobble=0.8,
    )
    plate.lines([[(160, 112), (372, 108)], [(640, 112), (428, 108)]], CHAR, 6)
    plate.cuts([(116, 98, 236, 71, 4), (240, 70, 396, 57, 4), (410, 57, 560, 70, 3)], tone(0.84))
    plate.fills([oval(400, 106, 26, 26, 18), rect(382, 106, 36, 90)], CHAR)
    plate.fill(oval(400, 106, 13, 13, 14), tone(0.7), wobble=0.4)
    plate.fills([rect(96, 116, 12, 210), rect(690, 116, 12, 170)], CHAR)
    plate.fill([(70, 330), (70, 300), (134, 300), (134, 330), (142, 450), (62, 450)], plate.hatch(tone(0.2), tone(0.4), 88, 9))
    plate.cuts([(98, 130, 99, 290, 3), (692, 130, 693, 270, 3)], tone(0.7))
    green = "#4d5a44"
    for x, base, r in ((262, 350, 34), (330, 336, 27), (486, 338, 27), (552, 350, 34), (196, 372, 44), (628, 376, 46), (716, 412, 60)):
        plate.fill([(x - r * 0.34, base + r * 0.9), (x - r * 0.22, base), (x + r * 0.22, base), (x + r * 0.34, base + r * 0.9)], CHAR)
        things.wheel(plate, x, base - r * 0.2, r, CHAR, spokes=8, rim=0.22)
        things.wheel(plate, x - 1, base - r * 0.2 - 1, r * 0.97, green, spokes=8, rim=0.13)
    x, y, r = 404, 330, 82
    plate.glow(x, y, 190, EMBER, 0.35)
    plate.fill([(x - 42, 450), (x - 22, y), (x + 22, y), (x + 42, 450)], CHAR)
    plate.fill(rect(x - 64, 424, 128, 30), CHAR)
    things.wheel(plate, x, y, r + 3, CHAR, spokes=8, rim=0.2)
    things.wheel(plate, x, y, r, EMBER, spokes=8, rim=0.13)
    plate.lines([oval(x, y, r - 3, r - 3, 12, pi * 1.05, pi * 0.6)], FLAME, 3)
    plate.fill(oval(x, y, 9, 9, 10), CHAR, wobble=0.4)
    run: list[Point] = [(x - 70 + i * 12.8, y + 40 - 74 * sin(i * 0.29) ** 2 + 26 * sin(i * 1.1)) for i in range(12)]
    things.chain(plate, run, BONE, 11)
    things.chain(plate, sag(x - 66, y + 26, x + 62, y + 30, 40, 13), tone(0.7), 11)
    plate.fills([rect(x - 13, y + 62, 26, 22)], SOOT)
    plate.lines([oval(x, y + 62, 9, 11, 9, pi, pi)], SOOT, 5)
    plate.cuts([(x - 9, y + 66, x + 8, y + 66, 3)], BONE)


def _bulrush(view: View, x: float, z: float) -> None:
    """Print a column cast as a bulrush: a stem, leaves, a brown head, and the heron that holds its lamp."""
    plate, ink = view.plate, view.air(0.06, z)
    foot, head, top = view.at(x, 0, z), view.at(x, 5.2, z), view.at(x, 9, z)
    m = view.size(1, z)
    plate.fill(
        [
            (foot[0] - m * 0.4, foot[1]),
            (foot[0] - m * 0.16, foot[1] - m * 0.5),
            (head[0] - m * 0.13, head[1]),
            (head[0] + m * 0.13, head[1]),
            (foot[0] + m * 0.16, foot[1] - m * 0.5),
            (foot[0] + m * 0.4, foot[1]),
        ],
        ink,
        wobble=0.6,
    )
    plate.fill(
        [
            (head[0] - m * 0.12, head[1]),
            (head[0] - m * 0.34, head[1] - m * 0.3),
            (head[0] - m * 0.34, head[1] - m * 1.7),
            (head[0], head[1] - m * 2.1),
            (head[0] + m * 0.34, head[1] - m * 1.7),
            (head[0] + m * 0.34, head[1] - m * 0.3),
            (head[0] + m * 0.12, head[1]),
        ],
        ink,
        wobble=0.6,
    )
    plate.fill(
        [
            (top[0] - m * 0.5, top[1]),
            (head[0] - m * 0.1, head[1] - m * 2),
            (head[0] + m * 0.1, head[1] - m * 2),
            (top[0] + m * 0.5, top[1]),
        ],
        ink,
    )
    plate.cuts(
        [(foot[0] + d * m * 0.3, foot[1], foot[0] + d * m * 0.9, foot[1] - m * (3.4 - abs(d)), m * 0.16) for d in (-1.3, -0.6, 0.7, 1.2)],
        ink,
        bow=m * 0.3,
    )
    plate.cuts(
        [
            (head[0] - m * 0.2, head[1] - m * 1.5, head[0] - m * 0.2, head[1] - m * 0.4, m * 0.08),
            (foot[0] - m * 0.08, foot[1] - m * 3, foot[0] - m * 0.08, foot[1] - m * 0.8, m * 0.06),
        ],
        view.air(0.8, z),
    )
    side = -1 if x > 0 else 1
    hx, hy = head[0] + side * m * 0.2, head[1] + m * 0.9
    neck = [
        (0, 0),
        (0.5, -0.3),
        (0.8, -0.1),
        (0.7, -0.6),
        (0.95, -0.95),
        (1.5, -0.85),
        (1.0, -0.75),
        (0.95, -0.4),
        (1.0, 0.05),
        (0.5, 0.25),
    ]
    plate.fill([(hx + side * a * m, hy + b * m) for a, b in neck], ink, wobble=0.4)
    if z < 9:
        things.lantern(plate, hx + side * 1.45 * m, hy - 0.85 * m, m * 0.32, glow=5, alpha=0.45)


def breakers_basin(plate: Plate) -> None:
    """Ships cut up in a dry dock, a slab of road for a lid, and curtains in the house on it."""
    sky.sky(plate, 0.5, 0.9, 210, bow=9)
    city.skyline(plate, 200, 40, 0.7, 0.82, wide=30)
    plate.fill(rect(-5, 196, 810, 70), plate.brick(tone(0.46), tone(0.36), 44, 16), wobble=0)
    plate.fill(rect(-5, 190, 810, 10), tone(0.84))
    plate.fill(rect(-5, 262, 810, 194), plate.fade((0, tone(0.48)), (1, tone(0.16)), y0=262, y1=450), wobble=0)
    ripples(plate, (0, 280, 800, 160), 16, tone(0.7), alpha=0.45, density=0.3)
    for x, w, top in ((700, 46, 60),):
        plate.fill(
            [(x - w / 2, 270), (x - w * 0.36, top), (x + w * 0.36, top), (x + w / 2, 270)], plate.hatch(tone(0.3), tone(0.42), 88, 9)
        )
        plate.fill([(x - w * 1.4, top - 8), (x + w * 1.6, top - 8), (x + w * 0.5, top + 22), (x - w * 0.5, top + 22)], tone(0.24))
    plate.fill([(566, 12), (805, -4), (805, 54), (600, 56), (588, 46), (574, 44), (580, 30)], tone(0.2), wobble=1.6)
    plate.fill([(566, 12), (805, -4), (805, 4), (572, 20)], tone(0.7))
    rods = [
        [(584, 24 + i * 5), (560 - plate.dice.uniform(0, 30), 30 + i * 9), (546 - plate.dice.uniform(0, 26), 44 + i * 13)] for i in range(6)
    ]
    plate.lines(rods, "#8f4526", 2.4, wobble=1)
    trawler = [(30, 300), (44, 250), (20, 210), (70, 232), (150, 240), (196, 238), (206, 330), (60, 340)]
    plate.fill(trawler, tone(0.2), wobble=1.4)
    plate.fill([(90, 234), (92, 196), (150, 196), (152, 238)], tone(0.34))
    plate.fills([rect(100, 204, 16, 14), rect(126, 204, 16, 14)], CHAR)
    plate.lines([[(122, 196), (122, 120)], [(122, 130), (40, 214)], [(122, 136), (186, 236)]], CHAR, 3)
    ribs: list[Points] = [[(212 + i * 22, 338), (206 + i * 22, 296), (216 + i * 22, 244 + i * 5)] for i in range(7)]
    ribs += [[(204, 336), (366, 344)], [(204, 300), (346, 306)]]
    plate.lines(ribs, CHAR, 5, wobble=1)
    for x, y, s in ((330, 352, 1.5), (650, 344, 1.5)):
        hulk = [(-80, 0), (-96, -40), (-40, -32), (40, -34), (98, -48), (76, 0)]
        plate.fill([(x + a * s, y + b * s) for a, b in hulk], plate.hatch(tone(0.16), tone(0.3), 3, 10), wobble=1.6)
        plate.lines(
            [[(x - 90 * s, y - 34 * s), (x - 40 * s, y - 30 * s), (x + 40 * s, y - 32 * s), (x + 94 * s, y - 45 * s)]], tone(0.64), 3
        )
        plate.lines([[(x + d * s, y - 4), (x + d * s, y - 30 * s)] for d in (-60, -20, 20, 60)], CHAR, 2)
    plate.fill([(232, 304), (752, 252), (768, 268), (240, 328)], tone(0.12), wobble=1.6)
    plate.fill([(216, 294), (700, 236), (752, 252), (232, 306)], tone(0.66), wobble=1.4)
    plate.cuts([(262 + i * 70, 293 - i * 7.6, 300 + i * 70, 289 - i * 7.6, 3.6) for i in range(7)], BONE)
    house = turn([(450, 262), (450, 176), (590, 176), (590, 262)], 520, 262, -6)
    plate.fill(house, plate.hatch(tone(0.3), tone(0.44), 84, 12, 2), wobble=1.2)
    plate.fill(turn([(436, 182), (452, 150), (588, 146), (606, 180)], 520, 262, -6), CHAR, wobble=1.2)
    plate.fill(turn(rect(560, 122, 12, 34), 520, 262, -6), CHAR)
    x, y = turn([(566, 122)], 520, 262, -6)[0]
    sky.smoke(plate, x, y, 90, -40, 0.34, 9, 0.8)
    for wx in (466, 534):
        pane = turn(rect(wx, 196, 38, 34), 520, 262, -6)
        plate.glow(pane[0][0] + 18, pane[0][1] + 16, 64, EMBER, 0.5)
        plate.fill(pane, FLAME, wobble=0.6)
        for d in (0, 25):
            plate.fill(
                turn(
                    [(wx + d, 196), (wx + d + 13, 196), (wx + d + (9 if d == 0 else 13), 230), (wx + d + (0 if d == 0 else 4), 230)],
                    520,
                    262,
                    -6,
                ),
                BONE,
                wobble=0.6,
            )
    plate.fill(turn(rect(511, 206, 18, 56), 520, 262, -6), CHAR)
    for x, y, s in ((96, 398, 1.2), (210, 424, 1.5), (560, 412, 1.3), (720, 424, 1.6), (420, 402, 1.0)):
        wreck = [(-40, 0), (-40, -16), (-24, -20), (-14, -36), (14, -36), (24, -20), (42, -16), (42, 0)]
        plate.fill(turn([(x + a * s, y + b * s) for a, b in wreck], x, y, plate.dice.uniform(-14, 14)), CHAR, wobble=2, step=10)
        plate.cuts([(x - 20 * s, y - 22 * s, x + 16 * s, y - 24 * s, 3), (x - 34 * s, y - 10 * s, x + 30 * s, y - 11 * s, 2)], tone(0.5))
    city.rubble(plate, 270, 420, 448, 34, 0.12, 14)
    x, y = 474, 414
    things.figure(plate, x, y, 48, CHAR, stoop=0.2)
    plate.glow(x + 26, y - 12, 44, FLAME, 0.7)
    plate.rays(x + 26, y - 12, 3, 34, 20, FLAME, 0.9, 1.6)
    things.figure(plate, 150, 388, 44, CHAR)
    plate.lines([[(778, 448), (778, 330)]], SOOT, 8)
    plate.cuts([(766, 346 + i * 11, 790, 344 + i * 11, 2.4) for i in range(8)], tone(0.8))
    nature.grass(plate, 0, 250, 454, 26, 30, SOOT, wide=2)
    plate.cuts([(30 + i * 9, 440, 34 + i * 9, 428, 2) for i in range(5)], LICHEN)
