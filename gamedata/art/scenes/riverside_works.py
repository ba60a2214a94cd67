"""Riverside, where the city worked: a flooded hall, a great beam, a dry dock."""

from math import pi

from ink import city, indoor, nature, sky, things
from ink.lines import Cut, Points, arch, oval, rect, sag, turn
from ink.plate import Plate
from ink.tones import BONE, CHAR, EMBER, FLAME, LICHEN, SOOT, tone
from ink.view import View
from ink.water import mirror, ripples


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
    things.chain(plate, sag(x - 74, y - 34, x + 70, y - 22, 74, 15), CHAR, 16)
    things.chain(plate, sag(x - 74, y - 34, x + 70, y - 22, 74, 15), BONE, 11)
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
    for x, w, top in ((700.0, 46, 60),):
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
    for x, y, s in ((330.0, 352.0, 1.5), (650, 344, 1.5)):
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
