"""Places behind other places: a wash house, cellars, a nave and its crypt, a picture palace, a roof, and a wall of tubes."""

from math import pi

from ink import city, indoor, nature, sky, things
from ink.lines import arch, oval, rect, sag
from ink.plate import Plate
from ink.tones import BONE, CHAR, EMBER, FLAME, LEAF, LICHEN, tone
from ink.view import View


def wash_house(plate: Plate) -> None:
    """Steam to the rafters over a copper that is always hot."""
    view = View(plate, 200, 400, eye=1.8, focal=420, haze=0.5, reach=24)
    indoor.room(view, 5, 4.4, 2, 16, (0.3, 0.24, 0.18, 0.12, 0.4))
    view.floor_cuts(-5, 5, 2.6, 14, 18, tone(0.6), alpha=0.5)
    plate.lines([[view.at(-5, 4.2, z), view.at(5, 4.2, z)] for z in (3, 4.5, 7, 11)], CHAR, 9)
    line = sag(40, 110, 760, 104, 26, 15)
    plate.lines([line], CHAR, 1.6, wobble=0)
    for i, (x, y) in enumerate(line[1:-1]):
        things.shirt(plate, x, y, 44 + 4 * (i % 3), tone(0.62 + 0.1 * (i % 4)))
    plate.glow(400, 400, 260, EMBER, 0.55, 0.6)
    plate.fill(rect(292, 330, 216, 84), plate.brick(tone(0.22), tone(0.1), 26, 12))
    plate.fill(arch(400, 414, 70, 56), EMBER)
    plate.fill(arch(400, 414, 38, 34), FLAME)
    things.dish(plate, 400, 292, 132, 30, 54, "#7a4a2c", tone(0.9))
    for x in (330, 400, 460):
        sky.smoke(plate, x, 288, 240, 40, 0.96, 46, 0.5)
    plate.fill(rect(560, 300, 220, 12), tone(0.7))
    plate.fills([rect(574 + i * 24, 300 - 5 - 4 * (i % 3), 9 + 3 * (i % 2), 5 + 4 * (i % 3)) for i in range(8)], CHAR, wobble=0.5)
    things.figure(plate, 244, 420, 130, CHAR, stoop=0.1)
    things.coat(plate, 112, 190, 92, tone(0.3))


def umbrella_cellar(plate: Plate) -> None:
    """Furled umbrellas hang from the beams like something that sleeps by day."""
    view = View(plate, 240, 400, eye=1.6, focal=420, haze=0.3, reach=20)
    indoor.room(view, 5, 3.2, 2, 14, (0.46, 0.42, 0.36, 0.24, 0.6))
    view.floor_cuts(-5, 5, 2.6, 12, 16, tone(0.5), alpha=0.5)
    sky.shaft(plate, [(560, 0), (640, 0)], [(500, 400), (690, 400)], 0.95, 0.4, 0, 420)
    plate.lines(
        [[(580, 0), (556, 400)], [(632, 0), (640, 400)]] + [[(580 - i * 3, 44 + i * 50), (633, 44 + i * 50)] for i in range(7)], CHAR, 6
    )
    plate.glow(330, 330, 200, EMBER, 0.6)
    for z in (9, 6.4, 4.6, 3.4, 2.7):
        for i in range(11):
            x = -4.4 + i * 0.86 + plate.dice.uniform(-0.1, 0.1)
            if 1.2 < x < 2.6 or (abs(x) < 1 and z < 3):
                continue
            (a, b), m = view.at(x, 3.05, z), view.size(1, z)
            plate.fill(
                [(a - m * 0.03, b), (a - m * 0.1, b + m * 0.3), (a, b + m * 0.95), (a + m * 0.1, b + m * 0.3), (a + m * 0.03, b)],
                view.air(0.03, z),
                wobble=0.4,
            )
            plate.lines([oval(a, b - m * 0.04, m * 0.05, m * 0.06, 7, pi, pi * 1.2)], view.air(0.1, z), max(1, m * 0.02), wobble=0)
    plate.fill([(268, 120), (258, 158), (272, 226), (286, 158), (276, 120)], FLAME, wobble=0.5)
    plate.fill(rect(282, 356, 110, 64), CHAR)
    plate.fill([(290, 356), (306, 322), (384, 322), (390, 356)], tone(0.16))
    plate.fill(rect(352, 300, 8, 24), BONE)
    things.flame(plate, 356, 300, 20)


