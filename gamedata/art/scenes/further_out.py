"""Places at the edges: an alley of vats, a library, a rope-walk, a smokehouse and a mole."""

from ink import city, indoor, nature, sky, things
from ink.lines import oval, rect, sag
from ink.plate import Plate
from ink.tones import BONE, CHAR, EMBER, FLAME, LEAF, LICHEN, tone
from ink.view import View
from ink.water import mirror, ripples


def tanners_alley(plate: Plate) -> None:
    """Vats on both sides of a stair that goes down into the river."""
    sky.sky(plate, 0.6, 0.96, 200)
    plate.fill(rect(-5, 196, 810, 60), plate.fade((0, tone(0.9)), (1, tone(0.62)), y0=196, y1=256))
    ripples(plate, (250, 200, 300, 50), 9, tone(1), wide=1.6)
    for side in (-1, 1):
        for i, (x, top, low) in enumerate(((90, 120, 252), (170, 80, 300), (280, 30, 366), (420, -20, 455))):
            near, far = 400 + side * x, 400 + side * (x - 70 - 12 * i)
            plate.fill([(near, top), (far, top + 26), (far, low - 40), (near, low)], plate.hatch(tone(0.3 - 0.05 * i), tone(0.16), 88, 11))
            plate.fill(
                [
                    (near - side * 14, low - 96 - 14 * i),
                    (far + side * 10, low - 96 - 8 * i),
                    (far + side * 10, low - 48),
                    (near - side * 14, low - 14),
                ],
                CHAR,
            )
            for j in range(3):
                x0 = near + (far - near) * (0.3 + 0.2 * j)
                plate.fill(rect(x0 - 7, low - 92 - 8 * i, 13, 36 + 6 * i), tone(0.5))
    plate.fill([(330, 252), (470, 252), (640, 455), (160, 455)], tone(0.44))
    city.stair(plate, (190, 610, 448), (334, 466, 256), 13, 0.62, 0.3, 1.4)
    for x, y, r in ((250, 420, 74), (560, 410, 70), (300, 336, 46), (506, 330, 44), (338, 284, 28), (466, 280, 27)):
        things.dish(plate, x, y, r, r * 0.3, r * 0.36, tone(0.14), "#5b3a22")
        plate.lines([oval(x - r * 0.2, y, r * 0.4, r * 0.09, 14)], tone(0.7), 1.4, wobble=0.3)
    plate.glow(400, 214, 130, BONE, 0.5)


def lending_library(plate: Plate) -> None:
    """A cliff of swollen novels with harebells on its ledges, and a lamp on the counter."""
    view = View(plate, 220, 420, eye=1.8, focal=430, haze=0.6, reach=26)
    indoor.room(view, 6, 6, 2, 18, (0.36, 0.2, 0.16, 0.7, 0.5))
    sky.sky(plate, 0.7, 0.98, 110)
    plate.fill([(-5, -5), (150, 30), (250, 110), (330, 150), (330, 300), (160, 350), (-5, 455)], tone(0.18))
    for row in range(9):
        y = 70 + row * 36
        books = []
        x = -4.0 + row % 3
        while x < 320 - row * 7:
            wide = plate.dice.uniform(5, 13)
            books.append(rect(x, y + plate.dice.uniform(-3, 4) + x * 0.05, wide, 28))
            x += wide + 1.6
        plate.fills(books, tone(0.34 + 0.06 * (row % 4)), wobble=1.2)
        nature.grass(plate, 10, 300 - row * 6, y + 4, 14, 16, LICHEN)
    plate.fills([oval(plate.dice.uniform(20, 290), 64 + 36 * i, 4, 5, 7) for i in range(9) for _ in range(3)], "#6f7899", wobble=0.6)
    sky.shaft(plate, [(180, 0), (420, 0)], [(240, 400), (560, 400)], 1, 0.35, 0, 430)
    plate.fill(rect(520, 292, 290, 118), plate.hatch(tone(0.18), tone(0.1), 88, 14))
    plate.fill(rect(508, 280, 300, 14), tone(0.62))
    plate.fills([rect(560, 262, 46, 18), rect(565, 248, 36, 14)], tone(0.4))
    things.lantern(plate, 680, 232, 36, glow=6, alpha=0.7)
    plate.fills([rect(384, 356, 40, 8), rect(386, 364, 6, 34), rect(416, 364, 6, 34), rect(386, 322, 6, 36)], CHAR)
    sky.flakes(plate, (200, 40, 320, 300), 16)


def rope_walk(plate: Plate) -> None:
    """Ribs without a roof, one after another, and one rope from hook to hook."""
    sky.sky(plate, 0.66, 0.98, 236)
    view = View(plate, 236, 440, eye=1.6, focal=430, haze=0.8, reach=46)
    plate.fill(rect(-5, 234, 810, 222), plate.fade((0, tone(0.72)), (1, tone(0.36)), y0=234, y1=450))
    view.floor_cuts(-3, 3, 2.4, 60, 26, tone(0.22), alpha=0.5)
    plate.fill(rect(432, 170, 14, 66), "#a8824a")
    z = 58.0
    while z > 2.3:
        ink = view.air(0.05, z)
        wide = max(1.2, view.size(0.22, z))
        plate.lines([view.poly([(-3, 0, z), (-3, 3, z), (0, 4.7, z), (3, 3, z), (3, 0, z)])], ink, wide, wobble=0.8)
        z *= 0.8
    plate.lines([[view.at(side * 3, 3, 2.3), view.at(side * 3, 3, 58)] for side in (-1, 1)], CHAR, 4)
    z = 2.4
    while z < 50:
        a, b = view.at(0.5, 1.25, z), view.at(0.5, 1.25, z * 1.3)
        plate.lines([sag(a[0], a[1], b[0], b[1], view.size(0.16, z), 7)], view.air(0.96 if z < 8 else 0.5, z), max(1.4, view.size(0.09, z)))
        plate.lines([[view.at(0.5, 0, z), view.at(0.5, 1.35, z)]], view.air(0.1, z), max(1, view.size(0.08, z)))
        z *= 1.3
    nature.grass(plate, -5, 250, 440, 34, 60, LICHEN)
    nature.grass(plate, 620, 805, 444, 30, 46, LICHEN)
    x, y = view.at(-0.9, 0, 13)
    things.figure(plate, x, y, view.size(1.7, 13), CHAR, stoop=0.16)