def orsola_nave(plate: Plate) -> None:
    """A church without pews is mostly floor."""
    view = View(plate, 250, 400, eye=1.8, focal=430, haze=0.75, reach=34)
    indoor.room(view, 7, 10, 2.4, 36, (0.5, 0.4, 0.3, 0.2, 0.66))
    plate.fill(arch(400, view.at(0, 0, 35)[1], 70, 110), BONE)
    for z in (24, 15, 10, 7, 5):
        for x in (-4.6, 4.6):
            top, base = view.at(x, 7, z), view.at(x, 0, z)
            city.column(plate, base[0], top[1], base[1], view.size(0.9, z), view.air(0.12, z), view.air(0.6, z))
    for z0, z1 in ((5.6, 7.4), (9, 12), (15, 20)):
        sky.shaft(plate, [view.at(7, 8, z0), view.at(7, 8, z1)], [view.at(-2, 0, z0), view.at(0, 0, z1)], 1, 0.35, 20, 440)
    plate.fills(
        [view.ground(side * 1.2, side * 3.6, z, z * 1.09) for z in (4, 4.8, 5.8, 7, 8.6, 10.6, 13) for side in (-1, 1)],
        tone(0.84),
        alpha=0.55,
    )
    view.floor_cuts(-7, 7, 3, 30, 18, tone(0.24), alpha=0.4)
    for x in (368, 392, 416, 440):
        things.flame(plate, x, 300, 11)
    plate.glow(404, 296, 90, EMBER, 0.5)
    sky.flock(plate, 400, 70, 200, 9, 18, CHAR)
    things.figure(plate, 318, 340, 58, CHAR, stoop=0.08)


def crypt(plate: Plate) -> None:
    """Bishops on the shelves, clocks beside them, and long drifts on the floor."""
    view = View(plate, 190, 400, eye=1.7, focal=400, haze=0.14, reach=18)
    indoor.tunnel(view, 4.4, 1.6, [2.2, 3.4, 5.4, 9, 15], [0.2, 0.25, 0.2, 0.15, 0.08], rise=2)
    plate.fill(view.ground(-4.4, 4.4, 2, 16), plate.fade((0, tone(0.12)), (1, tone(0.4)), y0=230, y1=450))
    indoor.ring_cuts(view, 4.4, 1.6, 2.3, 14, 24, tone(0.5), rise=2)
    for side in (-1, 1):
        for y in (0.9, 1.8):
            plate.fill(view.poly([(side * 4.3, y, 2.4), (side * 3.2, y, 2.4), (side * 3.2, y, 12), (side * 4.3, y, 12)]), tone(0.42))
            for z in (3, 3.8, 4.9, 6.4, 8.5):
                view.box(side * 3.7, y, z, (0.5, plate.dice.uniform(0.3, 0.6), 0.3), plate.dice.uniform(0.1, 0.3))
    things.clock(plate, 138, 214, 24, 12, 40)
    things.clock(plate, 655, 196, 19, 1, 5)
    for i, (x, y, w) in enumerate(((210.0, 416.0, 118), (400, 426, 132), (600, 412, 116), (310, 352, 70), (500, 348, 68))):
        heap = [
            (x - w * 0.8, y),
            (x - w * 0.66, y - w * 0.18),
            (x - w * 0.44, y - w * 0.14),
            (x - w * 0.1, y - w * 0.26),
            (x + w * 0.3, y - w * 0.16),
            (x + w * 0.6, y - w * 0.2),
            (x + w * 0.8, y),
        ]
        plate.fill(heap, tone(0.72 - 0.04 * i), wobble=1.4, step=12)
        plate.cuts([(x - w * 0.6, y - 4, x + w * 0.5, y - 5, 3)], tone(0.4))
    things.lantern(plate, 404, 96, 20, glow=9)


def alhambra(plate: Plate) -> None:
    """Iron seats in long grass, facing whatever the weather does."""
    sky.sky(plate, 0.4, 0.94, 240, bow=10)
    sky.halo(plate, 420, 190, 260, 1, 0.5)
    city.skyline(plate, 246, 40, 0.6, 0.8, wide=32)
    city.ruin(plate, -10, 330, 150, 270, plate.brick(tone(0.2), tone(0.11), 24, 11), 0.2)
    city.ruin(plate, 680, 330, 140, 300, plate.brick(tone(0.22), tone(0.12), 24, 11), 0.12)
    plate.fills([rect(722, 86, 40, 16), rect(722, 140, 40, 16)], CHAR)
    plate.glow(742, 94, 60, EMBER, 0.5)
    plate.fill(rect(727, 89, 30, 10), FLAME)
    plate.fill([(0, 300), (800, 300), (800, 450), (0, 450)], plate.fade((0, tone(0.56)), (1, tone(0.2)), y0=250, y1=450))
    for row in range(7):
        y, size = 286 + row * row * 3.5 + row * 6, 12 + row * 5.4
        nature.grass(plate, 60, 740, y + 4, size * 0.9, 60, LICHEN, wide=1.4 + row * 0.2)
        seats = []
        x = 400 - 9.5 * size * 1.25
        while x < 400 + 9.5 * size * 1.25:
            if abs(x - 400) > size and plate.dice.random() > 0.08:
                seats += [arch(x, y, size * 0.86, size * 1.1)]
            x += size * 1.25
        plate.fills(seats, tone(0.24 - row * 0.035), wobble=0.6)
    things.figure(plate, 300, 336, 54, CHAR)
    things.figure(plate, 330, 338, 50, CHAR, stoop=0.05)
    nature.grass(plate, 0, 800, 452, 50, 150, LEAF, wide=2.6)