def smokehouse(plate: Plate) -> None:
    """Eels in rows in a brown dusk, and a fire no larger than a hat."""
    plate.fill(rect(-5, -5, 810, 460), plate.fade((0, "#1c130c"), (0.6, "#4a3018"), (1, "#22160d"), y0=0, y1=450), wobble=0)
    plate.fill([(-5, 380), (805, 380), (805, 455), (-5, 455)], tone(0.1))
    plate.lines([[(x, -5), (x + 4, 380)] for x in range(20, 800, 56)], CHAR, 3, alpha=0.7)
    for row, (y, size) in enumerate(((40, 0.62), (84, 0.8), (140, 1.05))):
        plate.lines([[(-5, y), (805, y + 4)]], CHAR, 5 + row * 2)
        step = 30 + row * 12
        for i in range(int(800 / step) + 1):
            x, long = 10 + i * step + plate.dice.uniform(-4, 4), 92 * size * plate.dice.uniform(0.86, 1.1)
            body = [(x - 6 * size, y), (x + 6 * size, y), (x + 9 * size, y + long * 0.5), (x + 2, y + long), (x - 7 * size, y + long * 0.5)]
            plate.fill(body, tone(0.1 + 0.03 * row), wobble=0.8)
            plate.lines([[(x + 3 * size, y + 6), (x + 5 * size, y + long * 0.6)]], "#c07a35", 1.6 + row * 0.6, alpha=0.8)
    plate.glow(400, 372, 320, EMBER, 0.6, 0.6)
    plate.fill(oval(400, 388, 92, 22, 22), CHAR)
    plate.fill(oval(400, 382, 74, 14, 20), EMBER)
    plate.fill(oval(400, 380, 40, 7, 16), FLAME)
    for x in (360, 402, 440):
        sky.smoke(plate, x, 376, 330, 30, 0.7, 40, 0.35)
    plate.fill([(706, 130), (792, 120), (800, 420), (710, 404)], tone(0.94), alpha=0.8)
    things.figure(plate, 748, 410, 170, CHAR, stoop=0.14)
    plate.fills([oval(70 + i % 6 * 26, 420 - i // 6 * 22, 12, 11, 12) for i in range(18)], tone(0.24), wobble=1.4)


def signal_mole(plate: Plate) -> None:
    """Two hundred paces of wet stone, a hut on legs, and two black cones."""
    sky.sky(plate, 0.34, 0.9, 220, bow=9)
    sky.cloud(plate, 220, 120, 420, 70, 0.3, 0.6)
    plate.fill(rect(-5, 216, 810, 240), plate.fade((0, tone(0.84)), (1, tone(0.3)), y0=216, y1=450))
    ripples(plate, (-5, 222, 810, 226), 22, tone(1), wide=2.4, alpha=0.5)
    city.skyline(plate, 222, 30, 0.5, 0.7, x1=240, wide=24)
    plate.fill([(180, 455), (560, 455), (540, 258), (500, 258)], plate.hatch(tone(0.36), tone(0.2), 4, 16))
    city.courses(plate, (270, 280, 250, 160), 44, tone(0.96), 2, 0.6, 24)
    city.rubble(plate, 150, 330, 450, 60, 0.3, 14)
    plate.lines([[(470, 320), (490, 190)], [(586, 320), (566, 190)], [(470, 320), (566, 190)], [(586, 320), (490, 190)]], CHAR, 7)
    plate.fill([(462, 120), (596, 120), (596, 194), (462, 194)], plate.hatch(tone(0.16), tone(0.08), 88, 12))
    plate.fill([(450, 124), (528, 84), (608, 124)], CHAR)
    city.lit_window(plate, 500, 140, 34, 26)
    plate.lines([[(640, 300), (640, 20)], [(606, 60), (674, 60)]], CHAR, 6)
    plate.fills([[(640, 62), (620, 100), (660, 100)], [(640, 112), (620, 150), (660, 150)]], CHAR)
    plate.lines(
        [[(536, 200), (548, 316)], [(552, 200), (564, 316)]] + [[(538 + i, 212 + i * 12), (553 + i, 212 + i * 12)] for i in range(9)],
        CHAR,
        2.4,
    )
    plate.glow(110, 232, 60, EMBER, 0.8)
    plate.fill(oval(110, 232, 5, 5, 9), EMBER)
    mirror(plate, 110, 238, 8, 44, EMBER, rows=7, wide=2)
    things.gull(plate, 396, 410, 46)
    sky.flock(plate, 300, 60, 160, 5, 26, CHAR)
    nature.leaves(plate, [(260, 430), (330, 440), (420, 448)], LEAF, each=3)