def sun_roof(plate: Plate) -> None:
    """Beds on castors, all turned a little to the south, over the city that burnt."""
    sky.sky(plate, 0.5, 0.95, 230, bow=8)
    city.skyline(plate, 236, 46, 0.68, 0.82, wide=24)
    city.skyline(plate, 256, 56, 0.5, 0.7, wide=38, ruin=0.8)
    sky.smoke(plate, 250, 200, 130, 50, 0.4, 12)
    plate.fill(rect(-5, 262, 810, 24), tone(0.8))
    plate.fill(rect(-5, 284, 810, 170), plate.fade((0, tone(0.6)), (1, tone(0.26)), y0=284, y1=450))
    View(plate, 230, 400).floor_cuts(-14, 14, 4, 15, 14, tone(0.8), alpha=0.5)
    for i in range(5):
        x, y, s = 30 + i * 128, 330 + i * 20, 88 + i * 14
        bars = [[(x + k * s * 0.08, y - s * 0.5), (x + k * s * 0.08, y)] for k in range(5)]
        plate.lines([[(x, y + s * 0.14), (x, y - s * 0.54), (x + s * 0.32, y - s * 0.54), (x + s * 0.32, y)], *bars], CHAR, 3)
        plate.fill([(x, y - s * 0.12), (x + s * 0.32, y - s * 0.16), (x + s * 1.1, y + s * 0.1), (x + s * 0.8, y + s * 0.2)], BONE)
        plate.fill([(x, y - s * 0.12), (x + s * 0.8, y + s * 0.2), (x + s * 0.8, y + s * 0.32), (x, y)], tone(0.34))
        plate.fills([oval(x + dx * s, y + dy * s, 5, 5, 8) for dx, dy in ((0, 0.16), (0.8, 0.36), (1.08, 0.24))], CHAR)
    plate.lines([[(640, 300), (650, 150)], [(770, 306), (760, 150)], [(646, 230), (766, 232)]], CHAR, 8)
    plate.fill(rect(626, 60, 160, 100), plate.hatch("#5a3a2a", tone(0.16), 88, 9))
    nature.leaves(plate, [(640 + i * 14, 160 + 6 * (i % 2)) for i in range(10)], LEAF, each=6, reach=12, size=9)


def message_room(plate: Plate) -> None:
    """A hundred and twelve brass mouths, and one of them has something in it."""
    plate.fill(rect(-5, -5, 810, 460), plate.hatch("#2b1c14", tone(0.08), 88, 12, 2), wobble=0)
    plate.glow(400, 190, 420, EMBER, 0.4, 0.6)
    for row in range(6):
        for column in range(13):
            x, y = 58 + column * 57, 40 + row * 50
            plate.fill(oval(x, y, 20, 19, 16), "#b98a4e", wobble=0.5)
            plate.fill(oval(x, y, 14, 13, 14), CHAR, wobble=0.4)
            if (row, column) != (2, 8):
                plate.fill(
                    [
                        (x - 14, y - 6),
                        (x + 14, y - 6),
                        (x + 13, y + 4 + 4 * ((row * column) % 3)),
                        (x - 13, y + 4 + 4 * ((row * column) % 3)),
                    ],
                    tone(0.5),
                    wobble=0.5,
                )
            plate.fill(rect(x - 14, y + 20, 28, 6), BONE, wobble=0.3)
    plate.glow(514, 140, 80, FLAME, 0.8)
    plate.fill(rect(504, 130, 38, 15), BONE)
    plate.fill(rect(536, 130, 9, 15), EMBER)
    plate.fill([(-5, 346), (805, 340), (805, 455), (-5, 455)], plate.fade((0, tone(0.44)), (1, tone(0.14)), y0=340, y1=450))
    for x, y in ((110.0, 392.0), (260, 420), (348, 384), (560, 412), (680, 390)):
        plate.fill(rect(x, y, 48, 17), tone(0.2))
        plate.fills([rect(x - 4, y - 2, 9, 21), rect(x + 43, y - 2, 9, 21)], "#b98a4e")
    things.lantern(plate, 440, 348, 34, glow=6)
